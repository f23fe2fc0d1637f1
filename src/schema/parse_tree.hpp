// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

namespace voyager::schema {

/// PostgreSQL's parse tree as libpg_query writes it: {"CreateStmt": {...}} for each node. A field
/// that has its default (0, false, an empty text) is not there at all.
using Json = nlohmann::json;

/// What the parser said against a text.
struct ParseFailure {
  std::string message;     ///< PostgreSQL's own, for example: syntax error at or near "HASH"
  std::size_t offset = 0;  ///< bytes from the start of the text
};

/// A text that was parsed, or why it could not be.
struct ParseResult {
  Json statements;  ///< [{"CreateStmt": {...}}, ...]
  std::optional<ParseFailure> failure;
};

/// Parses SQL text by PostgreSQL 15's grammar, and what of YugabyteDB's in_postgres_grammar() takes
/// out of it; the tree does not have that. Threads: any number at once.
ParseResult parse_sql(const std::string& sql);

/// The field, or null when the node has none or is not an object.
const Json& member(const Json& node, const char* key);
/// The field's text, or empty.
std::string text(const Json& node, const char* key);
bool flag(const Json& node, const char* key);
/// [{"String": {"sval": "a"}}, ...] → {"a", ...}; the names inside a TypeName come in its place.
std::vector<std::string> names_in(const Json& list);

}  // namespace voyager::schema
