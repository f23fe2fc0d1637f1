// SPDX-License-Identifier: Apache-2.0
#include "analysis/detectors/detectors.hpp"
#include "analysis/detectors/elements.hpp"

namespace voyager::analysis {
namespace {

void see_shape(const ParsedStatement& statement, const Json& table, FindingSink& sink) {
  const bool partition = member(table, "partbound").is_object();
  for (const Json& parent : member(table, "inhRelations"))
    if (!partition)
      sink.report("INHERITANCE", statement, relation_name(member(parent, "RangeVar")).display());
  for (const Json& element : member(table, "tableElts"))
    if (const Json& like = member(element, "TableLikeClause"); like.is_object())
      sink.report("LIKE_IN_CREATE_TABLE", statement,
                  relation_name(member(like, "relation")).display());
}

bool is_key(const std::string& type) {
  return type == "CONSTR_PRIMARY" || type == "CONSTR_UNIQUE" || type == "CONSTR_FOREIGN";
}

}  // namespace

void detect_tables(const ParsedStatement& statement, const SchemaFacts&, FindingSink& sink) {
  see_shape(statement, created_table(statement), sink);
  const bool foreign = statement.is("CreateForeignTableStmt");
  if (foreign) sink.report("FOREIGN_TABLE", statement, text(statement.node(), "servername"));
  for_each_constraint(statement, [&](const ConstraintElement& constraint) {
    if (constraint.type() == "CONSTR_GENERATED")
      sink.report_at("STORED_GENERATED_COLUMNS", statement, constraint.line, constraint.column);
    if (foreign && is_key(constraint.type()))
      sink.report_at("FOREIGN_TABLE_KEY", statement, constraint.line, constraint.column);
  });
}

}  // namespace voyager::analysis
