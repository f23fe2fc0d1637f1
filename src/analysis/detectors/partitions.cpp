// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "analysis/detectors/detectors.hpp"
#include "analysis/detectors/made_here.hpp"
#include "base/text.hpp"

namespace voyager::analysis {
namespace {

std::vector<std::string> missing_columns(const Table& table, const Key& key) {
  std::vector<std::string> missing;
  for (const std::string& column : table.partitioning->columns)
    if (std::find(key.columns.begin(), key.columns.end(), column) == key.columns.end())
      missing.push_back(column);
  return missing;
}

void see_keys(const ParsedStatement& statement, const Table& table, FindingSink& sink) {
  for (const Key& key : table.keys) {
    if (!is_made_here(key, statement)) continue;
    if (table.partitioning->has_expression)
      sink.report("EXPRESSION_PARTITION_WITH_PK_UK", statement);
    if (!key.primary) continue;
    if (key.added_later) sink.report("ALTER_TABLE_ADD_PK_ON_PARTITIONED_TABLE", statement);
    const std::vector<std::string> missing = missing_columns(table, key);
    if (!missing.empty())
      sink.report("INSUFFICIENT_COLUMNS_IN_PK_FOR_PARTITION", statement, join(missing, ", "));
  }
}

}  // namespace

void detect_partitions(const ParsedStatement& statement, const SchemaFacts& facts,
                       FindingSink& sink) {
  const bool creates = statement.is("CreateStmt");
  if (!creates && !statement.is("AlterTableStmt")) return;
  const Table* table = facts.table(member(statement.node(), "relation"));
  if (table == nullptr || !table->partitioning) return;
  see_keys(statement, *table, sink);
  const Json& columns = member(member(statement.node(), "partspec"), "partParams");
  if (creates && to_lower(table->partitioning->strategy) == "list" && columns.size() > 1)
    sink.report("MULTI_COLUMN_LIST_PARTITION", statement);
}

}  // namespace voyager::analysis
