// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <stop_token>
#include <string>

#include "base/bell.hpp"
#include "cutover/machine.hpp"
#include "exportdir/meta_db.hpp"

namespace voyager::cutover {

/// One direction's cutover, as its facts stand in the journal of meta.db ("target.requested", ...).
///
/// The state is folded from the journal at each call, so several processes may drive one cutover.
class Journal {
 public:
  /// direction: "target", "source", "source_replica".
  Journal(exportdir::MetaDb& meta, std::string direction);

  CutoverState state() const;
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
  std::string prefix_;
};

}  // namespace voyager::cutover
