// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <optional>
#include <string>
#include <vector>

#include "optimize/optimize.hpp"
#include "schema/categorize.hpp"

namespace voyager::optimize {

/// The statements in files, as export schema sorts them.
inline Files files_of(const std::string& sql) {
  return schema::categorize(sql, schema::selected_types({}, {})).statements;
}

/// Everything off.
inline constexpr Switches nothing{.merge_constraints = false,
                                  .remove_redundant_indexes = false,
                                  .range_sharding = false,
                                  .colocation = false};
inline constexpr Switches only_merge{.merge_constraints = true,
                                     .remove_redundant_indexes = false,
                                     .range_sharding = false,
                                     .colocation = false};
inline constexpr Switches only_remove{.merge_constraints = false,
                                      .remove_redundant_indexes = true,
                                      .range_sharding = false,
                                      .colocation = false};
inline constexpr Switches only_range{.merge_constraints = false,
                                     .remove_redundant_indexes = false,
                                     .range_sharding = true,
                                     .colocation = false};
inline constexpr Switches only_colocation{.merge_constraints = false,
                                          .remove_redundant_indexes = false,
                                          .range_sharding = false,
                                          .colocation = true};

inline Optimized optimized(const std::string& sql, const Switches& switches,
                           const std::optional<std::vector<QualifiedName>>& sharded = {}) {
  return optimize(files_of(sql), switches, sharded);
}

/// All statements in the order of the files.
inline std::vector<std::string> statements_of(const Files& files) {
  std::vector<std::string> all;
  for (const auto& [type, statements] : files)
    all.insert(all.end(), statements.begin(), statements.end());
  return all;
}

inline std::vector<std::string> objects_of(const Optimized& result) {
  std::vector<std::string> objects;
  for (const Change& change : result.changes) objects.push_back(change.object);
  return objects;
}

}  // namespace voyager::optimize
