// SPDX-License-Identifier: Apache-2.0
#include <optional>

#include "analysis/detectors/detectors.hpp"
#include "analysis/detectors/made_here.hpp"

namespace voyager::analysis {
namespace {

bool is_date(const std::optional<ResolvedType>& type) {
  return type && !type->array && type->name == "date";
}

bool is_timestamp(const std::optional<ResolvedType>& type) {
  return type && !type->array && (type->name == "timestamp" || type->name == "timestamptz");
}

void see_index(const Index& index, const ParsedStatement& statement, const SchemaFacts& facts,
               FindingSink& sink) {
  // A hash index spreads the rows; the other methods are not sorted by the column.
  if (index.method != "btree" || index.columns.empty()) return;
  const IndexColumn& first = index.columns.front();
  // Of expressions only a cast's type is known.
  const auto type = first.name.empty() ? facts.resolve(first.expression_type)
                                       : facts.column_type(index.table, first.name);
  if (is_date(type)) sink.report("HOTSPOTS_ON_DATE_INDEX", statement, first.name);
  if (is_timestamp(type)) sink.report("HOTSPOTS_ON_TIMESTAMP_INDEX", statement, first.name);
}

}  // namespace

void detect_hotspots(const ParsedStatement& statement, const SchemaFacts& facts,
                     FindingSink& sink) {
  if (const Index* index = index_made_here(statement, facts); index != nullptr) {
    see_index(*index, statement, facts, sink);
    return;
  }
  const Table* table = table_of(statement, facts);
  if (table == nullptr) return;
  for (const Key& key : table->keys) {
    if (!is_made_here(key, statement) || key.columns.empty()) continue;
    const auto type = facts.column_type(table->name, key.columns.front());
    if (is_date(type)) sink.report("HOTSPOTS_ON_DATE_PK_UK", statement, key.columns.front());
    if (is_timestamp(type))
      sink.report("HOTSPOTS_ON_TIMESTAMP_PK_UK", statement, key.columns.front());
  }
}

}  // namespace voyager::analysis
