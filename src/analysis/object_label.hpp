// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>

#include "analysis/parsed_statement.hpp"

namespace voyager::analysis {

/// Fills object_type and object_name from the parse tree.
void label_by_tree(ParsedStatement& statement);
/// The same for a statement that PostgreSQL's grammar refuses, from its words.
void label_by_words(ParsedStatement& statement, std::optional<schema::ObjectType> file_type);

/// ["public", "orders"] → "public.orders"; quoted where SQL needs it.
std::string dotted(const std::vector<std::string>& names);
/// A RangeVar's name as the statement writes it.
std::string relation_label(const Json& range_var);

}  // namespace voyager::analysis
