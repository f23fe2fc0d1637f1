// SPDX-License-Identifier: Apache-2.0
#include "analysis/detectors/detectors.hpp"
#include "base/text.hpp"

namespace voyager::analysis {
namespace {

/// Source: PostgreSQL's catalog/pg_trigger.h, TRIGGER_TYPE_BEFORE.
constexpr int timing_before = 2;

void see_trigger(const ParsedStatement& statement, const SchemaFacts& facts, FindingSink& sink) {
  const Json& node = statement.node();
  if (flag(node, "isconstraint")) sink.report("CONSTRAINT_TRIGGER", statement);
  if (!member(node, "transitionRels").empty())
    sink.report("REFERENCING_CLAUSE_IN_TRIGGER", statement);
  const Json& timing = member(node, "timing");
  const bool before = timing.is_number() && timing.get<int>() == timing_before;
  const Table* table = facts.table(member(node, "relation"));
  if (before && flag(node, "row") && table != nullptr && table->partitioning)
    sink.report("BEFORE_ROW_TRIGGER_ON_PARTITIONED_TABLE", statement);
}

/// PUBLIC and CURRENT_USER are there anyway.
void see_policy(const ParsedStatement& statement, FindingSink& sink) {
  std::vector<std::string> roles;
  for (const Json& item : member(statement.node(), "roles")) {
    const Json& role = member(item, "RoleSpec");
    if (text(role, "roletype") == "ROLESPEC_CSTRING") roles.push_back(text(role, "rolename"));
  }
  if (!roles.empty()) sink.report("POLICY_WITH_ROLES", statement, join(roles, ", "));
}

}  // namespace

void detect_triggers(const ParsedStatement& statement, const SchemaFacts& facts,
                     FindingSink& sink) {
  if (statement.is("CreateTrigStmt")) see_trigger(statement, facts, sink);
  if (statement.is("CreatePolicyStmt") || statement.is("AlterPolicyStmt"))
    see_policy(statement, sink);
}

}  // namespace voyager::analysis
