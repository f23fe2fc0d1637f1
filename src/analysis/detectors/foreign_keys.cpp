// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>

#include "analysis/detectors/detectors.hpp"
#include "analysis/detectors/made_here.hpp"
#include "base/text.hpp"

namespace voyager::analysis {
namespace {

/// The columns that a key without a list references: the primary key's.
std::vector<std::string> referenced_columns(const ForeignKey& key, const SchemaFacts& facts) {
  if (!key.referenced_columns.empty()) return key.referenced_columns;
  const Table* table = facts.table(key.referenced);
  const Key* primary = table == nullptr ? nullptr : table->primary_key();
  return primary == nullptr ? std::vector<std::string>() : primary->columns;
}

bool differ(const ResolvedType& one, const ResolvedType& other) {
  return one.name != other.name || one.array != other.array || one.user != other.user;
}

void see_types(const ForeignKey& key, const Table& table, const ParsedStatement& statement,
               const SchemaFacts& facts, FindingSink& sink) {
  const std::vector<std::string> theirs = referenced_columns(key, facts);
  if (theirs.size() != key.columns.size()) return;
  for (std::size_t i = 0; i < theirs.size(); ++i) {
    const auto own = facts.column_type(table.name, key.columns[i]);
    const auto other = facts.column_type(key.referenced, theirs[i]);
    if (!own || !other || !differ(*own, *other)) continue;
    sink.report("FOREIGN_KEY_DATATYPE_MISMATCH", statement,
                fmt::format("{}: {}, {}.{}: {}", key.columns[i], own->name, key.referenced.name,
                            theirs[i], other->name));
  }
}

/// Whether the first of the columns are those of the key, in any order.
bool leads_with(const std::vector<std::string>& columns, const std::vector<std::string>& wanted) {
  if (wanted.empty() || columns.size() < wanted.size()) return false;
  const auto end = columns.begin() + static_cast<std::ptrdiff_t>(wanted.size());
  return std::is_permutation(columns.begin(), end, wanted.begin());
}

/// WHERE column IS NOT NULL for a column of the key: the check never looks for NULL.
bool is_about_null_only(const std::string& predicate, const ForeignKey& key) {
  const Json tree = Json::parse(predicate, nullptr, false);
  const Json& test = member(tree, "NullTest");
  if (text(test, "nulltesttype") != "IS_NOT_NULL") return false;
  const std::vector<std::string> fields =
      names_in(member(member(member(test, "arg"), "ColumnRef"), "fields"));
  return fields.size() == 1 &&
         std::find(key.columns.begin(), key.columns.end(), fields[0]) != key.columns.end();
}

bool helps(const Index& index, const ForeignKey& key) {
  if (index.method != "btree" && index.method != "hash") return false;
  if (!index.predicate.empty() && !is_about_null_only(index.predicate, key)) return false;
  std::vector<std::string> columns;
  for (const IndexColumn& column : index.columns) columns.push_back(column.name);
  return leads_with(columns, key.columns);
}

bool has_index_for(const Table& table, const ForeignKey& key, const SchemaFacts& facts) {
  for (const Key& own : table.keys)
    if (leads_with(own.columns, key.columns)) return true;
  for (const Index* index : facts.indexes_of(table.name))
    if (helps(*index, key)) return true;
  return false;
}

}  // namespace

void detect_foreign_keys(const ParsedStatement& statement, const SchemaFacts& facts,
                         FindingSink& sink) {
  if (statement.is("IndexStmt")) return;
  const Table* table = table_of(statement, facts);
  if (table == nullptr) return;
  const Table* root = facts.partition_root(*table);
  for (const ForeignKey& key : table->foreign_keys) {
    if (!is_made_here(key, statement)) continue;
    see_types(key, *table, statement, facts, sink);
    // An index of a partitioned table is on its partitions too.
    if (!has_index_for(*table, key, facts) && !has_index_for(*root, key, facts))
      sink.report("MISSING_FOREIGN_KEY_INDEX", statement, join(key.columns, ", "));
  }
}

}  // namespace voyager::analysis
