// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <stop_token>
#include <string>
#include <vector>

#include "base/error.hpp"
#include "changes/capture.hpp"
#include "changes/slot_watch.hpp"
#include "cli/flow_steps.hpp"
#include "cutover/journal.hpp"

namespace voyager::cli {

/// The database whose changes are captured in one direction.
struct CapturedDatabase {
  engine::ChangeSource& source;
  engine::CaptureNames names;
  std::vector<Table> tables;
  std::vector<std::string> schemas;  ///< whose sequences migrate
  const char* identities_setting;    ///< replica identities to put back at the end
};

/// The exporter's part of one direction in one round: everything up to the barrier into the change
/// log, sequences read after it, late commits counted, and nothing left in the database at the end.
/// Every step is recorded, so that the next run goes on where this one ended. Threads: one.
class CaptureSide {
 public:
  CaptureSide(const Flow& flow, CapturedDatabase database, cutover::Direction direction, int round);

  /// Captures until the barrier of a requested cutover is recorded (true), or a stop. While
  /// `held_back` says so no barrier is written and no panel shown (the snapshot is being copied).
  bool stream(const std::function<bool()>& held_back, const std::stop_token& stop);
  /// From the barrier to the completed cutover (true), or a stop.
  bool finish(const std::stop_token& stop);
  /// Both, or what is left of them.
  bool run(const std::stop_token& stop);

 private:
  changes::Capture capture() const;
  /// Looks after the slot while it is needed: not before it is made, nor while it is dropped.
  changes::SlotWatch watch_slot() const;
  bool read_sequences(const std::stop_token& stop);
  void record_barrier(const changes::CapturedBarrier& barrier);
  bool wait_for_importer(const std::stop_token& stop);
  bool check_late_commits(const std::stop_token& stop);
  void report_late(const changes::LateChanges& late);
  void report_late_unknown(const Error& error);
  bool leave_database(const std::stop_token& stop);

  const Flow& flow_;
  CapturedDatabase database_;
  const cutover::DirectionFacts& facts_;
  cutover::Journal journal_;
};

}  // namespace voyager::cli
