// SPDX-License-Identifier: Apache-2.0
#include "analysis/detectors/made_here.hpp"

namespace voyager::analysis {

const Table* table_of(const ParsedStatement& statement, const SchemaFacts& facts) {
  if (!statement.is("CreateStmt") && !statement.is("AlterTableStmt") && !statement.is("IndexStmt"))
    return nullptr;
  return facts.table(member(statement.node(), "relation"));
}

const Index* index_made_here(const ParsedStatement& statement, const SchemaFacts& facts) {
  if (!statement.is("IndexStmt")) return nullptr;
  for (const Index* index : facts.indexes_of(relation_name(member(statement.node(), "relation"))))
    if (is_made_here(*index, statement)) return index;
  return nullptr;
}

}  // namespace voyager::analysis
