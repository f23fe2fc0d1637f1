// SPDX-License-Identifier: Apache-2.0
#include "changes/rate.hpp"

#include <gtest/gtest.h>

using std::chrono::minutes;
using std::chrono::seconds;
using voyager::changes::RateMeter;

TEST(RateMeter, CountsOverTheTimeSinceTheStartWhileThatIsShorterThanTheWindow) {
  const RateMeter::Clock::time_point start{};
  RateMeter rate(start);
  rate.sample(start + seconds(10), 1000);
  EXPECT_EQ(rate.per_second(minutes(3)), 100);
}

TEST(RateMeter, ForgetsWhatIsOlderThanTheWindow) {
  const RateMeter::Clock::time_point start{};
  RateMeter rate(start);
  for (int second = 1; second <= 400; ++second)
    rate.sample(start + seconds(second), second <= 200 ? second * 50 : 200 * 50);
  EXPECT_EQ(rate.per_second(minutes(3)), 0);
  EXPECT_EQ(rate.per_second(minutes(10)), 200 * 50 / 400);
}

TEST(RateMeter, IsZeroBeforeTheFirstSample) {
  EXPECT_EQ(RateMeter(RateMeter::Clock::now()).per_second(minutes(3)), 0);
}
