// SPDX-License-Identifier: Apache-2.0
#include "engines/postgres/server_history.hpp"

#include <gtest/gtest.h>

#include "base/error.hpp"

namespace voyager::postgres {
namespace {

/// Promoted at 0/3000 from timeline 1, and at 0/5000 from timeline 2.
ServerHistory promoted_twice() {
  return {"7300000000000000001", 3, {{1, 0x3000}, {2, 0x5000}}};
}

TEST(ServerHistory, AFileNamesEachTimelineAndWhereItWasLeft) {
  EXPECT_EQ(parse_timeline_file("1\t0/3000\tno recovery target specified\n"
                                "\n"
                                "# a comment\n"
                                "2\t1/5000\tbefore 2024-05-05 00:00:00+00\n"),
            (std::vector<ServerHistory::Ancestor>{{1, 0x3000}, {2, 0x100005000}}));
  EXPECT_TRUE(parse_timeline_file("").empty());
  EXPECT_THROW(parse_timeline_file("1\tnowhere\tx\n"), Error);
}

TEST(ServerHistory, WhatWasReadOnTheSameTimelineIsInIt) {
  EXPECT_TRUE(promoted_twice().holds("7300000000000000001/3", 0x9000));
}

TEST(ServerHistory, OfAnEarlierTimelineOnlyWhatBeganBeforeItsEnd) {
  EXPECT_TRUE(promoted_twice().holds("7300000000000000001/1", 0x2FFF));
  EXPECT_FALSE(promoted_twice().holds("7300000000000000001/1", 0x3000));
  EXPECT_TRUE(promoted_twice().holds("7300000000000000001/2", 0x4000));
  EXPECT_FALSE(promoted_twice().holds("7300000000000000001/2", 0x5000));
}

TEST(ServerHistory, ALaterTimelineOrAnotherClusterIsNone) {
  EXPECT_FALSE(promoted_twice().holds("7300000000000000001/4", 0x1000));
  EXPECT_FALSE(promoted_twice().holds("7300000000000000002/3", 0x1000));
}

TEST(ServerHistory, IsRememberedByClusterAndTimeline) {
  EXPECT_EQ(promoted_twice().text(), "7300000000000000001/3");
  EXPECT_EQ(ServerHistory().text(), "");
}

}  // namespace
}  // namespace voyager::postgres
