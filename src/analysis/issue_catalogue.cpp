// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <iterator>

#include "analysis/catalogue/parts.hpp"
#include "base/text.hpp"

namespace voyager::analysis {
namespace {

constexpr std::string_view known_issues =
    "https://docs.yugabyte.com/preview/yugabyte-voyager/known-issues";

std::string page(std::string_view source, std::string_view anchor) {
  return fmt::format("{}/{}/{}{}", known_issues, source, anchor.empty() ? "" : "#", anchor);
}

std::string issue_on(std::string_view type, std::string_view what) {
  std::string upper;
  for (const char c : type) upper += c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
  return fmt::format("{}_ON_{}_DATATYPE", what, upper);
}

}  // namespace

const std::vector<Issue>& issue_catalogue() {
  static const std::vector<Issue> issues = [] {
    std::vector<Issue> all;
    for (const auto chapter : {table_issues, object_issues, datatype_issues, query_issues,
                               performance_issues, statement_issues}) {
      std::vector<Issue> part = chapter();
      std::move(part.begin(), part.end(), std::back_inserter(all));
    }
    return all;
  }();
  return issues;
}

std::string key_issue(std::string_view type) {
  // Reports of yb-voyager write this one without the underscore.
  return issue_on(type == "pg_lsn" ? "pglsn" : type, "PK_UK");
}

std::string index_issue(std::string_view type) {
  return issue_on(type, "INDEX");
}

std::string yugabytedb_issue(int number) {
  return fmt::format("https://github.com/yugabyte/yugabyte-db/issues/{}", number);
}

std::string voyager_issue(int number) {
  return fmt::format("https://github.com/yugabyte/yb-voyager/issues/{}", number);
}

std::string postgresql_page(std::string_view anchor) {
  return page("postgresql", anchor);
}

std::string mysql_page(std::string_view anchor) {
  return page("mysql", anchor);
}

std::string oracle_page(std::string_view anchor) {
  return page("oracle", anchor);
}

SeriesVersions from_releases(std::initializer_list<std::string_view> releases) {
  SeriesVersions versions;
  for (const std::string_view text : releases) {
    const YbRelease release = YbRelease::parse(text);
    versions.emplace(release.series(), release);
  }
  return versions;
}

SeriesVersions since_postgresql_15() {
  return from_releases({"2.25.0.0", "2025.1.0.0", "2025.2.0.0", "2026.1.0.0"});
}

}  // namespace voyager::analysis
