// SPDX-License-Identifier: Apache-2.0
#include "changes/lag.hpp"

#include <gtest/gtest.h>

namespace voyager::changes {
namespace {

constexpr std::int64_t second = 1'000'000;
constexpr std::int64_t commit = 1'700'000'000 * second;

TEST(Lag, IsTheTimeSinceTheCommit) {
  EXPECT_EQ(lag_millis(commit, commit + 1'500'000), 1500);
  EXPECT_EQ(lag_text(1500), "1.5s");
  EXPECT_EQ(lag_figure(1500), "1500");
}

TEST(Lag, IsNoneWhereClocksDifferALittle) {
  EXPECT_EQ(lag_millis(commit, commit - second / 2), 0);
}

TEST(Lag, IsUnknownWhenOurClockIsBehindAndNeverNegative) {
  EXPECT_EQ(lag_millis(commit, commit - 3600 * second), std::nullopt);
  EXPECT_EQ(lag_text(std::nullopt), "unknown");
  EXPECT_EQ(lag_figure(std::nullopt), "");
}

}  // namespace
}  // namespace voyager::changes
