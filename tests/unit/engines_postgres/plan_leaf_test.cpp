// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "engines/postgres/snapshot_reader.hpp"

namespace voyager::postgres {
namespace {

LeafSize heap(std::int64_t pages, std::int64_t bytes) {
  return {{"public", "t"}, pages, bytes, true, false};
}

TEST(PlanLeaf, AnEmptyLeafHasNoChunks) {
  EXPECT_TRUE(plan_leaf(heap(0, 0), 64).empty());
}

TEST(PlanLeaf, ASmallLeafIsOneChunkWithoutARange) {
  const auto chunks = plan_leaf(heap(3, 3 * 8192), 64 << 20);
  ASSERT_EQ(chunks.size(), 1U);
  EXPECT_EQ(chunks[0].range, "");
  EXPECT_EQ(chunks[0].estimated_bytes, 3 * 8192);
}

TEST(PlanLeaf, RangesMeetWithoutGapsAndTheLastIsOpen) {
  const auto chunks = plan_leaf(heap(10, 10 * 8192), 3 * 8192);
  ASSERT_EQ(chunks.size(), 3U);
  EXPECT_EQ(chunks[0].range, "ctid >= '(0,0)'::tid AND ctid < '(3,0)'::tid");
  EXPECT_EQ(chunks[1].range, "ctid >= '(3,0)'::tid AND ctid < '(6,0)'::tid");
  EXPECT_EQ(chunks[2].range, "ctid >= '(6,0)'::tid");
}

TEST(PlanLeaf, ToastMakesChunksOfFewerPages) {
  EXPECT_EQ(plan_leaf(heap(2, 1 << 30), 64 << 20).size(), 2U);
  EXPECT_EQ(plan_leaf(heap(100, 1 << 30), 64 << 20).size(), 64U);
}

TEST(PlanLeaf, ChunksOfALargeLeafAreLargeAndThoseOfASmallOneSmall) {
  constexpr std::int64_t mib = 1 << 20;
  const auto chunks = [](std::int64_t bytes) {
    return plan_leaf(heap(bytes / 8192, bytes), 64 * mib);
  };
  EXPECT_EQ(chunks(16 * 1024 * mib).size(), 256U);
  EXPECT_EQ(chunks(2 * 1024 * mib).size(), 64U);
  EXPECT_EQ(chunks(160 * mib).size(), 10U);
  EXPECT_EQ(chunks(31 * mib).size(), 1U);
}

TEST(PlanLeaf, WhereRangesCantBeScannedALeafIsOneChunk) {
  LeafSize leaf = heap(1000, 1 << 30);
  leaf.ranges = false;
  EXPECT_EQ(plan_leaf(leaf, 1 << 20).size(), 1U);
}

TEST(PlanLeaf, StorageOfUnknownSizeIsAlwaysRead) {
  LeafSize leaf = heap(0, 0);
  leaf.always_read = true;
  EXPECT_EQ(plan_leaf(leaf, 1 << 20).size(), 1U);
}

}  // namespace
}  // namespace voyager::postgres
