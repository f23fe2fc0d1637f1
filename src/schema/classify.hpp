// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <vector>

#include "model/name.hpp"
#include "schema/object_files.hpp"

namespace voyager::schema {

/// What the import needs to know of a statement beside its object type.
enum class StatementRole : std::uint8_t {
  ordinary,
  session_setting,   ///< SET, set_config(): never run, import schema makes its own settings
  replica_identity,  ///< ALTER TABLE ... REPLICA IDENTITY: not run on a target, which has its own
                     ///< rules
  foreign_key,       ///< needs the keys of all tables
  sequence_owner,    ///< ALTER SEQUENCE ... OWNED BY: needs the tables
};

/// A statement, understood.
struct Facts {
  std::optional<ObjectType> type;  ///< none: not a kind of schema object that has a file
  StatementRole role = StatementRole::ordinary;
  /// Belongs after the data: secondary (non-unique) index, trigger, NOT VALID constraint.
  bool after_data = false;
  /// Keys (object_key) of the index, trigger or constraint that it creates, and of those it needs.
  std::vector<std::string> defines;
  std::vector<std::string> needs;
  std::string schema;     ///< CREATE SCHEMA: its name
  std::string extension;  ///< CREATE EXTENSION: its name
  /// CREATE INDEX: its name, where the statement gives both parts.
  std::optional<QualifiedName> index;
  bool states_colocation = false;  ///< CREATE TABLE ... WITH (COLOCATION = ...)
  /// Every PostgreSQL database has it from the start: schema public, extension plpgsql.
  bool preinstalled = false;
};

/// Names an object inside this layer: kind and name parts, from the outermost schema on.
std::string object_key(const std::string& kind, const std::vector<std::string>& parts);

/// Understands one statement by parse_sql(). What that refuses (NONCONCURRENTLY, a later
/// PostgreSQL's syntax) is understood by its words, see classify_words().
Facts classify(const std::string& statement);

/// The same for a statement that is parsed already: {"CreateStmt": {...}}.
Facts classify_tree(const nlohmann::json& tree);

/// Understands a statement by its first words alone, whatever follows them.
Facts classify_words(const std::string& statement);

}  // namespace voyager::schema
