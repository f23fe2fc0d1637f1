// SPDX-License-Identifier: Apache-2.0
#include "analysis/catalogue/parts.hpp"

namespace voyager::analysis {
namespace {

constexpr std::string_view later_features = "postgresql-12-and-later-features";

Issue query(std::string type, std::string name, std::string description, std::string suggestion,
            int number, std::string_view anchor = later_features) {
  return {.type = std::move(type),
          .name = std::move(name),
          .impact = Impact::level_2,
          .category = Category::unsupported_query_constructs,
          .description = std::move(description),
          .suggestion = std::move(suggestion),
          .github = yugabytedb_issue(number),
          .docs = postgresql_page(anchor)};
}

Issue with_postgresql_15(Issue issue) {
  issue.ga = since_postgresql_15();
  return issue;
}

Issue system_column(std::string type, const std::string& name) {
  return query("SYSTEM_COLUMN_" + std::move(type), "System Column - " + name,
               "Rows have no system column " + name + ".",
               "Use a column of your own: a key instead of ctid, a version number that an update "
               "raises instead of xmin.",
               24843, "system-columns-is-not-yet-supported");
}

Issue advisory_locks() {
  Issue issue = query("ADVISORY_LOCKS", "Advisory Locks",
                      "The release has no advisory locks: calls fail, or do nothing when the "
                      "error is silenced.",
                      "Lock a row of a table that is made for it (SELECT ... FOR UPDATE).", 3642,
                      "advisory-locks-is-not-yet-implemented");
  issue.ga = from_releases({"2025.1.0.0", "2025.2.0.0", "2026.1.0.0"});
  issue.tp = from_releases({"2.25.1.0"});
  issue.flags = {"ysql_yb_enable_advisory_locks"};
  return issue;
}

Issue listen_notify() {
  Issue issue =
      query("LISTEN_NOTIFY", "Events Listen / Notify",
            "LISTEN, NOTIFY and UNLISTEN are accepted and do nothing.",
            "Poll a table, or send events outside of the database.", 1872, "events-listen-notify");
  issue.ea = from_releases({"2025.2.3.0", "2026.1.0.0"});
  issue.flags = {"ysql_yb_enable_listen_notify"};
  return issue;
}

Issue two_phase_commit() {
  Issue issue =
      query("TWO_PHASE_COMMIT", "Two-Phase Commit (XA syntax)",
            "PREPARE TRANSACTION and what finishes it are not supported.",
            "Use plain transactions, or a saga in the application.", 11084, "two-phase-commit");
  issue.impact = Impact::level_3;
  return issue;
}

Issue savepoint_usage() {
  return {.type = "SAVEPOINT_USAGE",
          .name = "SAVEPOINT usage in transactions",
          .impact = Impact::level_1,
          .category = Category::migration_caveats,
          .description =
              "In this release changes that a ROLLBACK TO SAVEPOINT undid can still be "
              "read from YugabyteDB's change stream, so a way back may get them.",
          .suggestion =
              "Choose a release without the fault when you need fall-forward or "
              "fall-back.",
          .github = "",
          .docs = postgresql_page(""),
          .ga = from_releases({"2024.2.8.0", "2025.1.4.0", "2025.2.2.0", "2026.1.0.0"})};
}

std::vector<Issue> function_issues() {
  return {
      query("XML_FUNCTIONS", "XML Functions", "There are no functions for XML.",
            "Read and write XML in the application.", 1043, "xml-functions-is-not-yet-supported"),
      with_postgresql_15(query(
          "REGEX_FUNCTIONS", "Regex Functions",
          "The release does not have regexp_count, regexp_instr, regexp_like and regexp_substr.",
          "Use regexp_match, regexp_matches or the operator ~.", 25575)),
      query("ANY_VALUE_AGGREGATE_FUNCTION", "ANY_VALUE() aggregate Function",
            "There is no any_value(), which came with PostgreSQL 16.", "Use min() or max().",
            25575),
      with_postgresql_15(query("RANGE_AGGREGATE_FUNCTION", "Range aggregate Functions",
                               "The release does not have range_agg and range_intersect_agg.",
                               "Choose a release that has them, or join ranges in a function.",
                               25575)),
      query("JSON_CONSTRUCTOR_FUNCTION", "Json Constructor Functions",
            "There are no JSON_OBJECT, JSON_ARRAY, JSON_OBJECTAGG and JSON_ARRAYAGG, which came "
            "with PostgreSQL 16.",
            "Use json_build_object, json_build_array, json_object_agg and json_agg.", 25575),
      query("JSON_QUERY_FUNCTION", "Json Query Functions",
            "There are no JSON_EXISTS, JSON_QUERY, JSON_VALUE and JSON_TABLE, which came with "
            "PostgreSQL 17.",
            "Use jsonb_path_exists, jsonb_path_query and their like.", 25575),
      query("LARGE_OBJECT_FUNCTIONS", "Large Object Functions",
            "There are no large objects and none of their functions (lo_create, lo_import, ...).",
            "Store the objects as bytea, or outside of the database.", 25318,
            "large-objects-and-its-functions-are-currently-not-supported"),
  };
}

std::vector<Issue> clause_issues() {
  return {
      with_postgresql_15(query("JSONB_SUBSCRIPTING", "Jsonb Subscripting",
                               "In this release jsonb values have no subscripts (doc['a']).",
                               "Use -> and ->> to read, jsonb_set to change.", 25575,
                               "jsonb-subscripting")),
      query("JSON_TYPE_PREDICATE", "Json Type Predicate",
            "There is no IS JSON, which came with PostgreSQL 16.",
            "Test in a function that casts to json and catches the error.", 25575),
      with_postgresql_15(query("COPY FROM ... WHERE", "COPY FROM ... WHERE",
                               "In this release COPY FROM takes no condition.",
                               "Copy into a temporary table and insert what is wanted from there.",
                               25575)),
      query("COPY ... ON_ERROR", "COPY ... ON_ERROR",
            "There is no option ON_ERROR, which came with PostgreSQL 17.",
            "Clean the data before it is copied.", 25575),
      // Releases: the page "PostgreSQL source database" of YugabyteDB's documentation; the Go
      // program knows none.
      with_postgresql_15(query("FETCH_WITH_TIES", "FETCH .. WITH TIES",
                               "The release has no FETCH FIRST ... WITH TIES.",
                               "Use rank() in a subquery and filter by it.", 25575)),
      with_postgresql_15(query("CTE_WITH_MATERIALIZED_CLAUSE", "CTE with MATERIALIZE clause",
                               "In this release WITH takes no [NOT] MATERIALIZED; every common "
                               "table expression is materialized.",
                               "Remove the word.", 25575)),
      query("MERGE_STATEMENT", "Merge Statement", "There is no MERGE.",
            "Use INSERT ... ON CONFLICT, or a function.", 25574, "merge-command"),
      query("NON_DECIMAL_INTEGER_LITERAL", "Non-decimal integer literal",
            "Numbers such as 0x1F, 0o17 and 0b11, which came with PostgreSQL 16, are not "
            "understood.",
            "Write decimal numbers.", 25575),
  };
}

}  // namespace

std::vector<Issue> query_issues() {
  std::vector<Issue> issues{advisory_locks(),
                            system_column("XMIN", "xmin"),
                            system_column("XMAX", "xmax"),
                            system_column("CMIN", "cmin"),
                            system_column("CMAX", "cmax"),
                            system_column("CTID", "ctid")};
  for (const auto part : {function_issues, clause_issues})
    for (Issue& issue : part()) issues.push_back(std::move(issue));
  issues.push_back(listen_notify());
  issues.push_back(two_phase_commit());
  issues.push_back(savepoint_usage());
  return issues;
}

}  // namespace voyager::analysis
