// SPDX-License-Identifier: Apache-2.0
#include <map>
#include <string>

#include "analysis/detectors/detectors.hpp"
#include "analysis/detectors/elements.hpp"

namespace voyager::analysis {
namespace {

using IssueByForm = std::map<std::string, std::string_view, std::less<>>;

const IssueByForm& table_forms() {
  static const IssueByForm forms{
      {"AT_SetOptions", "ALTER_TABLE_SET_COLUMN_ATTRIBUTE"},
      {"AT_ClusterOn", "ALTER_TABLE_CLUSTER_ON"},
      {"AT_DisableRule", "ALTER_TABLE_DISABLE_RULE"},
      {"AT_AddOf", "ALTER_TABLE_OF_TYPE"},
      {"AT_DropOf", "ALTER_TABLE_OF_TYPE"},
      {"AT_SetStatistics", "ALTER_TABLE_SET_STATISTICS"},
      {"AT_SetStorage", "ALTER_TABLE_SET_STORAGE"},
      {"AT_ResetOptions", "ALTER_TABLE_RESET"},
      {"AT_ResetRelOptions", "ALTER_TABLE_RESET"},
      {"AT_AlterConstraint", "ALTER_TABLE_ALTER_CONSTRAINT"},
      {"AT_DropCluster", "ALTER_TABLE_SET_WITHOUT_CLUSTER"},
      {"AT_SetRelOptions", "ALTER_TABLE_SET_PARAMETERS"},
      {"AT_GenericOptions", "ALTER_TABLE_OPTIONS"},
      {"AT_AddInherit", "ALTER_TABLE_INHERIT"},
      {"AT_DropInherit", "ALTER_TABLE_INHERIT"},
      {"AT_ValidateConstraint", "ALTER_TABLE_VALIDATE_CONSTRAINT"},
  };
  return forms;
}

/// ALTER TYPE of a composite type is ALTER TABLE to the parser.
const IssueByForm& type_forms() {
  static const IssueByForm forms{
      {"AT_AddColumn", "ALTER_TYPE_ATTRIBUTE"},
      {"AT_DropColumn", "ALTER_TYPE_ATTRIBUTE"},
      {"AT_AlterColumnType", "ALTER_TYPE_ATTRIBUTE"},
  };
  return forms;
}

const IssueByForm& index_forms() {
  static const IssueByForm forms{{"AT_SetRelOptions", "ALTER_INDEX_SET"}};
  return forms;
}

const IssueByForm& forms_of(const std::string& object) {
  static const IssueByForm none;
  if (object == "OBJECT_TABLE" || object == "OBJECT_FOREIGN_TABLE") return table_forms();
  if (object == "OBJECT_TYPE") return type_forms();
  if (object == "OBJECT_INDEX") return index_forms();
  return none;
}

void see_command(const ParsedStatement& statement, const Json& command, FindingSink& sink) {
  const std::string object = text(statement.node(), "objtype");
  const std::string form = text(command, "subtype");
  const IssueByForm& forms = forms_of(object);
  if (const auto found = forms.find(form); found != forms.end())
    sink.report(found->second, statement, text(command, "name"));
  if (object == "OBJECT_VIEW" && form != "AT_ChangeOwner") sink.report("ALTER_VIEW", statement);
}

}  // namespace

void detect_alter_table(const ParsedStatement& statement, const SchemaFacts&, FindingSink& sink) {
  for_each_command(statement, [&](const Json& command) { see_command(statement, command, sink); });
  if (statement.is("RenameStmt") && text(statement.node(), "renameType") == "OBJECT_VIEW")
    sink.report("ALTER_VIEW", statement);
  if (!statement.is("AlterObjectSchemaStmt")) return;
  const std::string object = text(statement.node(), "objectType");
  if (object == "OBJECT_TABLE") sink.report("ALTER_TABLE_SET_SCHEMA", statement);
  if (object == "OBJECT_VIEW") sink.report("ALTER_VIEW", statement);
}

}  // namespace voyager::analysis
