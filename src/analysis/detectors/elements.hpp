// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <string>

#include "analysis/detector.hpp"

namespace voyager::analysis {

/// A column that a statement defines or gives a type.
struct ColumnElement {
  const Json& definition;  ///< ColumnDef
  std::string name;
  std::size_t line = 0;
};

/// Columns of CREATE [FOREIGN] TABLE, ALTER TABLE ... ADD COLUMN and ... ALTER COLUMN ... TYPE, and
/// attributes of composite types.
void for_each_column(const ParsedStatement& statement,
                     const std::function<void(const ColumnElement&)>& see);

/// A constraint of a table or of one of its columns.
struct ConstraintElement {
  const Json& definition;  ///< Constraint
  std::string column;      ///< whose constraint it is; empty: the table's
  bool deferrable = false;
  std::size_t line = 0;

  std::string type() const { return text(definition, "contype"); }
};

/// Constraints of CREATE [FOREIGN] TABLE and of ALTER TABLE ... ADD.
void for_each_constraint(const ParsedStatement& statement,
                         const std::function<void(const ConstraintElement&)>& see);

/// The sub-commands of ALTER TABLE and its relatives.
void for_each_command(const ParsedStatement& statement,
                      const std::function<void(const Json& command)>& see);

/// CREATE TABLE's node, also inside of CREATE FOREIGN TABLE; else null.
const Json& created_table(const ParsedStatement& statement);

/// The DefElem of that name in a list of options, or null.
const Json& option(const Json& options, std::string_view name);

}  // namespace voyager::analysis
