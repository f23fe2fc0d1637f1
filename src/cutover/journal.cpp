// SPDX-License-Identifier: Apache-2.0
#include "cutover/journal.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>
#include <vector>

#include "base/error.hpp"

namespace voyager::cutover {
namespace {

constexpr ErrorCode wrong_order{7003};
/// The bell tells of every change; the time-out only guards against a bell file that was removed.
constexpr std::chrono::seconds look_again{5};

std::string name_of(Direction direction, int round) {
  const std::string word(facts_of(direction).word);
  return round == 1 ? word : fmt::format("{}-{}", word, round);
}

std::string fact_name(const std::string& name, CutoverFact fact) {
  return fmt::format("{}.{}", name, word_of(fact));
}

const exportdir::JournalEntry* find(const std::vector<exportdir::JournalEntry>& journal,
                                    const std::string& fact) {
  const auto found = std::find_if(journal.begin(), journal.end(),
                                  [&](const auto& entry) { return entry.fact == fact; });
  return found == journal.end() ? nullptr : &*found;
}

}  // namespace

int current_round(const exportdir::MetaDb& meta) {
  const auto journal = meta.journal();
  for (int round = 1;; ++round) {
    const std::string name = name_of(Direction::to_source, round);
    const auto* requested = find(journal, fact_name(name, CutoverFact::request));
    const bool restarts = requested != nullptr && requested->detail == word_of(WayBack::restart) &&
                          find(journal, fact_name(name, CutoverFact::complete)) != nullptr;
    if (!restarts) return round;
  }
}

bool all_directions_closed(exportdir::MetaDb& meta) {
  const int round = current_round(meta);
  const Journal forward(meta, Direction::to_target, round);
  if (!forward.completed()) return false;
  const auto opened = opened_direction(forward.way_back());
  return !opened || Journal(meta, *opened, round).completed();
}

Journal::Journal(exportdir::MetaDb& meta, Direction direction, int round)
    : meta_(meta), direction_(direction), round_(round), name_(name_of(direction, round)) {}

WayBack Journal::way_back() const {
  const auto chosen = detail(CutoverFact::request);
  return chosen ? way_back_of(*chosen) : WayBack::none;
}

std::string Journal::barrier_id() const {
  return fmt::format("{}:{}", meta_.migration_uuid(), name_);
}

CutoverState Journal::state() const {
  CutoverState state = CutoverState::not_initiated;
  const std::string prefix = name_ + ".";
  for (const exportdir::JournalEntry& entry : meta_.journal()) {
    if (!entry.fact.starts_with(prefix)) continue;
    const auto fact = fact_of(std::string_view(entry.fact).substr(prefix.size()));
    if (fact) state = next_state(state, *fact).value_or(state);
  }
  return state;
}

void Journal::record(CutoverFact fact, const std::string& detail) {
  const CutoverState now = state();
  const auto next = next_state(now, fact);
  if (!next) {
    fail(wrong_order, fmt::format("cutover step \"{}\" is not possible while it is {}",
                                  word_of(fact), documented_status(now)));
  }
  if (*next != now) meta_.append_journal(fact_name(name_, fact), detail);
}

std::optional<exportdir::JournalEntry> Journal::entry(CutoverFact fact) const {
  const auto journal = meta_.journal();
  const auto* found = find(journal, fact_name(name_, fact));
  if (found == nullptr) return std::nullopt;
  return *found;
}

std::optional<std::string> Journal::detail(CutoverFact fact) const {
  const auto found = entry(fact);
  if (!found) return std::nullopt;
  return found->detail;
}

std::optional<std::int64_t> Journal::recorded_at(CutoverFact fact) const {
  const auto found = entry(fact);
  if (!found) return std::nullopt;
  return found->unix_micros;
}

bool Journal::wait_for(CutoverState wanted, Bell& bell, const std::stop_token& stop) const {
  while (state() < wanted) {
    if (stop.stop_requested()) return false;
    bell.wait(look_again, stop);
  }
  return true;
}

}  // namespace voyager::cutover
