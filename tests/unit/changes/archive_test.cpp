// SPDX-License-Identifier: Apache-2.0
#include "changes/archive.hpp"

#include <gtest/gtest.h>

namespace {

using voyager::changes::archivable;
using voyager::exportdir::ConsumerRecord;
using voyager::exportdir::SegmentRecord;

std::vector<SegmentRecord> three_segments() {
  std::vector<SegmentRecord> segments(3);
  for (int i = 0; i < 3; ++i) {
    auto& segment = segments[static_cast<std::size_t>(i)];
    segment.number = i;
    segment.last_vsn = (i + 1) * 100;
    segment.sealed = i < 2;
  }
  return segments;
}

ConsumerRecord consumer(const char* role, std::int64_t applied) {
  return {role, applied, 0, 0};
}

}  // namespace

TEST(Archivable, IsWhatTheSlowestConsumerHasApplied) {
  const auto done = archivable(three_segments(), {consumer("fast", 900), consumer("slow", 100)},
                               {"fast", "slow"});
  ASSERT_EQ(done.size(), 1U);
  EXPECT_EQ(done[0].number, 0);
}

TEST(Archivable, NeverContainsTheSegmentBeingWritten) {
  EXPECT_EQ(archivable(three_segments(), {consumer("only", 900)}, {"only"}).size(), 2U);
}

TEST(Archivable, IsNothingWhileAnExpectedConsumerHasNotStarted) {
  EXPECT_TRUE(archivable(three_segments(), {consumer("fast", 900)}, {"fast", "later"}).empty());
}

TEST(Archivable, IsNothingWhenNobodyReads) {
  EXPECT_TRUE(archivable(three_segments(), {}, {}).empty());
}
