// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>

#include "base/job_limit.hpp"
#include "base/status.hpp"
#include "base/worker_group.hpp"
#include "engine/target.hpp"

namespace voyager::cli {

/// How many connections the user wants to write, and whether the load of the target's servers may
/// change that.
struct Parallelism {
  int jobs = 0;  ///< to begin with; 0: from the database's cores
  /// Empty: the number stays.
  std::optional<engine::LoadLimits> adaptive;
  int most = 0;  ///< while adaptive; 0: four times the number that the cores suggest, one each
};

/// The limits of a mode of --adaptive-parallelism, "balanced" or "aggressive"; nothing for another
/// word. The environment variables MAX_CPU_THRESHOLD and MIN_AVAILABLE_MEMORY_THRESHOLD (percent)
/// are heeded.
std::optional<engine::LoadLimits> load_limits(const std::string& mode);

/// Moves a limit for connections that write, as the target's servers say what they are doing: one
/// up or down at a time (engine::jobs_wanted()).
///
/// Every change is logged; on the screen there is a line at most once a minute. Figures that can't
/// be read leave the number as it is. Threads: one of its own, while it lives.
class AdaptiveJobs {
 public:
  /// ADAPTIVE_PARALLELISM_FREQUENCY_SECONDS of the environment, or ten seconds.
  static std::chrono::milliseconds usual_interval();

  /// Asks the target for its cores where they are needed; of a target that does not say what its
  /// servers are doing, the number stays. Target and status outlive the object.
  AdaptiveJobs(engine::TargetEngine& target, const Parallelism& wanted, Status& status,
               std::chrono::milliseconds interval = usual_interval());

  JobLimit limit() const { return limit_; }

 private:
  void watch(const engine::LoadLimits& limits, std::chrono::milliseconds interval,
             const std::stop_token& stop);
  void look(const engine::LoadLimits& limits);
  void show(const engine::JobsWanted& wanted);

  engine::TargetEngine& target_;
  Status& status_;
  std::unique_ptr<engine::LoadMeter> meter_;
  JobLimit limit_;
  std::optional<std::chrono::steady_clock::time_point> shown_;
  WorkerGroup thread_;  ///< last: joined first
};

}  // namespace voyager::cli
