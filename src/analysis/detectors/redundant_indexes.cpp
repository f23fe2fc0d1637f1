// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "analysis/detectors/detectors.hpp"
#include "analysis/detectors/made_here.hpp"

namespace voyager::analysis {
namespace {

bool is_plain(const IndexColumn& column) {
  return !column.name.empty() && column.operator_class.empty() && column.collation.empty() &&
         !column.descending && !column.nulls_first;
}

bool same_column(const IndexColumn& one, const IndexColumn& other) {
  return one.name == other.name && one.expression == other.expression &&
         one.operator_class == other.operator_class && one.collation == other.collation &&
         one.descending == other.descending && one.nulls_first == other.nulls_first;
}

bool contains(const std::vector<std::string>& names, const std::string& name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

bool begins_with(const Index& longer, const Index& index) {
  return longer.columns.size() >= index.columns.size() &&
         std::equal(index.columns.begin(), index.columns.end(), longer.columns.begin(),
                    same_column);
}

/// What the index only carries along the other one must have too.
bool has_included(const Index& other, const Index& index) {
  return std::all_of(index.include.begin(), index.include.end(), [&](const std::string& name) {
    return contains(other.include, name) ||
           std::any_of(other.columns.begin(), other.columns.end(),
                       [&](const IndexColumn& column) { return column.name == name; });
  });
}

bool comes_before(const Index& one, const Index& other) {
  return &one < &other;  // both stand in the facts' one list, in the order of the statements
}

/// Whether nothing is lost without the index while there is the other one.
bool is_served_by(const Index& index, const Index& other) {
  if (&index == &other || index.method != "btree" || other.method != "btree") return false;
  if (index.predicate != other.predicate) return false;
  if (!begins_with(other, index) || !has_included(other, index)) return false;
  const bool twins = index.columns.size() == other.columns.size();
  // A unique index is a rule; only the same rule makes it needless.
  if (index.unique && !(twins && other.unique)) return false;
  if (!twins || other.unique != index.unique) return true;
  // Of equal ones the first stays; one that carries more along stays anyway.
  return !has_included(index, other) || comes_before(other, index);
}

/// Whether the index of a primary key or unique constraint serves.
bool is_served_by(const Index& index, const Key& key) {
  if (index.method != "btree" || !index.predicate.empty() || !index.include.empty()) return false;
  if (!key.from_index.empty() || key.columns.size() < index.columns.size()) return false;
  if (index.unique && key.columns.size() != index.columns.size()) return false;
  for (std::size_t i = 0; i < index.columns.size(); ++i)
    if (!is_plain(index.columns[i]) || index.columns[i].name != key.columns[i]) return false;
  return true;
}

std::string name_of(const Key& key) {
  if (!key.name.empty()) return key.name;
  return key.primary ? "primary key" : "unique constraint";
}

/// The index that a constraint is made of is the constraint.
bool is_of_constraint(const Index& index, const Table& table) {
  return std::any_of(table.keys.begin(), table.keys.end(),
                     [&](const Key& key) { return key.from_index == index.name.name; });
}

/// The name of the index or constraint that makes this index needless, or empty.
std::string name_of_serving(const Index& index, const Table* table, const SchemaFacts& facts) {
  for (const Index* other : facts.indexes_of(index.table))
    if (is_served_by(index, *other)) return other->name.name;
  if (table == nullptr) return "";
  for (const Key& key : table->keys)
    if (is_served_by(index, key)) return name_of(key);
  return "";
}

}  // namespace

void detect_redundant_indexes(const ParsedStatement& statement, const SchemaFacts& facts,
                              FindingSink& sink) {
  const Index* index = index_made_here(statement, facts);
  if (index == nullptr) return;
  const Table* table = facts.table(index->table);
  if (table != nullptr && is_of_constraint(*index, *table)) return;
  const std::string serving = name_of_serving(*index, table, facts);
  if (!serving.empty()) sink.report("REDUNDANT_INDEXES", statement, serving);
}

}  // namespace voyager::analysis
