// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string_view>

#include "analysis/issue.hpp"
#include "engine/statistics.hpp"

/// What both forms of the report say in the same words.
namespace voyager::assess {

/// "primary key".
std::string_view kind_name(engine::RelationKind kind);
bool is_index(engine::RelationKind kind);
/// The table of an index, or the parent of a partition.
const std::optional<QualifiedName>& parent_of(const engine::RelationStatistics& relation);

/// A sentence for people who have never seen the report.
std::string_view category_description(analysis::Category category);

}  // namespace voyager::assess
