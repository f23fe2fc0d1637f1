// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

namespace voyager::cutover {

/// How far a cutover is. Each state is entered by the fact of the same place in CutoverFact, which
/// one process records after it made it true.
enum class CutoverState : std::uint8_t {
  not_initiated,
  requested,         ///< by initiate cutover
  barrier_captured,  ///< by the exporter: the barrier is durably in the change log
  sequences_read,    ///< by the exporter: after the barrier, so no used value is missing
  importer_done,     ///< by the importer: its ledger passed the barrier, sequences set, triggers
                     ///< and the like restored
  way_back_ready,    ///< by the importer: capture of the opened direction exists, if one is opened
  late_checked,      ///< by the exporter: commits after the barrier are known and reported
  completed,         ///< by the exporter: slot and publication are gone
};

enum class CutoverFact : std::uint8_t {
  request,
  capture_barrier,
  read_sequences,
  finish_import,
  prepare_way_back,
  check_late_commits,
  complete,
};

inline constexpr std::array all_states{CutoverState::not_initiated,    CutoverState::requested,
                                       CutoverState::barrier_captured, CutoverState::sequences_read,
                                       CutoverState::importer_done,    CutoverState::way_back_ready,
                                       CutoverState::late_checked,     CutoverState::completed};
inline constexpr std::array all_facts{
    CutoverFact::request,       CutoverFact::capture_barrier,  CutoverFact::read_sequences,
    CutoverFact::finish_import, CutoverFact::prepare_way_back, CutoverFact::check_late_commits,
    CutoverFact::complete};

/// The state after a fact, or nothing when the fact can't be true in this state. A fact that was
/// recorded before (a process was killed just after it) leaves the state as it is. Pure: the whole
/// machine.
std::optional<CutoverState> next_state(CutoverState state, CutoverFact fact);

/// The word for a fact in the journal ("requested", "barrier_captured", ...) and back.
std::string_view word_of(CutoverFact fact);
std::optional<CutoverFact> fact_of(std::string_view word);

/// NOT_INITIATED, INITIATED or COMPLETED, as cutover status prints it.
std::string_view documented_status(CutoverState state);

/// Whose move it is, and what it has to do.
enum class Side : std::uint8_t { exporter, importer };
struct Awaited {
  Side side;
  std::string_view work;  ///< "capture everything up to the barrier"
};
/// What an initiated cutover waits for; nothing when it waits for nothing.
std::optional<Awaited> awaited_in(CutoverState state);

}  // namespace voyager::cutover
