// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/statistics.hpp"

namespace voyager::assess {

/// One kind of statement on both databases; one side is missing when it ran on the other only.
struct QueryComparison {
  std::string text;
  std::optional<engine::QueryStatistics> source, target;
  /// Mean time on the target divided by that on the source; none when one is missing or 0.
  std::optional<double> slowdown;
  /// What the slowdown costs: (target's mean − source's mean) × calls on the source, milliseconds.
  double impact_ms = 0;
};

struct ComparedDatabase {
  std::string database;
  std::string version;
};

struct PerformanceComparison {
  ComparedDatabase source, target;
  std::vector<QueryComparison> queries;  ///< all, sorted by text
  std::vector<std::size_t> by_impact;    ///< places in `queries`; at most 20, the worst first
  std::vector<std::size_t> by_slowdown;  ///< the same
  std::vector<std::string> notes;
};

}  // namespace voyager::assess
