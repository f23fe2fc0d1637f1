// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "analysis/newer_syntax.hpp"
#include "schema/object_files.hpp"
#include "schema/parse_tree.hpp"
#include "schema/split.hpp"

namespace voyager::analysis {

// Trees are read everywhere in this layer.
using schema::flag;
using schema::Json;
using schema::member;
using schema::names_in;
using schema::text;

/// Why a text could not be understood, and where.
struct ParseError {
  std::string message;   ///< PostgreSQL's own
  std::size_t line = 0;  ///< of the file, from 1
};

/// SQL inside a routine's body: a statement, or an expression as the statement SELECT <expression>.
struct BodyPart {
  std::string text;      ///< as it was parsed; locations in the tree are offsets into it
  std::size_t line = 0;  ///< of the file
  Json tree;             ///< {"SelectStmt": {...}}; null when PostgreSQL's grammar refuses the text
  std::vector<NewerSyntax> newer;  ///< offsets into `text`
};

/// One statement of a schema's file or of a query log, understood as far as it can be.
struct ParsedStatement {
  std::string file;
  std::size_t line = 0;  ///< where it begins, from 1
  std::string text;
  /// {"CreateStmt": {...}}; null when there is an error.
  Json tree;
  /// PostgreSQL 15's grammar refuses the statement.
  std::optional<ParseError> error;
  /// What of it only the grammar of later releases knows; the tree does not have it.
  std::vector<NewerSyntax> newer;
  std::string object_type;  ///< "TABLE", as in reports; empty for a query
  std::string object_name;  ///< "public.orders", "orders_idx ON public.orders"; empty: none
  /// The SQL in the body of a function, procedure or DO in PL/pgSQL or (as a text) SQL, in order.
  std::vector<BodyPart> body;
  /// The first part of the body that PostgreSQL's grammar refuses.
  std::optional<ParseError> body_error;

  /// "CreateStmt", or empty.
  std::string kind() const;
  /// What stands below the kind, or null.
  const Json& node() const;
  bool is(const char* node_kind) const { return member(tree, node_kind).is_object(); }
  /// The file's line of a node's "location" (a byte offset into `text`).
  std::size_t line_at(std::size_t offset) const;
};

/// Never throws for bad SQL: that is the statement's `error`. `file_type`: the kind of objects that
/// the file is for, used for what can't be parsed.
ParsedStatement parse_statement(std::string file, const schema::Statement& statement,
                                std::optional<schema::ObjectType> file_type = std::nullopt);

/// All statements of a text. A text that can't even be cut into statements (an open quote) is one
/// statement with an error.
std::vector<ParsedStatement> parse_text(const std::string& file, const std::string& sql,
                                        std::optional<schema::ObjectType> file_type = std::nullopt);

/// A tree to search, with its place: the statement itself or a part of its body.
struct SearchedTree {
  const Json& tree;
  const std::string& text;  ///< locations are offsets into it
  std::size_t first_line = 0;

  std::size_t line_at(std::size_t offset) const;
};

/// Calls for the statement's own tree and for each part of its body that could be parsed.
void for_each_tree(const ParsedStatement& statement,
                   const std::function<void(const SearchedTree&)>& see);

/// Calls see("FuncCall", node) for every node below and including the tree, parents first. A node's
/// kind is the key in front of it; fields that hold a bare node (a RangeVar's "relation") are
/// called with the field's name.
void for_each_node(const Json& tree,
                   const std::function<void(const std::string& kind, const Json& node)>& see);

/// The node's "location", 0 when it has none.
std::size_t location_of(const Json& node);

}  // namespace voyager::analysis
