// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <stop_token>

#include "base/bell.hpp"
#include "cli/adaptive_jobs.hpp"
#include "cli/flow_steps.hpp"
#include "cutover/journal.hpp"

namespace voyager::cli {

struct ApplyEffort {
  int max_retries = 15;  ///< of a batch, for errors that are not connectivity
  Parallelism parallelism = {};
};

/// The importer's part of one direction in one round: everything up to the barrier applied,
/// sequences set, what was switched off restored, and the capture of the way back made. Every step
/// is recorded, so that the next run goes on where this one ended. Threads: one.
class ApplySide {
 public:
  ApplySide(const Flow& flow, engine::TargetEngine& database, cutover::Direction direction,
            int round, const char* suspended_setting, ApplyEffort effort);

  /// Makes what the chosen way back needs; called once everything is applied, while nobody writes.
  using OpenWayBack = std::function<void(cutover::WayBack)>;
  /// True when this side of the cutover is done, false when stopped before.
  bool run(const OpenWayBack& open, const std::stop_token& stop);

 private:
  std::int64_t start_after() const;
  void require_bookkeeping() const;
  bool apply(const std::stop_token& stop);
  bool wait_for_sequences(const std::stop_token& stop);
  bool settle(const std::stop_token& stop);

  const Flow& flow_;
  engine::TargetEngine& database_;
  const cutover::DirectionFacts& facts_;
  cutover::Journal journal_;
  const char* suspended_setting_;
  ApplyEffort effort_;
};

}  // namespace voyager::cli
