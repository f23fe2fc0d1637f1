// SPDX-License-Identifier: Apache-2.0
#include "assess/performance_comparison.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace voyager::assess {
namespace {

using engine::QueryStatistics;
using testing::HasSubstr;
using testing::Not;

QueryStatistics query(const std::string& text, std::int64_t calls, double mean_ms) {
  QueryStatistics made;
  made.text = text;
  made.calls = calls;
  made.rows = calls * 2;
  made.mean_ms = mean_ms;
  made.min_ms = mean_ms / 2;
  made.max_ms = mean_ms * 2;
  made.total_ms = mean_ms * static_cast<double>(calls);
  return made;
}

PerformanceComparison compared(const std::vector<QueryStatistics>& source,
                               const std::vector<QueryStatistics>& target) {
  return compare_performance({{"shop", "15.4"}, source}, {{"yb", "15.2-YB-2025.2"}, target});
}

TEST(PerformanceComparisonTest, LayoutCommentsAndNumbersOfParametersDoNotMatter) {
  const auto result = compared({query("SELECT a FROM t WHERE b = $1 AND c = $2", 10, 1)},
                               {query("select a\n  from t /* web */ where b = $3 and c = $1", 5, 4),
                                query("SELECT a FROM u WHERE b = $1", 1, 1)});
  ASSERT_EQ(result.queries.size(), 2U);
  EXPECT_EQ(result.queries[0].text, "SELECT a FROM t WHERE b = $1 AND c = $2");
  EXPECT_DOUBLE_EQ(*result.queries[0].slowdown, (4 + 2) / (1 + 2.0));
  EXPECT_DOUBLE_EQ(result.queries[0].impact_ms, 30);
  EXPECT_FALSE(result.queries[1].source);
  EXPECT_FALSE(result.queries[1].slowdown);
  const MatchCounts counts = match_counts(result);
  EXPECT_EQ(counts.both, 1U);
  EXPECT_EQ(counts.source_only, 0U);
  EXPECT_EQ(counts.target_only, 1U);
}

TEST(PerformanceComparisonTest, WhatTheGrammarRefusesIsMatchedByItsWords) {
  const auto result =
      compared({query("SELECT  x FROM JSON_TABLE($1 COLUMNS (x int PATH $2))", 1, 1)},
               {query("select x from json_table($2 columns (x INT path $1))", 1, 1),
                query("select y from json_table($2 columns (y INT path $1))", 1, 1),
                query("SELECT 'open", 1, 1)});
  EXPECT_EQ(match_counts(result).both, 1U);
  EXPECT_EQ(match_counts(result).target_only, 2U);
}

TEST(PerformanceComparisonTest, CallsOfUsersAndNodesAreAddedUp) {
  const auto result = compared({query("SELECT $1", 10, 1), query("SELECT  $1", 30, 5)},
                               {query("SELECT $1", 1, 3), query("SELECT $1", 3, 7)});
  ASSERT_EQ(result.queries.size(), 1U);
  const QueryComparison& only = result.queries[0];
  EXPECT_EQ(only.text, "SELECT  $1");
  EXPECT_EQ(only.source->calls, 40);
  EXPECT_EQ(only.source->rows, 80);
  EXPECT_DOUBLE_EQ(only.source->total_ms, 160);
  EXPECT_DOUBLE_EQ(only.source->mean_ms, 4);
  EXPECT_DOUBLE_EQ(only.source->min_ms, 0.5);
  EXPECT_DOUBLE_EQ(only.source->max_ms, 10);
  EXPECT_DOUBLE_EQ(only.target->mean_ms, 6);
  EXPECT_DOUBLE_EQ(only.impact_ms, 80);
}

TEST(PerformanceComparisonTest, TheListsHaveWhatIsSlowerWorstFirst) {
  const auto result = compared({query("SELECT faster", 1000, 50), query("SELECT often", 1000, 1),
                                query("SELECT seldom", 1, 1), query("SELECT same", 7, 3)},
                               {query("SELECT faster", 1, 1), query("SELECT often", 1, 3),
                                query("SELECT seldom", 1, 900), query("SELECT same", 7, 3)});
  const auto texts = [&](const std::vector<std::size_t>& places) {
    std::vector<std::string> found;
    for (const std::size_t place : places) found.push_back(result.queries[place].text);
    return found;
  };
  EXPECT_THAT(texts(result.by_impact), testing::ElementsAre("SELECT often", "SELECT seldom"));
  EXPECT_THAT(texts(result.by_slowdown), testing::ElementsAre("SELECT seldom", "SELECT often"));
}

TEST(PerformanceComparisonTest, TheListsHaveTwentyAtMost) {
  std::vector<QueryStatistics> source;
  std::vector<QueryStatistics> target;
  for (int number = 0; number < 30; ++number) {
    const std::string text = "SELECT c" + std::to_string(number) + " FROM t";
    source.push_back(query(text, 1, 1));
    target.push_back(query(text, 1, 2 + number));
  }
  const auto result = compared(source, target);
  EXPECT_EQ(result.queries.size(), 30U);
  ASSERT_EQ(result.by_impact.size(), 20U);
  EXPECT_EQ(result.queries[result.by_impact.front()].text, "SELECT c29 FROM t");
  EXPECT_EQ(result.by_slowdown, result.by_impact);
}

TEST(PerformanceComparisonTest, TheJsonHasTheDocumentedKeys) {
  auto comparison =
      compared({query("SELECT a", 10, 1), query("SELECT lost", 1, 1)}, {query("SELECT a", 5, 4)});
  comparison.notes = {"a note"};
  const auto json = nlohmann::json::parse(to_json(comparison));
  EXPECT_EQ(json["Summary"]["SourceDBName"], "shop");
  EXPECT_EQ(json["Summary"]["TargetDBVersion"], "15.2-YB-2025.2");
  EXPECT_EQ(json["Summary"]["TotalQueries"], 2);
  EXPECT_EQ(json["Summary"]["MatchedQueries"], 1);
  EXPECT_EQ(json["Summary"]["SourceOnlyQueries"], 1);
  EXPECT_EQ(json["Summary"]["TargetOnlyQueries"], 0);
  EXPECT_EQ(json["Summary"]["Notes"][0], "a note");
  ASSERT_EQ(json["AllComparisons"].size(), 2U);
  const auto& worst = json["TopByImpact"][0];
  EXPECT_EQ(worst, json["AllComparisons"][0]);
  EXPECT_EQ(worst["Query"], "SELECT a");
  EXPECT_EQ(worst["MatchStatus"], "MATCHED");
  EXPECT_EQ(worst["ImpactScore"], 30.0);
  EXPECT_EQ(worst["SlowdownRatio"], 2.0);
  EXPECT_EQ(worst["SourceStats"]["ExecutionCount"], 10);
  EXPECT_EQ(worst["TargetStats"]["AverageExecutionTime"], 4.0);
  EXPECT_EQ(json["AllComparisons"][1]["MatchStatus"], "SOURCE_ONLY");
  EXPECT_TRUE(json["AllComparisons"][1]["TargetStats"].is_null());
}

TEST(PerformanceComparisonTest, ThePageEscapesStatementsAndOpensLongOnes) {
  const std::string hostile = "SELECT '</script><b>' AS \"<i>\", " + std::string(200, 'x');
  const auto html = to_html(compared({query(hostile, 1, 1)}, {query(hostile, 1, 2)}));
  EXPECT_THAT(html, Not(HasSubstr("<b>'")));
  EXPECT_THAT(html, Not(HasSubstr("<i>")));
  EXPECT_THAT(html, HasSubstr("<details><summary><code>SELECT &#39;&lt;/script&gt;"));
  EXPECT_THAT(html, HasSubstr(std::string(200, 'x')));
  EXPECT_THAT(to_html(compared({}, {})), HasSubstr("None."));
}

}  // namespace
}  // namespace voyager::assess
