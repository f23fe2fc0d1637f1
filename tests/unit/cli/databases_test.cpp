// SPDX-License-Identifier: Apache-2.0
#include "cli/databases.hpp"

#include <gtest/gtest.h>

#include "cli/settings.hpp"
#include "cutover/journal.hpp"
#include "support/temp_directory.hpp"

namespace voyager::cli {
namespace {

using cutover::Direction;
using cutover::WayBack;

TEST(DatabasePairOf, TakesTwoDifferentDatabasesInEitherOrder) {
  EXPECT_EQ(database_pair_of("source,target"), DatabasePair(Database::source, Database::target));
  EXPECT_EQ(database_pair_of("source-replica,target"),
            DatabasePair(Database::source_replica, Database::target));
  for (const char* wrong : {"", "source", "source,", ",target", "source,source", "source,other",
                            "source,target,source-replica", "source target"})
    EXPECT_EQ(database_pair_of(wrong), std::nullopt) << wrong;
}

TEST(DatabasePairOf, KnowsEveryDatabaseByItsName) {
  for (const Database database : all_databases)
    EXPECT_EQ(database_of(facts_of(database).name), database);
}

class ChangesFlow : public ::testing::Test {
 protected:
  ChangesFlow() : layout_(directory_.path()), meta_(make_meta(layout_)) {}

  static exportdir::MetaDb make_meta(const exportdir::Layout& layout) {
    layout.create();
    return exportdir::MetaDb::open(layout, true);
  }

  void export_with(const char* type) { meta_.set_setting(settings::export_type, type); }

  /// Everything up to `last` becomes true.
  void cut_over(Direction direction, int round, WayBack way,
                cutover::CutoverFact last = cutover::CutoverFact::complete) {
    cutover::Journal journal(meta_, direction, round);
    for (const cutover::CutoverFact fact : cutover::all_facts) {
      journal.record(fact, fact == cutover::CutoverFact::request
                               ? std::string(cutover::word_of(way))
                               : std::string());
      if (fact == last) return;
    }
  }

  testing::TempDirectory directory_;
  exportdir::Layout layout_;
  exportdir::MetaDb meta_;
};

TEST_F(ChangesFlow, OnlyWhenTheyAreExported) {
  EXPECT_FALSE(changes_flow(meta_)) << "nothing is exported yet";
  export_with("snapshot-only");
  EXPECT_FALSE(changes_flow(meta_));
  export_with("snapshot-and-changes");
  EXPECT_TRUE(changes_flow(meta_));
}

TEST_F(ChangesFlow, UntilACutoverWithoutWayBackIsComplete) {
  export_with("snapshot-and-changes");
  cut_over(Direction::to_target, 1, WayBack::none, cutover::CutoverFact::check_late_commits);
  EXPECT_TRUE(changes_flow(meta_));
  cut_over(Direction::to_target, 1, WayBack::none);
  EXPECT_FALSE(changes_flow(meta_));
}

TEST_F(ChangesFlow, BackToTheSourceUntilThatCutoverIsComplete) {
  export_with("snapshot-and-changes");
  cut_over(Direction::to_target, 1, WayBack::fall_back);
  EXPECT_TRUE(changes_flow(meta_));
  cut_over(Direction::to_source_replica, 1, WayBack::none);
  EXPECT_TRUE(changes_flow(meta_)) << "another direction";
  cut_over(Direction::to_source, 1, WayBack::none);
  EXPECT_FALSE(changes_flow(meta_));
}

TEST_F(ChangesFlow, ForwardToTheSourceReplicaUntilThatCutoverIsComplete) {
  export_with("snapshot-and-changes");
  cut_over(Direction::to_target, 1, WayBack::fall_forward);
  EXPECT_TRUE(changes_flow(meta_));
  cut_over(Direction::to_source_replica, 1, WayBack::none);
  EXPECT_FALSE(changes_flow(meta_));
}

TEST_F(ChangesFlow, AgainInTheNextRound) {
  export_with("snapshot-and-changes");
  cut_over(Direction::to_target, 1, WayBack::fall_back);
  cut_over(Direction::to_source, 1, WayBack::restart);
  EXPECT_TRUE(changes_flow(meta_)) << "to the target, in round 2";
  cut_over(Direction::to_target, 2, WayBack::fall_back);
  EXPECT_TRUE(changes_flow(meta_)) << "back to the source, in round 2";
  cut_over(Direction::to_source, 2, WayBack::none);
  EXPECT_FALSE(changes_flow(meta_));
}

}  // namespace
}  // namespace voyager::cli
