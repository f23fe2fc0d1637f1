// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>

#include "analysis/detector.hpp"

namespace voyager::analysis {
namespace {

constexpr std::string_view few = "INDEX_ON_LOW_CARDINALITY_COLUMN";
constexpr std::string_view nulls = "INDEX_ON_COLUMN_WITH_HIGH_PERCENTAGE_OF_NULL_VALUES";
constexpr std::string_view frequent = "INDEX_ON_COLUMN_WITH_HIGH_PERCENTAGE_OF_PARTICULAR_VALUE";

/// What is reported of an index of a table whose column a has these statistics.
std::vector<std::string> issues(const std::string& index, const ColumnStatistics& of_a) {
  const auto statements = parse_text("index.sql", "CREATE TABLE t (a int, b int);\n" + index);
  SchemaFacts facts = SchemaFacts::gather(statements);
  facts.set_statistics({"public", "t"}, "a", of_a);
  std::vector<std::string> found;
  for (const Finding& finding : analyse(statements, facts)) {
    if (finding.issue != few && finding.issue != nulls && finding.issue != frequent) continue;
    EXPECT_EQ(finding.line, 2U);
    EXPECT_EQ(finding.detail, "a");
    found.push_back(finding.issue);
  }
  return found;
}

constexpr double rows = 1'000'000;
const char* const plain = "CREATE INDEX i ON t (a, b)";

TEST(SkewedIndexes, AreReportedFromTheirThresholdsOn) {
  EXPECT_THAT(issues(plain, {rows, 10, 0, 0.5}), testing::ElementsAre(few));
  EXPECT_THAT(issues(plain, {rows, 11, 0.4, 0.59}), testing::ElementsAre(nulls));
  EXPECT_THAT(issues(plain, {rows, 11, 0.39, 0.6}), testing::ElementsAre(frequent));
  EXPECT_THAT(issues(plain, {rows, 11, 0.39, 0.59}), testing::IsEmpty());
}

TEST(SkewedIndexes, OfFewValuesThatOneIsFrequentGoesWithoutSaying) {
  EXPECT_THAT(issues(plain, {rows, 2, 0.5, 0.9}), testing::UnorderedElementsAre(few, nulls));
}

TEST(SkewedIndexes, WhatIsNotKnownIsNotReported) {
  EXPECT_THAT(issues(plain, {}), testing::IsEmpty());
  EXPECT_THAT(issues("CREATE INDEX i ON t (b, a)", {rows, 2, 0.5, 0.9}), testing::IsEmpty());
  EXPECT_THAT(issues("CREATE INDEX i ON t ((a + 1))", {rows, 2, 0.5, 0.9}), testing::IsEmpty());
}

TEST(SkewedIndexes, PartialIndexesMayHaveLeftTheFrequentRowsOut) {
  EXPECT_THAT(issues("CREATE INDEX i ON t (a) WHERE a IS NOT NULL", {rows, 100, 0.9, 0.1}),
              testing::IsEmpty());
  EXPECT_THAT(issues("CREATE INDEX i ON t (a) WHERE a <> 1", {rows, 100, 0, 0.9}),
              testing::IsEmpty());
  EXPECT_THAT(issues("CREATE INDEX i ON t (a) WHERE b > 1", {rows, 100, 0.9, 0}),
              testing::ElementsAre(nulls));
}

TEST(SkewedIndexes, SmallTablesUniqueAndOtherIndexesAreNoConcern) {
  EXPECT_THAT(issues(plain, {999, 2, 0.5, 0.9}), testing::IsEmpty());
  EXPECT_THAT(issues(plain, {0, 2, 0, 0}), testing::ElementsAre(few));
  EXPECT_THAT(issues("CREATE UNIQUE INDEX i ON t (a)", {rows, 100, 0.9, 0}), testing::IsEmpty());
  EXPECT_THAT(issues("CREATE INDEX i ON t USING gin (a)", {rows, 2, 0.9, 0}), testing::IsEmpty());
}

}  // namespace
}  // namespace voyager::analysis
