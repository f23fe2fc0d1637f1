// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "analysis/issue.hpp"

namespace voyager::analysis {

// The chapters of the catalogue, one function and file for each.

std::vector<Issue> table_issues();        ///< tables, constraints, indexes, partitions, triggers
std::vector<Issue> object_issues();       ///< everything else that DDL creates
std::vector<Issue> datatype_issues();     ///< types of columns, keys and indexes
std::vector<Issue> query_issues();        ///< queries and bodies of routines
std::vector<Issue> performance_issues();  ///< what works but is slow
std::vector<Issue> statement_issues();    ///< statements and forms that have no issue number

/// The types that YugabyteDB makes no index on, as they stand in issue types (upper case) and as
/// the catalog spells them; "array" and "user_defined" stand for all of their kind.
const std::vector<std::string>& unindexed_types();

/// "PK_UK_ON_JSONB_DATATYPE"; "INDEX_ON_JSONB_DATATYPE".
std::string key_issue(std::string_view type);
std::string index_issue(std::string_view type);

// Addresses.
std::string yugabytedb_issue(int number);
std::string voyager_issue(int number);
std::string postgresql_page(std::string_view anchor);
std::string mysql_page(std::string_view anchor);
std::string oracle_page(std::string_view anchor);

/// "2025.1.4.0", ... → by series.
SeriesVersions from_releases(std::initializer_list<std::string_view> releases);
/// Since the releases that are built on PostgreSQL 15.
SeriesVersions since_postgresql_15();

}  // namespace voyager::analysis
