// SPDX-License-Identifier: Apache-2.0
#include "engine/parallelism.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace {

using namespace voyager::engine;

const LoadLimits limits{80, 10};
const ServerLoad idle{"idle", 15, 50.0, false};

int wanted(int now, const std::vector<ServerLoad>& servers, int most = 8) {
  return jobs_wanted(now, most, servers, limits).jobs;
}

TEST(JobsWanted, OneMoreWhileNoServerIsAtItsLimit) {
  EXPECT_EQ(wanted(3, {idle, idle}), 4);
  EXPECT_EQ(wanted(8, {idle}), 8) << "the most";
}

TEST(JobsWanted, OneLessForTheBusiestServer) {
  const ServerLoad busy{"n2", 81, 50.0, false};
  EXPECT_EQ(wanted(3, {idle, busy, idle}), 2);
  EXPECT_EQ(wanted(1, {busy}), 1) << "at least one";
  const std::vector<ServerLoad> servers{idle, busy};
  EXPECT_EQ(jobs_wanted(3, 8, servers, limits).reason, "n2 uses 81 % of its processors");
}

TEST(JobsWanted, TheLimitItselfIsNotPassed) {
  EXPECT_EQ(wanted(3, {{"n", 80, 10.0, false}}), 4);
}

TEST(JobsWanted, OneLessWhenMemoryRunsOut) {
  EXPECT_EQ(wanted(3, {{"n", 15, 9.9, false}}), 2);
  EXPECT_EQ(wanted(3, {{"n", 15, 50.0, true}}), 2);
  EXPECT_EQ(overload({"n", 15, 9.4, false}, limits), "n has 9 % of its memory left");
  EXPECT_EQ(overload({"n", 15, 50.0, true}, limits), "n is over its memory limit");
}

TEST(JobsWanted, MemoryThatIsNotKnownIsNoReason) {
  EXPECT_EQ(wanted(3, {{"n", 15, std::nullopt, false}}), 4);
}

TEST(JobsWanted, NothingKnownChangesNothing) {
  EXPECT_EQ(wanted(3, {}), 3);
}

}  // namespace
