// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <stop_token>
#include <string>

#include "base/bell.hpp"
#include "cutover/direction.hpp"
#include "cutover/machine.hpp"
#include "exportdir/meta_db.hpp"

namespace voyager::cutover {

/// The round that the migration is in: 1, and one more after each completed cutover to the source
/// that starts the migration again.
int current_round(const exportdir::MetaDb& meta);

/// One direction's cutover in one round, as its facts stand in the journal of meta.db
/// ("target.requested", in the second round "target-2.requested", ...).
///
/// The state is folded from the journal at each call, so several processes may drive one cutover.
class Journal {
 public:
  Journal(exportdir::MetaDb& meta, Direction direction, int round);

  Direction direction() const { return direction_; }
  int round() const { return round_; }
  CutoverState state() const;
  bool completed() const { return state() == CutoverState::completed; }
  /// What was chosen when it was requested; `none` before.
  WayBack way_back() const;
  /// What the marker in the database's log is called.
  std::string barrier_id() const;
  /// Records a fact. Throws: E7003 when it can't be true in the present state.
  void record(CutoverFact fact, const std::string& detail);
  /// The detail that came with a fact, if it was recorded.
  std::optional<std::string> detail(CutoverFact fact) const;
  /// When it was recorded, in microseconds since 1970 UTC.
  std::optional<std::int64_t> recorded_at(CutoverFact fact) const;
  /// Waits until the state is at least this one; false when stopped.
  bool wait_for(CutoverState state, Bell& bell, const std::stop_token& stop) const;

 private:
  std::optional<exportdir::JournalEntry> entry(CutoverFact fact) const;

  exportdir::MetaDb& meta_;
  Direction direction_;
  int round_;
  std::string name_;  ///< "target", "target-2"
};

/// No direction is open any more: the present round's cutover to the target is complete, and that
/// of the way back that it opened, if any.
bool all_directions_closed(exportdir::MetaDb& meta);

}  // namespace voyager::cutover
