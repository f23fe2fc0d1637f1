// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "analysis/issue.hpp"
#include "engine/statistics.hpp"

/// What the report says in the same words wherever it stands.
namespace voyager::assess {

/// "primary key".
std::string_view kind_name(engine::RelationKind kind);
bool is_index(engine::RelationKind kind);
/// The table of an index, or the parent of a partition.
const std::optional<QualifiedName>& parent_of(const engine::RelationStatistics& relation);

/// "0", "0.4", "12,000".
std::string rate_text(double rate);
/// "under 1 min", "19 min", "5.2 h".
std::string minutes_text(double minutes);
/// "1 table", "2,000 tables".
std::string counted(std::uint64_t number, std::string_view one, std::string_view many);

/// A sentence for people who have never seen the report.
std::string_view category_description(analysis::Category category);

}  // namespace voyager::assess
