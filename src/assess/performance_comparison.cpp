// SPDX-License-Identifier: Apache-2.0
#include "assess/performance_comparison.hpp"

#include <algorithm>
#include <map>
#include <utility>

#include "schema/fingerprint.hpp"

namespace voyager::assess {
namespace {

constexpr double trip_ms = 2;
constexpr std::size_t most_in_a_list = 20;

using engine::QueryStatistics;

/// The statements of one database, one for each fingerprint. The text is that which ran most.
std::map<std::string, QueryStatistics> by_fingerprint(const std::vector<QueryStatistics>& queries) {
  struct Shown {
    std::string text;
    std::int64_t calls = -1;
  };
  std::map<std::string, Shown> shown;
  std::vector<QueryStatistics> marked = queries;
  for (QueryStatistics& query : marked) {
    std::string mark = schema::fingerprint(query.text);
    Shown& known = shown[mark];
    if (query.calls > known.calls) known = {std::move(query.text), query.calls};
    query.text = std::move(mark);
  }
  std::map<std::string, QueryStatistics> merged;
  for (QueryStatistics& query : engine::merged_by_text(marked)) {
    std::string mark = std::exchange(query.text, shown[query.text].text);
    merged.emplace(std::move(mark), std::move(query));
  }
  return merged;
}

void measure(QueryComparison& query) {
  query.text = query.source ? query.source->text : query.target->text;
  if (!query.source || !query.target) return;
  const double source_ms = query.source->mean_ms;
  const double target_ms = query.target->mean_ms;
  query.slowdown = (target_ms + trip_ms) / (source_ms + trip_ms);
  query.impact_ms = (target_ms - source_ms) * static_cast<double>(query.source->calls);
}

std::vector<QueryComparison> matched(const CountedStatements& source,
                                     const CountedStatements& target) {
  std::map<std::string, QueryComparison> pairs;
  for (auto& [mark, query] : by_fingerprint(source.queries)) pairs[mark].source = query;
  for (auto& [mark, query] : by_fingerprint(target.queries)) pairs[mark].target = query;
  std::vector<QueryComparison> queries;
  queries.reserve(pairs.size());
  for (auto& [mark, pair] : pairs) {
    measure(pair);
    queries.push_back(std::move(pair));
  }
  std::stable_sort(queries.begin(), queries.end(),
                   [](const auto& a, const auto& b) { return a.text < b.text; });
  return queries;
}

/// Those above `harmless`, from the worst on.
template <typename Measure>
std::vector<std::size_t> worst(const std::vector<QueryComparison>& queries, double harmless,
                               Measure measure_of) {
  std::vector<std::size_t> places;
  for (std::size_t place = 0; place < queries.size(); ++place)
    if (measure_of(queries[place]) > harmless) places.push_back(place);
  std::stable_sort(places.begin(), places.end(), [&](std::size_t a, std::size_t b) {
    return measure_of(queries[a]) > measure_of(queries[b]);
  });
  if (places.size() > most_in_a_list) places.resize(most_in_a_list);
  return places;
}

}  // namespace

PerformanceComparison compare_performance(const CountedStatements& source,
                                          const CountedStatements& target) {
  PerformanceComparison comparison;
  comparison.source = source.database;
  comparison.target = target.database;
  comparison.queries = matched(source, target);
  comparison.by_impact =
      worst(comparison.queries, 0, [](const QueryComparison& query) { return query.impact_ms; });
  comparison.by_slowdown = worst(comparison.queries, 1, [](const QueryComparison& query) {
    return query.slowdown.value_or(0);
  });
  return comparison;
}

MatchCounts match_counts(const PerformanceComparison& comparison) {
  MatchCounts counts;
  for (const QueryComparison& query : comparison.queries) {
    if (query.source && query.target) {
      ++counts.both;
    } else {
      ++(query.source ? counts.source_only : counts.target_only);
    }
  }
  return counts;
}

}  // namespace voyager::assess
