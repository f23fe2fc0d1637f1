// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "model/name.hpp"

namespace voyager {

enum class Identity : char { none = 'n', always = 'a', by_default = 'd' };

/// A column as the catalog of one database describes it.
struct Column {
  std::string name;
  std::string type;       ///< for people and DDL, with modifiers: "character varying(20)"
  std::string cast_type;  ///< for casts, quoted and without modifiers: "pg_catalog"."varchar"
  Identity identity = Identity::none;
  bool generated = false;  ///< GENERATED ALWAYS AS (...) STORED: never read, written or compared
  bool not_null = false;
  bool binary_safe =
      false;  ///< COPY BINARY of it means the same on every server that has `cast_type`
  friend bool operator==(const Column&, const Column&) = default;
};

/// A unique constraint or unique index other than the primary key.
struct UniqueKey {
  std::string name;
  std::vector<std::string> columns;  ///< empty when it is on expressions
  bool partial = false;
};

/// A table that migrates: an ordinary table, or the root of a partition tree.
struct Table {
  QualifiedName name;
  std::vector<Column> columns;  ///< in catalog order, without dropped ones
  /// What identifies a row in the change stream: the primary key, or the columns of the REPLICA
  /// IDENTITY index. Empty: rows are matched by all their columns.
  std::vector<std::string> key;
  std::vector<UniqueKey> unique_keys;
  std::vector<QualifiedName>
      leaves;  ///< tables that hold the rows; the table itself when it is plain
  bool partitioned = false;
  std::int64_t estimated_rows = 0;
  std::int64_t bytes = 0;  ///< heap of all leaves
  /// REPLICA IDENTITY changes the source needs before updates and deletes can be captured (leaves).
  std::vector<QualifiedName> needs_full_identity;

  /// The columns that travel: all but the generated ones.
  std::vector<Column> stored_columns() const;
  const Column* find_column(const std::string& column) const;
};

/// A sequence, with what its next value depends on.
struct Sequence {
  QualifiedName name;
  QualifiedName owner_table;  ///< empty names when no column owns it
  std::string owner_column;
  std::string type;  ///< smallint, integer, bigint
  std::int64_t last_value = 0;
  bool is_called = false;  ///< false: the next value is last_value itself
  std::int64_t increment = 1;
  std::int64_t cache = 1;
};

/// Whether a pattern of --table-list names this table: [schema.]name with the globs * and ?, case
/// as in the catalog; a pattern without a schema means the default one.
bool matches_table_pattern(const std::string& pattern, const QualifiedName& table,
                           const std::string& default_schema);

}  // namespace voyager
