// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "exportdir/wait_watch.hpp"

namespace voyager::exportdir {
namespace {

using namespace std::chrono_literals;

class StallClockTest : public ::testing::Test {
 protected:
  bool lasts(std::chrono::seconds at, const std::string& cause, const std::string& mark) {
    return clock_.lasts(start_ + at, {cause, mark});
  }

  StallClock::Clock::time_point start_{};
  StallClock clock_{5s};
};

TEST_F(StallClockTest, AStallLastsAfterThePatience) {
  EXPECT_FALSE(lasts(0s, "a lock", "1"));
  EXPECT_FALSE(lasts(4s, "a lock", "1"));
  EXPECT_TRUE(lasts(5s, "a lock for longer", "1"));
}

TEST_F(StallClockTest, WhatHasMovedMeanwhileBeginsAnew) {
  lasts(0s, "a lock", "1");
  EXPECT_FALSE(lasts(5s, "a lock", "2"));
  EXPECT_TRUE(lasts(10s, "a lock", "2"));
}

TEST_F(StallClockTest, WhatWentOnMeanwhileBeginsAnew) {
  lasts(0s, "a lock", "1");
  EXPECT_FALSE(lasts(4s, "", ""));
  EXPECT_FALSE(lasts(5s, "a lock", "1"));
}

}  // namespace
}  // namespace voyager::exportdir
