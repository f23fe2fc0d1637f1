// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "changes/archive.hpp"
#include "cli/settings.hpp"
#include "cutover/journal.hpp"
#include "support/temp_directory.hpp"

namespace voyager::cli {
namespace {

using Facts = std::vector<std::pair<std::string, std::string>>;

/// A cutover that is complete has gone through all its steps.
void append(exportdir::MetaDb& meta, const std::string& fact, const std::string& detail) {
  const std::string name = fact.substr(0, fact.find('.'));
  if (fact == name + ".completed") {
    for (const cutover::CutoverFact step : cutover::all_facts) {
      if (step != cutover::CutoverFact::request && step != cutover::CutoverFact::complete)
        meta.append_journal(name + "." + std::string(word_of(step)), "");
    }
  }
  meta.append_journal(fact, detail);
}

bool over_after(const Facts& facts) {
  const testing::TempDirectory directory;
  const exportdir::Layout layout(directory.path());
  layout.create();
  exportdir::MetaDb meta = exportdir::MetaDb::open(layout, true);
  for (const auto& [fact, detail] : facts) append(meta, fact, detail);
  return cutover::all_directions_closed(meta);
}

TEST(ArchivingIsOver, NotBeforeACutoverIsComplete) {
  EXPECT_FALSE(over_after({}));
  EXPECT_FALSE(over_after({{"error", "target.completed"}, {"late_commits.target", ""}}));
  EXPECT_FALSE(over_after({{"target.requested", "none"}, {"target.import_finished", ""}}));
}

TEST(ArchivingIsOver, WithTheTargetWhenThereIsNoWayBack) {
  EXPECT_TRUE(over_after({{"target.requested", "none"}, {"target.completed", ""}}));
  EXPECT_FALSE(over_after({{"target.requested", "fall-back"}, {"target.completed", ""}}));
  EXPECT_FALSE(over_after({{"target.requested", "fall-forward"}, {"target.completed", ""}}));
}

TEST(ArchivingIsOver, WithTheSourceUnlessTheMigrationRestarts) {
  const Facts before{{"target.requested", "fall-back"}, {"target.completed", ""}};
  const auto with = [&](const Facts& more) {
    Facts all = before;
    all.insert(all.end(), more.begin(), more.end());
    return over_after(all);
  };
  EXPECT_FALSE(with({{"source.requested", "none"}}));
  EXPECT_TRUE(with({{"source.requested", "none"}, {"source.completed", ""}}));
  EXPECT_FALSE(with({{"source.requested", "restart"}, {"source.completed", ""}}));
}

TEST(ArchivingIsOver, WithTheSourceReplica) {
  Facts facts{{"target.requested", "fall-forward"},
              {"target.completed", ""},
              {"source_replica.requested", "none"}};
  EXPECT_FALSE(over_after(facts));
  facts.emplace_back("source_replica.completed", "");
  EXPECT_TRUE(over_after(facts));
}

TEST(ArchivingIsOver, AsTheLastRoundSays) {
  Facts facts{{"target.requested", "fall-back"},
              {"target.completed", ""},
              {"source.requested", "restart"},
              {"source.completed", ""},
              {"target-2.requested", "fall-back"}};
  EXPECT_FALSE(over_after(facts));
  facts.emplace_back("target-2.completed", "");
  EXPECT_FALSE(over_after(facts));
  facts.emplace_back("source-2.requested", "restart");
  facts.emplace_back("source-2.completed", "");
  EXPECT_FALSE(over_after(facts));
  for (int round = 3; round <= 10; ++round) {
    const std::string suffix = "-" + std::to_string(round);
    facts.emplace_back("target" + suffix + ".requested", "fall-back");
    facts.emplace_back("target" + suffix + ".completed", "");
    EXPECT_FALSE(over_after(facts)) << round;
    facts.emplace_back("source" + suffix + ".requested", round == 10 ? "none" : "restart");
    facts.emplace_back("source" + suffix + ".completed", "");
    EXPECT_EQ(over_after(facts), round == 10) << round;
  }
}

TEST(ArchiveChangesSettings, AreThoseOfTheOtherCommands) {
  EXPECT_STREQ(changes::source_replica_started_setting, settings::source_replica_started);
  EXPECT_STREQ(changes::no_source_replica_setting, settings::no_source_replica);
}

}  // namespace
}  // namespace voyager::cli
