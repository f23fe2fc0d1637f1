// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "analysis/yb_release.hpp"

namespace voyager::analysis {

/// How much work an issue is. Source: yb-voyager's assessment, LEVEL_1 to LEVEL_3.
enum class Impact : std::uint8_t {
  level_1,  ///< has a known way around
  level_2,  ///< a moderate change of queries or procedures
  level_3,  ///< may need a change of the application's design
};

/// The chapter of a report that an issue belongs to.
enum class Category : std::uint8_t {
  unsupported_features,
  unsupported_datatypes,
  unsupported_query_constructs,
  unsupported_plpgsql_objects,
  migration_caveats,
  performance_optimizations,
};

/// "LEVEL_1"; "unsupported_features".
std::string_view impact_name(Impact impact);
std::string_view category_name(Category category);

/// What YugabyteDB does not do, does differently or does slowly. Findings name it by its type.
struct Issue {
  std::string type;  ///< "STORED_GENERATED_COLUMNS"
  std::string name;  ///< for headings
  Impact impact = Impact::level_1;
  Category category = Category::unsupported_features;
  std::string description;      ///< why it is reported
  std::string suggestion = {};  ///< what to do
  std::string github = {};      ///< address of the issue, or empty
  std::string docs = {};        ///< address of the page, or empty
  SeriesVersions ga = {};       ///< supported from, for each series; none: in no release
  SeriesVersions ea = {};
  SeriesVersions tp = {};
  std::vector<std::string> flags = {};  ///< of the servers, that enable it before GA

  /// GA before EA before TP. Only what is not generally available is reported.
  Maturity maturity(const TargetRelease& target) const;
};

/// All of them, each type once. Source: yb-voyager issues_{ddl,dml,perf}.go, the rules of its
/// analyzeSchema.go that it finds by regular expressions, YugabyteDB's documentation.
const std::vector<Issue>& issue_catalogue();

/// Null when there is no such issue.
const Issue* find_issue(std::string_view type);

}  // namespace voyager::analysis
