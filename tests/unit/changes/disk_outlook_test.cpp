// SPDX-License-Identifier: Apache-2.0
#include "changes/disk_outlook.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace voyager::changes {
namespace {

using namespace std::chrono_literals;
using ::testing::AllOf;
using ::testing::HasSubstr;

constexpr std::int64_t gib = 1LL << 30;

/// A log that has grown to two GiB within twenty seconds.
DiskOutlook grown(std::int64_t free_bytes) {
  DiskTrend trend;
  const auto start = SlotTrend::Clock::now();
  trend.sample(start, 0, free_bytes + 2 * gib);
  return trend.sample(start + 20s, 2 * gib, free_bytes);
}

TEST(DiskOutlookTest, AFileSystemThatIsFullWithinAnHourIsTold) {
  const DiskOutlook outlook = grown(10 * gib);
  EXPECT_EQ(outlook.growth_per_second, gib / 10);
  EXPECT_EQ(outlook.time_left, 100s);
  ASSERT_EQ(alarm_of(outlook, 20 * gib), SlotAlarm::little_time);
  EXPECT_THAT(describe(SlotAlarm::little_time, outlook),
              AllOf(HasSubstr("is full in about 1m40s"), HasSubstr("takes 2.0 GiB"),
                    HasSubstr("10.0 GiB are free"), HasSubstr("archive changes")));
}

TEST(DiskOutlookTest, ALargeOneIsNot) {
  EXPECT_EQ(alarm_of(grown(1000 * gib), 2000 * gib), SlotAlarm::none);
}

TEST(DiskOutlookTest, ANearlyFullOneIsToldWhileTheLogGrows) {
  const DiskOutlook outlook = grown(1000 * gib);
  ASSERT_EQ(alarm_of(outlook, 20'000 * gib), SlotAlarm::much_retained);
  EXPECT_THAT(describe(SlotAlarm::much_retained, outlook), HasSubstr("is nearly full"));
}

TEST(DiskOutlookTest, ALogThatDoesNotGrowIsNoAlarm) {
  DiskTrend trend;
  const auto start = SlotTrend::Clock::now();
  trend.sample(start, 2 * gib, 10);
  EXPECT_EQ(alarm_of(trend.sample(start + 20s, 2 * gib, 10), gib), SlotAlarm::none);
}

}  // namespace
}  // namespace voyager::changes
