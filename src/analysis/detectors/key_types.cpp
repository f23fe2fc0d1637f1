// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <optional>

#include "analysis/catalogue/parts.hpp"
#include "analysis/detectors/detectors.hpp"
#include "analysis/detectors/made_here.hpp"

namespace voyager::analysis {
namespace {

/// The type as it stands in issues, when YugabyteDB makes no index on it.
std::optional<std::string> unindexed(const ResolvedType& type) {
  if (type.array) return "array";
  if (type.user != nullptr) {
    if (type.user->kind == UserTypeKind::enumeration) return std::nullopt;
    return "user_defined";
  }
  const std::vector<std::string>& types = unindexed_types();
  if (std::find(types.begin(), types.end(), type.name) == types.end()) return std::nullopt;
  return type.name;
}

/// GIN indexes are for just these types; the other methods have issues of their own.
bool is_ordered(const std::string& method) {
  return method == "btree" || method == "lsm" || method == "hash";
}

std::optional<ResolvedType> type_of(const IndexColumn& column, const QualifiedName& table,
                                    const SchemaFacts& facts) {
  if (!column.name.empty()) return facts.column_type(table, column.name);
  if (column.expression_type.name.empty()) return std::nullopt;
  return facts.resolve(column.expression_type);
}

void see_index(const ParsedStatement& statement, const Index& index, const SchemaFacts& facts,
               FindingSink& sink) {
  if (!is_ordered(index.method)) return;
  for (const IndexColumn& column : index.columns) {
    const auto type = type_of(column, index.table, facts);
    const auto name = type ? unindexed(*type) : std::nullopt;
    if (name) sink.report(index_issue(*name), statement, column.name);
  }
}

void see_key(const ParsedStatement& statement, const QualifiedName& table, const Key& key,
             const SchemaFacts& facts, FindingSink& sink) {
  for (const std::string& column : key.columns) {
    const auto type = facts.column_type(table, column);
    const auto name = type ? unindexed(*type) : std::nullopt;
    if (name) sink.report(key_issue(*name), statement, column);
  }
}

}  // namespace

void detect_key_types(const ParsedStatement& statement, const SchemaFacts& facts,
                      FindingSink& sink) {
  if (const Index* index = index_made_here(statement, facts))
    see_index(statement, *index, facts, sink);
  const Table* table = table_of(statement, facts);
  if (table == nullptr) return;
  for (const Key& key : table->keys)
    if (is_made_here(key, statement)) see_key(statement, table->name, key, facts, sink);
}

std::vector<std::string> key_type_issues() {
  std::vector<std::string> issues;
  for (const std::string& type : unindexed_types()) {
    issues.push_back(key_issue(type));
    issues.push_back(index_issue(type));
  }
  return issues;
}

}  // namespace voyager::analysis
