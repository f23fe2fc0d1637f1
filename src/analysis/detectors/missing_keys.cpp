// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <optional>

#include "analysis/detectors/detectors.hpp"
#include "analysis/detectors/made_here.hpp"
#include "base/text.hpp"

namespace voyager::analysis {
namespace {

using Names = std::vector<std::string>;

bool never_null(const Table& table, const Names& columns, const SchemaFacts& facts) {
  return !columns.empty() && std::all_of(columns.begin(), columns.end(), [&](const auto& name) {
    const Column* column = facts.column(table.name, name);
    return column != nullptr && (column->not_null || column->identity);
  });
}

std::optional<Names> plain_columns(const Index& index) {
  Names columns;
  for (const IndexColumn& column : index.columns) {
    if (column.name.empty()) return std::nullopt;
    columns.push_back(column.name);
  }
  return columns;
}

/// Columns that could be the primary key.
std::optional<Names> candidate(const Table& table, const SchemaFacts& facts) {
  for (const Key& key : table.keys)
    if (never_null(table, key.columns, facts)) return key.columns;
  for (const Index* index : facts.indexes_of(table.name)) {
    if (!index->unique || !index->predicate.empty()) continue;
    if (auto columns = plain_columns(*index); columns && never_null(table, *columns, facts))
      return columns;
  }
  return std::nullopt;
}

/// A primary key of its own, of its partition tree, or copied by LIKE.
bool may_have_key(const Table& table, const SchemaFacts& facts) {
  if (table.primary_key() != nullptr || facts.partition_root(table)->primary_key() != nullptr)
    return true;
  return std::any_of(table.like.begin(), table.like.end(), [&](const QualifiedName& name) {
    const Table* copied = facts.table(name);
    return copied == nullptr || copied->primary_key() != nullptr;
  });
}

}  // namespace

void detect_missing_keys(const ParsedStatement& statement, const SchemaFacts& facts,
                         FindingSink& sink) {
  if (!statement.is("CreateStmt")) return;
  const Table* table = table_of(statement, facts);
  if (table == nullptr || may_have_key(*table, facts)) return;
  if (const auto columns = candidate(*table, facts))
    sink.report("MISSING_PRIMARY_KEY_WHEN_UNIQUE_NOT_NULL", statement, join(*columns, ", "));
}

}  // namespace voyager::analysis
