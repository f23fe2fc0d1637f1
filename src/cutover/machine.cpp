// SPDX-License-Identifier: Apache-2.0
#include "cutover/machine.hpp"

#include <algorithm>

namespace voyager::cutover {
namespace {

/// One row for each fact: the state it needs, the state it makes, its word.
struct Row {
  CutoverFact fact;
  CutoverState from;
  CutoverState to;
  std::string_view word;
};

constexpr std::array table{
    Row{CutoverFact::request, CutoverState::not_initiated, CutoverState::requested, "requested"},
    Row{CutoverFact::capture_barrier, CutoverState::requested, CutoverState::barrier_captured,
        "barrier_captured"},
    Row{CutoverFact::read_sequences, CutoverState::barrier_captured, CutoverState::sequences_read,
        "sequences_read"},
    Row{CutoverFact::finish_import, CutoverState::sequences_read, CutoverState::importer_done,
        "importer_done"},
    Row{CutoverFact::prepare_way_back, CutoverState::importer_done, CutoverState::way_back_ready,
        "way_back_ready"},
    Row{CutoverFact::check_late_commits, CutoverState::way_back_ready, CutoverState::late_checked,
        "late_checked"},
    Row{CutoverFact::complete, CutoverState::late_checked, CutoverState::completed, "completed"},
};

const Row& row_of(CutoverFact fact) {
  return *std::find_if(table.begin(), table.end(),
                       [fact](const Row& row) { return row.fact == fact; });
}

}  // namespace

std::optional<CutoverState> next_state(CutoverState state, CutoverFact fact) {
  const Row& row = row_of(fact);
  if (state == row.from) return row.to;
  if (state >= row.to) return state;
  return std::nullopt;
}

std::string_view word_of(CutoverFact fact) {
  return row_of(fact).word;
}

std::optional<CutoverFact> fact_of(std::string_view word) {
  const auto found =
      std::find_if(table.begin(), table.end(), [word](const Row& row) { return row.word == word; });
  if (found == table.end()) return std::nullopt;
  return found->fact;
}

std::string_view documented_status(CutoverState state) {
  switch (state) {
    case CutoverState::not_initiated:
      return "NOT_INITIATED";
    case CutoverState::completed:
      return "COMPLETED";
    default:
      return "INITIATED";
  }
}

std::optional<Awaited> awaited_in(CutoverState state) {
  switch (state) {
    case CutoverState::requested:
      return Awaited{Side::exporter, "capture everything up to the barrier"};
    case CutoverState::barrier_captured:
      return Awaited{Side::exporter, "read the sequences"};
    case CutoverState::sequences_read:
      return Awaited{Side::importer, "apply everything up to the barrier"};
    case CutoverState::importer_done:
      return Awaited{Side::importer, "prepare the way back"};
    case CutoverState::way_back_ready:
      return Awaited{Side::exporter, "look for commits after the barrier"};
    case CutoverState::late_checked:
      return Awaited{Side::exporter, "drop the replication slot"};
    case CutoverState::not_initiated:
    case CutoverState::completed:
      return std::nullopt;
  }
  return std::nullopt;
}

}  // namespace voyager::cutover
