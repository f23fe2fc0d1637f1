// SPDX-License-Identifier: Apache-2.0
#include "analysis/issue.hpp"

#include <map>

namespace voyager::analysis {

std::string_view impact_name(Impact impact) {
  switch (impact) {
    case Impact::level_1:
      return "LEVEL_1";
    case Impact::level_2:
      return "LEVEL_2";
    case Impact::level_3:
      break;
  }
  return "LEVEL_3";
}

std::string_view category_name(Category category) {
  switch (category) {
    case Category::unsupported_features:
      return "unsupported_features";
    case Category::unsupported_datatypes:
      return "unsupported_datatypes";
    case Category::unsupported_query_constructs:
      return "unsupported_query_constructs";
    case Category::unsupported_plpgsql_objects:
      return "unsupported_plpgsql_objects";
    case Category::migration_caveats:
      return "migration_caveats";
    case Category::performance_optimizations:
      break;
  }
  return "performance_optimizations";
}

Maturity Issue::maturity(const TargetRelease& target) const {
  if (reached(ga, target)) return Maturity::generally_available;
  if (reached(ea, target)) return Maturity::early_access;
  if (reached(tp, target)) return Maturity::tech_preview;
  return Maturity::unsupported;
}

const Issue* find_issue(std::string_view type) {
  static const auto by_type = [] {
    std::map<std::string_view, const Issue*> issues;
    for (const Issue& issue : issue_catalogue()) issues.emplace(issue.type, &issue);
    return issues;
  }();
  const auto found = by_type.find(type);
  return found == by_type.end() ? nullptr : found->second;
}

}  // namespace voyager::analysis
