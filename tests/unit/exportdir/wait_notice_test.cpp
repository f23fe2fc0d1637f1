// SPDX-License-Identifier: Apache-2.0
#include "exportdir/wait_notice.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/text.hpp"
#include "support/recording_status.hpp"
#include "support/temp_directory.hpp"

namespace voyager::exportdir {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

class WaitNoticeTest : public ::testing::Test {
 protected:
  WaitNoticeTest() : meta_(make(layout_)) {}
  static MetaDb make(const Layout& layout) {
    layout.create();
    return MetaDb::open(layout, true);
  }
  std::optional<WaitFigures> figures() { return wait_from(meta_.figures("role")); }

 private:
  testing::TempDirectory directory_;

 protected:
  const Layout layout_{directory_.path()};
  MetaDb meta_;
  testing::RecordingStatus status_;
  WaitNotice notice_{meta_, "role", status_};
};

TEST_F(WaitNoticeTest, CauseSinceAndNextTryAreSaidAndKept) {
  const std::int64_t before = unix_micros_now();
  notice_.waiting("capture", "E3102 no connection", 2500ms);
  EXPECT_THAT(status_.warnings(),
              ElementsAre("capture waits: E3102 no connection; next try in 2.5s"));
  const auto wait = figures();
  ASSERT_TRUE(wait);
  EXPECT_EQ(wait->cause, "capture: E3102 no connection");
  EXPECT_GE(wait->since_micros, before);
  EXPECT_GE(wait->next_try_micros.value_or(0), before + 2'500'000);
}

TEST_F(WaitNoticeTest, SinceIsTheFirstTryNotTheLast) {
  notice_.waiting("capture", "E3102 no connection", 1ms);
  const std::int64_t since = figures()->since_micros;
  notice_.waiting("capture", "E3101 refused", 1ms);
  EXPECT_EQ(figures()->since_micros, since);
  EXPECT_EQ(figures()->cause, "capture: E3101 refused");
}

TEST_F(WaitNoticeTest, TheSameCauseIsNotSaidAtEveryTry) {
  for (int i = 0; i < 20; ++i) notice_.waiting("capture", "E3102 no connection", 1ms);
  EXPECT_THAT(status_.warnings(), SizeIs(1));
}

TEST_F(WaitNoticeTest, WhatIsNotRetriedHasNoNextTry) {
  notice_.waiting("cutover", "waiting for import data to apply everything");
  EXPECT_EQ(figures()->next_try_micros, std::nullopt);
  EXPECT_THAT(status_.warnings().front(), Not(HasSubstr("next try")));
}

TEST_F(WaitNoticeTest, TheEndIsSaidOnceAndClearsTheFigures) {
  notice_.waiting("capture", "E3102 no connection", 1ms);
  notice_.over();
  notice_.over();
  EXPECT_THAT(status_.lines(), ElementsAre(HasSubstr("capture goes on after")));
  EXPECT_EQ(figures(), std::nullopt);
}

TEST_F(WaitNoticeTest, WhatAnEarlierProcessLeftIsClearedSilently) {
  meta_.put_figures("role", to_figures(WaitFigures{"capture: old", 1, 2}));
  notice_.over();
  EXPECT_EQ(figures(), std::nullopt);
  EXPECT_THAT(status_.lines(), IsEmpty());
}

TEST(LiveFigures, AWaitComesBackAsItWasWritten) {
  const WaitFigures wait{"capture: E3102", 17, 18};
  EXPECT_EQ(wait_from(to_figures(wait)), wait);
  EXPECT_EQ(wait_from(to_figures(std::optional<WaitFigures>())), std::nullopt);
}

TEST(LiveFigures, ASlotComesBackAsItWasWritten) {
  const SlotFigures full{"extended", 1, -2, 3, 4};
  EXPECT_EQ(slot_from(to_figures(full)), full);
  SlotFigures few;
  few.state = "lost";
  EXPECT_EQ(slot_from(to_figures(few)), few);
  EXPECT_EQ(slot_from({}), std::nullopt);
}

}  // namespace
}  // namespace voyager::exportdir
