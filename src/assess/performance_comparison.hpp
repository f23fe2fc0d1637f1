// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "engine/statistics.hpp"

namespace voyager::assess {

/// One kind of statement on both databases; one side is missing when it ran on the other only.
struct QueryComparison {
  std::string text;  ///< the source's, where it has any
  std::optional<engine::QueryStatistics> source, target;
  /// (Mean time on the target + 2 ms) / (mean time on the source + 2 ms); none when one is missing.
  /// The 2 ms stand for a trip between nodes: without them, statements of microseconds would head
  /// the list. Source: yb-voyager src/compareperf/types.go.
  std::optional<double> slowdown;
  /// What the slowdown costs: (target's mean − source's mean) × calls on the source, milliseconds.
  double impact_ms = 0;
};

struct ComparedDatabase {
  std::string name;
  std::string version;
};

/// What `compare-performance` found: one value, which each of the writers shows in full.
struct PerformanceComparison {
  std::string voyager_version;
  std::string made_at;  ///< a time stamp
  ComparedDatabase source, target;
  std::vector<QueryComparison> queries;  ///< all, sorted by text
  /// Places in `queries` of what is slower on the target; at most 20, the worst first.
  std::vector<std::size_t> by_impact, by_slowdown;
  std::vector<std::string> notes;
};

struct CountedStatements {
  ComparedDatabase database;
  std::vector<engine::QueryStatistics> queries;  ///< of all nodes
};

/// Matches statements that differ in layout, comments, constants and numbers of parameters only
/// (schema::fingerprint), and adds up what each database counted for them. Pure.
PerformanceComparison compare_performance(const CountedStatements& source,
                                          const CountedStatements& target);

/// How many statements ran on both, on the source only, on the target only.
struct MatchCounts {
  std::size_t both = 0;
  std::size_t source_only = 0;
  std::size_t target_only = 0;
};
MatchCounts match_counts(const PerformanceComparison& comparison);

/// Source of the keys: yb-voyager src/compareperf/types.go, see docs/guide/compare-performance.md.
std::string to_json(const PerformanceComparison& comparison);
/// One self-contained page, which loads nothing and can be read without JavaScript.
std::string to_html(const PerformanceComparison& comparison);

}  // namespace voyager::assess
