// SPDX-License-Identifier: Apache-2.0
#include "changes/slot_outlook.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace voyager::changes {
namespace {

using namespace std::chrono_literals;
using engine::SlotHealth;
using ::testing::AllOf;
using ::testing::HasSubstr;

constexpr std::int64_t gib = 1LL << 30;

SlotHealth kept(std::int64_t bytes, std::optional<std::int64_t> left = std::nullopt) {
  return {SlotHealth::State::safe, bytes, left};
}

class Trend : public ::testing::Test {
 protected:
  SlotOutlook sample(std::chrono::seconds at, const SlotHealth& health) {
    return trend_.sample(start_ + at, health);
  }
  const SlotTrend::Clock::time_point start_ = SlotTrend::Clock::now();
  SlotTrend trend_;
};

TEST_F(Trend, GrowthIsKnownAfterTenSeconds) {
  EXPECT_EQ(sample(0s, kept(1000)).growth_per_second, std::nullopt);
  EXPECT_EQ(sample(9s, kept(1900)).growth_per_second, std::nullopt);
  EXPECT_EQ(sample(10s, kept(2000)).growth_per_second, 100);
}

TEST_F(Trend, TimeLeftIsWhatIsLeftAtThisGrowth) {
  sample(0s, kept(0, 100'000));
  EXPECT_EQ(sample(20s, kept(2000, 98'000)).time_left, 980s);
}

TEST_F(Trend, ASlotThatShrinksOrHasNoLimitHasNoEnd) {
  sample(0s, kept(5000, 1000));
  EXPECT_EQ(sample(20s, kept(1000, 5000)).time_left, std::nullopt);
  sample(40s, kept(1000));
  EXPECT_EQ(sample(60s, kept(900'000)).time_left, std::nullopt);
}

TEST_F(Trend, OldGrowthIsForgotten) {
  sample(0s, kept(0));
  sample(20s, kept(1'000'000));
  EXPECT_EQ(sample(330s, kept(1'000'000)).growth_per_second, std::nullopt)
      << "one sample is left of the last five minutes";
  EXPECT_EQ(sample(340s, kept(1'000'000)).growth_per_second, 0);
}

SlotAlarm alarm(SlotHealth health, std::optional<std::int64_t> growth,
                std::optional<std::chrono::seconds> left) {
  return alarm_of({health, growth, left});
}

TEST(SlotAlarm, WhatTheServerSaysComesFirst) {
  SlotHealth health = kept(0);
  health.state = SlotHealth::State::endangered;
  EXPECT_EQ(alarm(health, 0, 10h), SlotAlarm::endangered);
  health.state = SlotHealth::State::lost;
  EXPECT_EQ(alarm(health, 0, std::nullopt), SlotAlarm::lost);
  health.state = SlotHealth::State::extended;
  EXPECT_EQ(alarm(health, 0, std::nullopt), SlotAlarm::none);
}

TEST(SlotAlarm, LessThanAnHourIsLittleTime) {
  EXPECT_EQ(alarm(kept(gib, gib), 1, 3599s), SlotAlarm::little_time);
  EXPECT_EQ(alarm(kept(gib, gib), 1, 3600s), SlotAlarm::none);
}

TEST(SlotAlarm, MuchAndGrowingWithoutALimit) {
  EXPECT_EQ(alarm(kept(10 * gib), 1, std::nullopt), SlotAlarm::much_retained);
  EXPECT_EQ(alarm(kept(10 * gib), 0, std::nullopt), SlotAlarm::none) << "it does not grow";
  EXPECT_EQ(alarm(kept(10 * gib - 1), 1, std::nullopt), SlotAlarm::none);
  EXPECT_EQ(alarm(kept(10 * gib, gib), 1, 10h), SlotAlarm::none) << "it has a limit";
}

TEST(SlotAlarm, EachSaysWhatToDo) {
  const SlotOutlook outlook{kept(20 * gib, gib), 1LL << 20, 1024s};
  const auto text = [&](SlotAlarm alarm) { return describe(alarm, outlook, "s1", "source"); };
  EXPECT_THAT(text(SlotAlarm::little_time),
              AllOf(HasSubstr("s1"), HasSubstr("17m4s"), HasSubstr("20.0 GiB are kept"),
                    HasSubstr("1.0 GiB are left"), HasSubstr("raise that setting")));
  EXPECT_THAT(text(SlotAlarm::much_retained),
              AllOf(HasSubstr("20.0 GiB"), HasSubstr("1.0 MiB more each second"),
                    HasSubstr("free space of pg_wal")));
  EXPECT_THAT(text(SlotAlarm::endangered),
              AllOf(HasSubstr("max_slot_wal_keep_size"), HasSubstr("now")));
  EXPECT_THAT(text(SlotAlarm::lost), HasSubstr("begin anew"));
}

TEST(AlarmPaceTest, WorseAtOnceTheSameAfterTenMinutes) {
  AlarmPace pace;
  const auto start = SlotTrend::Clock::now();
  EXPECT_FALSE(pace.due(start, SlotAlarm::none));
  EXPECT_TRUE(pace.due(start, SlotAlarm::little_time));
  EXPECT_FALSE(pace.due(start + 1s, SlotAlarm::little_time));
  EXPECT_FALSE(pace.due(start + 2s, SlotAlarm::none));
  EXPECT_FALSE(pace.due(start + 3s, SlotAlarm::little_time)) << "a load that comes and goes";
  EXPECT_TRUE(pace.due(start + 4s, SlotAlarm::endangered));
  EXPECT_FALSE(pace.due(start + 5s, SlotAlarm::little_time));
  EXPECT_TRUE(pace.due(start + 10min + 4s, SlotAlarm::little_time));
}

}  // namespace
}  // namespace voyager::changes
