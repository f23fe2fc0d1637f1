// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "schema/parse_tree.hpp"

namespace voyager::analysis {

/// A construct that came with PostgreSQL 16 or 17.
struct NewerSyntax {
  std::string_view issue;  ///< its type in the catalogue
  std::string detail;      ///< "json_object", "IS JSON", "0x1F"
  std::size_t offset = 0;  ///< bytes from the start of the text
};

/// SQL parsed by a grammar that also knows what is told in `newer`.
struct TolerantParse {
  schema::Json statements;
  std::optional<schema::ParseFailure> failure;  ///< then there is no tree; `newer` may still be
  std::vector<NewerSyntax> newer;               ///< only what PostgreSQL 15's grammar refuses
};

/// Parses as schema::parse_sql(). When that fails because of SQL/JSON constructors and query
/// functions, IS JSON, MERGE's later clauses or numbers that are not decimal, these are written in
/// an older form of the same length, token by token, so that everything else in the statement has
/// a tree whose locations are right. What the older form leaves out (paths, RETURNING) is not in
/// the tree. Source: gram.y of PostgreSQL 17.
TolerantParse parse_with_newer_syntax(const std::string& sql);

}  // namespace voyager::analysis
