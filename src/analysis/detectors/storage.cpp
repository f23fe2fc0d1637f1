// SPDX-License-Identifier: Apache-2.0
#include "analysis/detectors/detectors.hpp"
#include "analysis/detectors/elements.hpp"

namespace voyager::analysis {
namespace {

/// What YugabyteDB itself has for an index: WITH (colocation_id = 20001).
bool is_own_option(const std::string& name) {
  return name == "colocation_id" || name == "colocated" || name == "colocation";
}

std::string foreign_options(const Json& options) {
  std::string names;
  for (const Json& item : options) {
    const std::string name = text(member(item, "DefElem"), "defname");
    if (!is_own_option(name)) names += (names.empty() ? "" : ", ") + name;
  }
  return names;
}

void see_index_options(const ParsedStatement& statement, FindingSink& sink) {
  const std::string names = foreign_options(member(statement.node(), "options"));
  if (!names.empty()) sink.report("STORAGE_PARAMETERS", statement, names);
}

void see_table(const ParsedStatement& statement, const Json& table, FindingSink& sink) {
  if (text(member(table, "relation"), "relpersistence") == "u")
    sink.report("UNLOGGED_TABLES", statement);
  const Json& oids = option(member(table, "options"), "oids");
  if (oids.is_object() && text(member(member(oids, "arg"), "String"), "sval") != "false")
    sink.report("WITH_OIDS", statement);
}

}  // namespace

void detect_storage(const ParsedStatement& statement, const SchemaFacts&, FindingSink& sink) {
  if (statement.is("IndexStmt")) see_index_options(statement, sink);
  see_table(statement, created_table(statement), sink);
  // Tables may have parameters: YugabyteDB warns that it ignores them.
  for_each_constraint(statement, [&](const ConstraintElement& constraint) {
    if (constraint.type() == "CONSTR_IDENTITY") return;  // options of its sequence
    const std::string names = foreign_options(member(constraint.definition, "options"));
    if (!names.empty()) sink.report_at("STORAGE_PARAMETERS", statement, constraint.line, names);
  });
  for_each_column(statement, [&](const ColumnElement& column) {
    if (!text(column.definition, "compression").empty())
      sink.report_at("COMPRESSION_CLAUSE_IN_TABLE", statement, column.line, column.name);
  });
  for_each_command(statement, [&](const Json& command) {
    if (text(command, "subtype") == "AT_SetCompression")
      sink.report("COMPRESSION_CLAUSE_IN_TABLE", statement, text(command, "name"));
    if (text(command, "subtype") == "AT_SetUnLogged") sink.report("UNLOGGED_TABLES", statement);
  });
}

}  // namespace voyager::analysis
