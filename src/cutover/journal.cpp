// SPDX-License-Identifier: Apache-2.0
#include "cutover/journal.hpp"

#include <fmt/format.h>

#include <string_view>
#include <utility>

#include "base/error.hpp"

namespace voyager::cutover {
namespace {

constexpr ErrorCode wrong_order{7003};
/// The bell tells of every change; the time-out only guards against a bell file that was removed.
constexpr std::chrono::seconds look_again{5};

}  // namespace

Journal::Journal(exportdir::MetaDb& meta, std::string direction)
    : meta_(meta), prefix_(std::move(direction) + ".") {}

CutoverState Journal::state() const {
  CutoverState state = CutoverState::not_initiated;
  for (const exportdir::JournalEntry& entry : meta_.journal()) {
    if (!entry.fact.starts_with(prefix_)) continue;
    const auto fact = fact_of(std::string_view(entry.fact).substr(prefix_.size()));
    if (fact) state = next_state(state, *fact).value_or(state);
  }
  return state;
}

void Journal::record(CutoverFact fact, const std::string& detail) {
  const CutoverState now = state();
  const auto next = next_state(now, fact);
  if (!next)
    fail(wrong_order, fmt::format("cutover step \"{}\" is not possible while it is {}",
                                  word_of(fact), documented_status(now)));
  if (*next != now) meta_.append_journal(prefix_ + std::string(word_of(fact)), detail);
}

std::optional<exportdir::JournalEntry> Journal::entry(CutoverFact fact) const {
  const std::string word = prefix_ + std::string(word_of(fact));
  for (exportdir::JournalEntry& entry : meta_.journal()) {
    if (entry.fact == word) return std::move(entry);
  }
  return std::nullopt;
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
