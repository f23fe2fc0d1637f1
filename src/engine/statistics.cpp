// SPDX-License-Identifier: Apache-2.0
#include "engine/statistics.hpp"

#include <algorithm>
#include <cmath>
#include <map>

namespace voyager::engine {
namespace {

/// Sum of the squared times: mean and deviation of a union follow from it.
double squares(const QueryStatistics& query) {
  return static_cast<double>(query.calls) *
         (query.stddev_ms * query.stddev_ms + query.mean_ms * query.mean_ms);
}

void add(QueryStatistics& sum, const QueryStatistics& one, std::int64_t& most_calls) {
  const double all_squares = squares(sum) + squares(one);
  if (one.calls > most_calls) {
    most_calls = one.calls;
    sum.id = one.id;
  }
  sum.calls += one.calls;
  sum.rows += one.rows;
  sum.total_ms += one.total_ms;
  sum.min_ms = std::min(sum.min_ms, one.min_ms);
  sum.max_ms = std::max(sum.max_ms, one.max_ms);
  if (sum.calls <= 0) return;
  const auto calls = static_cast<double>(sum.calls);
  sum.mean_ms = sum.total_ms / calls;
  sum.stddev_ms = std::sqrt(std::max(0.0, all_squares / calls - sum.mean_ms * sum.mean_ms));
}

}  // namespace

std::vector<QueryStatistics> merged_by_text(const std::vector<QueryStatistics>& queries) {
  struct Merged {
    QueryStatistics sum;
    std::int64_t most_calls = 0;
  };
  std::map<std::string_view, Merged> by_text;
  for (const QueryStatistics& query : queries) {
    const auto [found, first] = by_text.try_emplace(query.text, Merged{query, query.calls});
    if (!first) add(found->second.sum, query, found->second.most_calls);
  }
  std::vector<QueryStatistics> merged;
  merged.reserve(by_text.size());
  for (auto& [text, one] : by_text) merged.push_back(std::move(one.sum));
  return merged;
}

}  // namespace voyager::engine
