// SPDX-License-Identifier: Apache-2.0
#include "analysis/detectors/detectors.hpp"
#include "analysis/detectors/made_here.hpp"

namespace voyager::analysis {
namespace {

// Source: yb-voyager's thresholds.
constexpr double few_values = 10;
constexpr double many_nulls = 0.4;
constexpr double frequent_value = 0.6;
/// A table below this fits into one tablet whatever its values are; few values are then no fault
/// of the index.
constexpr double small_table_rows = 1000;

bool is_for_some_rows_of(const Index& index, const std::string& column) {
  return index.predicate.find(R"("sval":")" + column + '"') != std::string::npos;
}

}  // namespace

// Whatever is not known is 0 in the statistics, so nothing is reported about it.
void detect_skewed_indexes(const ParsedStatement& statement, const SchemaFacts& facts,
                           FindingSink& sink) {
  const Index* index = index_made_here(statement, facts);
  if (index == nullptr || index->method != "btree" || index->columns.empty()) return;
  const std::string& column = index->columns.front().name;
  const ColumnStatistics* known = facts.statistics(index->table, column);
  if (known == nullptr || (index->unique && index->columns.size() == 1)) return;
  if (known->rows > 0 && known->rows < small_table_rows) return;
  // The statistics are of the whole table; a partial index may have left the frequent rows out.
  const bool partial = is_for_some_rows_of(*index, column);
  const bool few = known->distinct_values > 0 && known->distinct_values <= few_values;
  if (few) sink.report("INDEX_ON_LOW_CARDINALITY_COLUMN", statement, column);
  if (!partial && known->null_fraction >= many_nulls)
    sink.report("INDEX_ON_COLUMN_WITH_HIGH_PERCENTAGE_OF_NULL_VALUES", statement, column);
  // Of few values one is always frequent: that is told already.
  if (!partial && !few && known->most_common_frequency >= frequent_value)
    sink.report("INDEX_ON_COLUMN_WITH_HIGH_PERCENTAGE_OF_PARTICULAR_VALUE", statement, column);
}

}  // namespace voyager::analysis
