// SPDX-License-Identifier: Apache-2.0
#include "cutover/journal.hpp"

#include <gtest/gtest.h>

#include <set>
#include <thread>

#include "base/error.hpp"
#include "exportdir/layout.hpp"
#include "support/temp_directory.hpp"

namespace {

using namespace voyager;
using namespace voyager::cutover;

class CutoverJournal : public ::testing::Test {
 protected:
  CutoverJournal() { layout_.create(); }

  voyager::testing::TempDirectory directory_;
  exportdir::Layout layout_{directory_.path()};
};

}  // namespace

TEST_F(CutoverJournal, FoldsItsStateFromTheFacts) {
  auto meta = exportdir::MetaDb::open(layout_, true);
  Journal journal(meta, Direction::to_target, 1);
  EXPECT_EQ(journal.state(), CutoverState::not_initiated);
  journal.record(CutoverFact::request, "none");
  journal.record(CutoverFact::capture_barrier, "42");
  EXPECT_EQ(journal.state(), CutoverState::barrier_captured);
  EXPECT_EQ(journal.detail(CutoverFact::capture_barrier), "42");
  EXPECT_EQ(journal.detail(CutoverFact::complete), std::nullopt);
}

TEST_F(CutoverJournal, RefusesAFactBeforeItsTurnAndKeepsTheFirstOfARepeatedOne) {
  auto meta = exportdir::MetaDb::open(layout_, true);
  Journal journal(meta, Direction::to_target, 1);
  EXPECT_THROW(journal.record(CutoverFact::complete, ""), Error);
  journal.record(CutoverFact::request, "first");
  journal.record(CutoverFact::request, "second");
  EXPECT_EQ(journal.detail(CutoverFact::request), "first");
}

TEST_F(CutoverJournal, KeepsDirectionsApart) {
  auto meta = exportdir::MetaDb::open(layout_, true);
  Journal(meta, Direction::to_target, 1).record(CutoverFact::request, "none");
  EXPECT_EQ(Journal(meta, Direction::to_source, 1).state(), CutoverState::not_initiated);
}

TEST_F(CutoverJournal, RemembersTheChosenWayBack) {
  auto meta = exportdir::MetaDb::open(layout_, true);
  Journal journal(meta, Direction::to_target, 1);
  EXPECT_EQ(journal.way_back(), WayBack::none);
  journal.record(CutoverFact::request, std::string(word_of(WayBack::fall_back)));
  EXPECT_EQ(journal.way_back(), WayBack::fall_back);
  EXPECT_EQ(opened_direction(journal.way_back()), Direction::to_source);
}

TEST_F(CutoverJournal, ARoundEndsWithACompletedCutoverToTheSourceThatStartsAgain) {
  auto meta = exportdir::MetaDb::open(layout_, true);
  for (int round = 1; round <= 3; ++round) {
    EXPECT_EQ(current_round(meta), round);
    Journal journal(meta, Direction::to_source, round);
    EXPECT_EQ(journal.state(), CutoverState::not_initiated);
    journal.record(CutoverFact::request,
                   std::string(word_of(round < 3 ? WayBack::restart : WayBack::none)));
    EXPECT_EQ(current_round(meta), round);
    for (const CutoverFact fact : all_facts) journal.record(fact, "");
  }
  EXPECT_EQ(current_round(meta), 3);
}

TEST_F(CutoverJournal, GivesEachDirectionAndRoundABarrierOfItsOwn) {
  auto meta = exportdir::MetaDb::open(layout_, true);
  std::set<std::string> ids;
  for (const Direction direction : all_directions) {
    for (const int round : {1, 2}) ids.insert(Journal(meta, direction, round).barrier_id());
  }
  EXPECT_EQ(ids.size(), 6U);
}

TEST_F(CutoverJournal, WakesAWaitingProcess) {
  auto meta = exportdir::MetaDb::open(layout_, true);
  std::jthread other([this] {
    auto own = exportdir::MetaDb::open(layout_, false);
    Journal(own, Direction::to_target, 1).record(CutoverFact::request, "none");
  });
  Bell bell(layout_.bell());
  EXPECT_TRUE(Journal(meta, Direction::to_target, 1).wait_for(CutoverState::requested, bell, {}));
}

TEST_F(CutoverJournal, StopsWaitingWhenAsked) {
  auto meta = exportdir::MetaDb::open(layout_, true);
  Bell bell(layout_.bell());
  std::stop_source stop;
  std::jthread waiting([&] {
    EXPECT_FALSE(Journal(meta, Direction::to_target, 1)
                     .wait_for(CutoverState::requested, bell, stop.get_token()));
  });
  stop.request_stop();
}
