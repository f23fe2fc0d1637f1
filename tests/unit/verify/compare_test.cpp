// SPDX-License-Identifier: Apache-2.0
#include "verify/compare.hpp"

#include <gtest/gtest.h>

#include <limits>

namespace voyager::verify {
namespace {

using Kind = DifferenceKind;
using Differences = std::vector<RowDifference>;
using Groups = std::vector<std::vector<std::uint32_t>>;

TEST(BucketCount, IsAPowerOfTwoWithinItsBounds) {
  EXPECT_EQ(bucket_count(-1), 16U);
  EXPECT_EQ(bucket_count(32'000), 16U);
  EXPECT_EQ(bucket_count(32'001), 32U);
  EXPECT_EQ(bucket_count(1'000'000), 512U);
  EXPECT_EQ(bucket_count(std::numeric_limits<std::int64_t>::max()), 65'536U);
}

TEST(CompareBuckets, FindsDifferentAndOneSidedRanges) {
  const auto result = compare_buckets({{0, 5, "a"}, {1, 7, "b"}, {3, 2, "c"}, {9, 1, "x"}},
                                      {{1, 7, "B"}, {2, 4, "d"}, {3, 2, "c"}, {9, 2, "x"}});
  EXPECT_EQ(result.left_rows, 15);
  EXPECT_EQ(result.right_rows, 15);
  EXPECT_EQ(result.same_rows, 2);
  EXPECT_EQ(result.differing, (std::vector<DifferingBucket>{{0, 5}, {1, 7}, {2, 4}, {9, 2}}));
}

TEST(CompareBuckets, OfEmptyTablesAreEqual) {
  const auto result = compare_buckets({}, {});
  EXPECT_TRUE(result.differing.empty());
  EXPECT_EQ(result.same_rows, 0);
}

TEST(GroupBuckets, BoundsRowsAndRanges) {
  EXPECT_EQ(group_buckets({{1, 60'000}, {2, 30'000}, {3, 20'000}, {4, 900'000}, {5, 1}}),
            (Groups{{1, 2}, {3}, {4}, {5}}));
  std::vector<DifferingBucket> many;
  for (std::uint32_t i = 0; i < 130; ++i) many.push_back({i, 1});
  const auto groups = group_buckets(many);
  ASSERT_EQ(groups.size(), 3U);
  EXPECT_EQ(groups[0].size(), 64U);
  EXPECT_EQ(groups[2].size(), 2U);
  EXPECT_TRUE(group_buckets({}).empty());
}

TEST(CompareRows, TellsMissingExtraAndChangedApart) {
  EXPECT_EQ(
      compare_rows({{"1", "a"}, {"2", "b"}, {"3", "c"}}, {{"2", "B"}, {"3", "c"}, {"4", "d"}}),
      (Differences{{"1", Kind::missing, 1}, {"2", Kind::changed, 1}, {"4", Kind::extra, 1}}));
}

TEST(CompareRows, DoesNotDependOnTheOrderOfTheLists) {
  // One server sorts by a linguistic collation, the other by bytes.
  EXPECT_TRUE(
      compare_rows({{"a", "1"}, {"B", "2"}, {"c", "3"}}, {{"B", "2"}, {"a", "1"}, {"c", "3"}})
          .empty());
}

TEST(CompareRows, CountsCopiesOfRowsWithoutKey) {
  EXPECT_EQ(compare_rows({{"h1", "h1", 3}, {"h2", "h2", 1}}, {{"h1", "h1", 1}, {"h2", "h2", 5}}),
            (Differences{{"h1", Kind::missing, 2}, {"h2", Kind::extra, 4}}));
}

TEST(CompareRows, SeesARowThatStandsTwiceUnderOneKey) {
  EXPECT_EQ(compare_rows({{"1", "a"}}, {{"1", "a"}, {"1", "a"}}),
            (Differences{{"1", Kind::extra, 1}}));
  EXPECT_EQ(compare_rows({{"1", "a"}}, {{"1", "b"}, {"1", "c"}}),
            (Differences{{"1", Kind::changed, 1}, {"1", Kind::extra, 1}}));
}

}  // namespace
}  // namespace voyager::verify
