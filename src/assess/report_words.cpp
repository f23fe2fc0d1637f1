// SPDX-License-Identifier: Apache-2.0
#include "assess/report_words.hpp"

#include <algorithm>

#include "assess/metadata_names.hpp"

namespace voyager::assess {

using analysis::Category;
using engine::RelationKind;

std::string_view kind_name(RelationKind kind) {
  const auto* found = std::find_if(kind_names.begin(), kind_names.end(),
                                   [&](const auto& one) { return one.first == kind; });
  return found->second;
}

bool is_index(RelationKind kind) {
  return kind == RelationKind::primary_key || kind == RelationKind::index ||
         kind == RelationKind::partitioned_index;
}

const std::optional<QualifiedName>& parent_of(const engine::RelationStatistics& relation) {
  return relation.table ? relation.table : relation.partition_of;
}

std::string_view category_description(Category category) {
  switch (category) {
    case Category::unsupported_features:
      return "Parts of the schema that the target release does not have.";
    case Category::unsupported_datatypes:
      return "Types of columns that the target release does not store.";
    case Category::unsupported_query_constructs:
      return "SQL of the application that the target release does not run, or runs differently.";
    case Category::unsupported_plpgsql_objects:
      return "SQL inside functions and procedures that the target release does not run, or runs "
             "differently.";
    case Category::migration_caveats:
      return "What works, but needs attention on the way.";
    case Category::performance_optimizations:
      return "What works, but can be made faster on a distributed database.";
  }
  return "";
}

}  // namespace voyager::assess
