// SPDX-License-Identifier: Apache-2.0
#include "analysis/detectors/detectors.hpp"
#include "analysis/detectors/elements.hpp"

namespace voyager::analysis {
namespace {

std::string label(const ConstraintElement& constraint) {
  const std::string name = text(constraint.definition, "conname");
  return name.empty() ? constraint.column : name;
}

void see_constraint(const ParsedStatement& statement, const ConstraintElement& constraint,
                    const SchemaFacts& facts, FindingSink& sink) {
  const std::string type = constraint.type();
  if (type == "CONSTR_EXCLUSION")
    sink.report_at("EXCLUSION_CONSTRAINTS", statement, constraint.line, label(constraint));
  if (constraint.deferrable && type != "CONSTR_FOREIGN")
    sink.report_at("DEFERRABLE_CONSTRAINTS", statement, constraint.line, label(constraint));
  if (flag(constraint.definition, "nulls_not_distinct"))
    sink.report_at("UNIQUE_NULLS_NOT_DISTINCT", statement, constraint.line, label(constraint));
  const Table* referenced =
      type == "CONSTR_FOREIGN" ? facts.table(member(constraint.definition, "pktable")) : nullptr;
  if (referenced != nullptr && referenced->partitioning)
    sink.report_at("FOREIGN_KEY_REFERENCED_PARTITIONED_TABLE", statement, constraint.line,
                   referenced->name.display());
}

}  // namespace

void detect_constraints(const ParsedStatement& statement, const SchemaFacts& facts,
                        FindingSink& sink) {
  for_each_constraint(statement, [&](const ConstraintElement& constraint) {
    see_constraint(statement, constraint, facts, sink);
  });
  if (statement.is("IndexStmt") && flag(statement.node(), "nulls_not_distinct"))
    sink.report("UNIQUE_NULLS_NOT_DISTINCT", statement);
}

}  // namespace voyager::analysis
