// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "base/error.hpp"
#include "engines/postgres/traits.hpp"
#include "model/name.hpp"

namespace voyager::postgres {

inline constexpr ErrorCode table_missing{3122};
inline constexpr ErrorCode column_missing{3123};

/// A column as the target has it now.
struct TargetColumn {
  std::string name;
  std::string cast_type;  ///< quoted, without modifiers; for a domain, what it stands for
  /// The operator of the index that makes the column a key: OPERATOR("public".=) for citext, whose
  /// own one is not in the search path.
  std::string equals;
  bool leads_index = false;  ///< some index can find rows by this column alone
  bool generated = false;
};

/// A table that rows are written to, as the target has it now.
struct TargetTable {
  QualifiedName name;
  std::vector<TargetColumn> columns;
  bool partitioned = false;

  /// For FROM and UPDATE: a plain table without what may inherit from it, a partition root with its
  /// leaves.
  std::string scan() const;
  /// Throws: E3123 when the target has no such column.
  const TargetColumn& column(const std::string& column_name) const;
};

/// In any order, each once. Throws: E3122 when one of them does not exist.
std::vector<TargetTable> read_target_tables(Connection& connection, const Traits& traits,
                                            const std::vector<QualifiedName>& names);
TargetTable read_target_table(Connection& connection, const Traits& traits,
                              const QualifiedName& name);
/// Only what a scan of it is called.
std::string read_scan(Connection& connection, const QualifiedName& name);

/// The statement that empties a table: TRUNCATE where it can be rolled back and no foreign key of
/// another table stands in its way, else DELETE.
std::string emptying_sql(Connection& connection, const Traits& traits, const QualifiedName& name);

}  // namespace voyager::postgres
