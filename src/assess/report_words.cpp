// SPDX-License-Identifier: Apache-2.0
#include "assess/report_words.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "assess/metadata_names.hpp"
#include "base/text.hpp"

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

std::string rate_text(double rate) {
  if (rate > 0 && rate < 10) return fmt::format("{:.1f}", rate);
  return with_thousands(static_cast<std::uint64_t>(std::llround(rate)));
}

std::string minutes_text(double minutes) {
  constexpr double shown_in_hours = 120;
  if (minutes < 1) return "under 1 min";
  if (minutes >= shown_in_hours) return fmt::format("{:.1f} h", minutes / 60);
  return fmt::format("{:.0f} min", minutes);
}

std::string counted(std::uint64_t number, std::string_view one, std::string_view many) {
  return fmt::format("{} {}", with_thousands(number), number == 1 ? one : many);
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
