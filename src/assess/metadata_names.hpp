// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <string_view>
#include <utility>

#include "engine/statistics.hpp"

namespace voyager::assess {

/// Names in the files of a metadata directory. Source: the scripts of yb-voyager,
/// srcdb/data/gather-assessment-metadata/postgresql.
inline constexpr const char* primary_node = "primary";
inline constexpr const char* node_prefix = "node-";
inline constexpr const char* schema_file = "schema/schema.sql";
/// What those scripts don't write.
inline constexpr const char* gathered_file = "gathered.json";
inline constexpr int gathered_format = 1;

inline constexpr std::array<std::pair<engine::RelationKind, std::string_view>, 6> kind_names{{
    {engine::RelationKind::table, "table"},
    {engine::RelationKind::partitioned_table, "partitioned table"},
    {engine::RelationKind::materialized_view, "materialized view"},
    {engine::RelationKind::primary_key, "primary key"},
    {engine::RelationKind::index, "index"},
    {engine::RelationKind::partitioned_index, "partitioned index"},
}};

}  // namespace voyager::assess
