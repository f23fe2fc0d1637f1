// SPDX-License-Identifier: Apache-2.0
#include <map>
#include <set>

#include "analysis/detectors/detectors.hpp"

namespace voyager::analysis {
namespace {

void see_drop(const ParsedStatement& statement, FindingSink& sink) {
  static const std::set<std::string, std::less<>> one_only{
      "OBJECT_COLLATION", "OBJECT_FOREIGN_TABLE", "OBJECT_INDEX", "OBJECT_SEQUENCE", "OBJECT_VIEW"};
  const Json& node = statement.node();
  if (member(node, "objects").size() > 1 && one_only.contains(text(node, "removeType")))
    sink.report("DROP_MULTIPLE_OBJECTS", statement);
  if (flag(node, "concurrent")) sink.report("DROP_INDEX_CONCURRENTLY", statement);
}

/// RENAME TO, OWNER TO and SET SCHEMA name the object's kind in different fields.
void see_altered_object(const ParsedStatement& statement, FindingSink& sink) {
  const Json& node = statement.node();
  const std::string kind = text(node, statement.is("RenameStmt") ? "renameType" : "objectType");
  if (kind == "OBJECT_CONVERSION") sink.report("ALTER_CONVERSION", statement);
  if (kind == "OBJECT_AGGREGATE") sink.report("ALTER_AGGREGATE", statement);
}

/// Statements that are an issue whatever they say.
const std::map<std::string, std::string_view, std::less<>>& refused_kinds() {
  static const std::map<std::string, std::string_view, std::less<>> kinds{
      {"AlterTableSpaceOptionsStmt", "ALTER_TABLESPACE"},
      {"CreateAmStmt", "CREATE_ACCESS_METHOD"},
      {"CreateConversionStmt", "CREATE_CONVERSION"},
      {"ReindexStmt", "REINDEX"},
  };
  return kinds;
}

}  // namespace

void detect_statements(const ParsedStatement& statement, const SchemaFacts&, FindingSink& sink) {
  const std::string kind = statement.kind();
  if (const auto refused = refused_kinds().find(kind); refused != refused_kinds().end())
    sink.report(refused->second, statement);
  if (kind == "DropStmt") see_drop(statement, sink);
  if (kind == "RenameStmt" || kind == "AlterOwnerStmt" || kind == "AlterObjectSchemaStmt")
    see_altered_object(statement, sink);
  if (kind == "CreateSchemaStmt" && !member(statement.node(), "schemaElts").empty())
    sink.report("CREATE_SCHEMA_WITH_ELEMENTS", statement);
}

}  // namespace voyager::analysis
