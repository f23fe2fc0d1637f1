// SPDX-License-Identifier: Apache-2.0
#include "cutover/journal.hpp"

#include <gtest/gtest.h>

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
  Journal journal(meta, "target");
  EXPECT_EQ(journal.state(), CutoverState::not_initiated);
  journal.record(CutoverFact::request, "id-1");
  journal.record(CutoverFact::capture_barrier, "42");
  EXPECT_EQ(journal.state(), CutoverState::barrier_captured);
  EXPECT_EQ(journal.detail(CutoverFact::capture_barrier), "42");
  EXPECT_EQ(journal.detail(CutoverFact::complete), std::nullopt);
}

TEST_F(CutoverJournal, RefusesAFactBeforeItsTurnAndKeepsTheFirstOfARepeatedOne) {
  auto meta = exportdir::MetaDb::open(layout_, true);
  Journal journal(meta, "target");
  EXPECT_THROW(journal.record(CutoverFact::complete, ""), Error);
  journal.record(CutoverFact::request, "first");
  journal.record(CutoverFact::request, "second");
  EXPECT_EQ(journal.detail(CutoverFact::request), "first");
}

TEST_F(CutoverJournal, KeepsDirectionsApart) {
  auto meta = exportdir::MetaDb::open(layout_, true);
  Journal(meta, "target").record(CutoverFact::request, "");
  EXPECT_EQ(Journal(meta, "source").state(), CutoverState::not_initiated);
}

TEST_F(CutoverJournal, WakesAWaitingProcess) {
  auto meta = exportdir::MetaDb::open(layout_, true);
  std::jthread other([this] {
    auto own = exportdir::MetaDb::open(layout_, false);
    Journal(own, "target").record(CutoverFact::request, "");
  });
  Bell bell(layout_.bell());
  EXPECT_TRUE(Journal(meta, "target").wait_for(CutoverState::requested, bell, {}));
}

TEST_F(CutoverJournal, StopsWaitingWhenAsked) {
  auto meta = exportdir::MetaDb::open(layout_, true);
  Bell bell(layout_.bell());
  std::stop_source stop;
  std::jthread waiting([&] {
    EXPECT_FALSE(Journal(meta, "target").wait_for(CutoverState::requested, bell, stop.get_token()));
  });
  stop.request_stop();
}
