// SPDX-License-Identifier: Apache-2.0
#include "analysis/detectors/elements.hpp"

#include <vector>

namespace voyager::analysis {
namespace {

using SeeColumn = std::function<void(const ColumnElement&)>;
using SeeConstraint = std::function<void(const ConstraintElement&)>;

void see_column_list(const ParsedStatement& statement, const Json& list, const SeeColumn& see) {
  for (const Json& item : list) {
    const Json& column = member(item, "ColumnDef");
    if (column.is_object())
      see({column, text(column, "colname"), statement.line_at(location_of(column))});
  }
}

void see_altered_column(const ParsedStatement& statement, const Json& command,
                        const SeeColumn& see) {
  const std::string subtype = text(command, "subtype");
  if (subtype != "AT_AddColumn" && subtype != "AT_AlterColumnType") return;
  const Json& column = member(member(command, "def"), "ColumnDef");
  const std::string name =
      subtype == "AT_AddColumn" ? text(column, "colname") : text(command, "name");
  see({column, name, statement.line_at(location_of(column))});
}

std::string constraint_type(const Json& item) {
  return text(member(item, "Constraint"), "contype");
}

/// What stands behind a column's constraint says of it whether it can be deferred.
bool is_about_the_one_before(const Json& item) {
  return constraint_type(item).starts_with("CONSTR_ATTR_");
}

bool is_deferred_by(const Json& next) {
  const std::string type = constraint_type(next);
  return type == "CONSTR_ATTR_DEFERRABLE" || type == "CONSTR_ATTR_DEFERRED";
}

void see_constraints_of_column(const ParsedStatement& statement, const Json& column,
                               const SeeConstraint& see) {
  const Json& list = member(column, "constraints");
  for (std::size_t i = 0; i < list.size(); ++i) {
    if (is_about_the_one_before(list[i])) continue;
    const Json& constraint = member(list[i], "Constraint");
    const bool deferrable = i + 1 < list.size() && is_deferred_by(list[i + 1]);
    see({constraint, text(column, "colname"), deferrable,
         statement.line_at(location_of(constraint))});
  }
}

void see_element(const ParsedStatement& statement, const Json& element, const SeeConstraint& see) {
  if (const Json& constraint = member(element, "Constraint"); constraint.is_object())
    see({constraint, "", flag(constraint, "deferrable"),
         statement.line_at(location_of(constraint))});
  if (const Json& column = member(element, "ColumnDef"); column.is_object())
    see_constraints_of_column(statement, column, see);
}

}  // namespace

const Json& created_table(const ParsedStatement& statement) {
  static const Json none;
  if (statement.is("CreateStmt")) return statement.node();
  if (statement.is("CreateForeignTableStmt")) return member(statement.node(), "base");
  return none;
}

void for_each_command(const ParsedStatement& statement,
                      const std::function<void(const Json& command)>& see) {
  if (!statement.is("AlterTableStmt")) return;
  for (const Json& item : member(statement.node(), "cmds")) see(member(item, "AlterTableCmd"));
}

void for_each_column(const ParsedStatement& statement, const SeeColumn& see) {
  see_column_list(statement, member(created_table(statement), "tableElts"), see);
  if (statement.is("CompositeTypeStmt"))
    see_column_list(statement, member(statement.node(), "coldeflist"), see);
  for_each_command(statement,
                   [&](const Json& command) { see_altered_column(statement, command, see); });
}

void for_each_constraint(const ParsedStatement& statement, const SeeConstraint& see) {
  for (const Json& element : member(created_table(statement), "tableElts"))
    see_element(statement, element, see);
  for_each_command(
      statement, [&](const Json& command) { see_element(statement, member(command, "def"), see); });
}

const Json& option(const Json& options, std::string_view name) {
  static const Json none;
  for (const Json& item : options) {
    const Json& element = member(item, "DefElem");
    if (text(element, "defname") == name) return element;
  }
  return none;
}

}  // namespace voyager::analysis
