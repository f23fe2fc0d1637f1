// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <span>
#include <string>

namespace voyager::engine {

/// What one server of a target says about itself.
struct ServerLoad {
  std::string server;  ///< for people
  double cpu_percent = 0;
  std::optional<double> available_memory_percent;  ///< of the machine's; empty: it does not know
  bool over_memory_limit = false;                  ///< the database's own soft limit
};

/// A server is at its limit when one of these is passed.
struct LoadLimits {
  double cpu_percent = 80;
  double available_memory_percent = 10;  ///< less than that
};

/// Why a server should not get more to do, as a phrase; empty when it may.
std::string overload(const ServerLoad& server, const LoadLimits& limits);

struct JobsWanted {
  int jobs = 1;
  std::string reason;  ///< of the overload, or empty
};
/// How many sessions should write from now on: one less than `now` when any server is at its limit,
/// one more when none is, at least 1 and at most `most`; no change when no server says anything.
/// Small steps, because what a step does is seen in the next figures only.
/// Source: the thresholds and the step are those that YugabyteDB documents for
/// --adaptive-parallelism ("yb-voyager import data").
JobsWanted jobs_wanted(int now, int most, std::span<const ServerLoad> servers,
                       const LoadLimits& limits);

}  // namespace voyager::engine
