// SPDX-License-Identifier: Apache-2.0
// Every failpoint of the sources, in whole migrations. What takes longer is in
// failpoints_long_test.cpp.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <iterator>

#include "crash/killed_migration.hpp"
#include "support/failpoints.hpp"

namespace voyager::testing {
namespace {

std::set<std::string> those(bool (*predicate)(const std::string&)) {
  const std::set<std::string> all = failpoints();
  std::set<std::string> some;
  std::copy_if(all.begin(), all.end(), std::inserter(some, some.end()), predicate);
  return some;
}

bool needs_nothing_else(const std::string& name) {
  return !needs_replica(name) && !needs_start_clean(name);
}

void expect_in_legs(Hits& hits, const std::string& name, std::initializer_list<Leg> legs) {
  for (const Leg leg : legs)
    EXPECT_TRUE(hits[name].contains(leg)) << "nobody was killed " << word_of(leg) << " at " << name;
}

TEST(Failpoints, EveryOneIsSurvived) {
  VOYAGER_REQUIRE_TARGET();
  const std::set<std::string> names = those(needs_nothing_else);
  Hits hits;
  for (const Orders& orders : shared_out(names, 6, 1, Effect::kill))
    live_through<FallBackKilled>(orders, hits);
  for (const std::string& name : names) {
    EXPECT_FALSE(hits[name].empty()) << "nobody was killed at " << name;
    if (belongs_to_every_leg(name))
      expect_in_legs(hits, name, {Leg::forth, Leg::back, Leg::forth_again});
  }
}

/// All in one story, where a process passes them more than once; which not each one is.
TEST(Failpoints, LaterPassesAreSurvived) {
  VOYAGER_REQUIRE_TARGET();
  Hits hits;
  live_through<FallBackKilled>({those(needs_nothing_else), 2, Effect::kill}, hits);
  for (const std::string& name : those(is_passed_while_streaming))
    expect_in_legs(hits, name, {Leg::forth, Leg::back, Leg::forth_again});
}

TEST(Failpoints, AFallForwardSurvivesThem) {
  VOYAGER_REQUIRE_TARGET();
  Hits hits;
  live_through<FallForwardKilled>({those([](const std::string& name) {
                                     return needs_replica(name) || belongs_to_every_leg(name);
                                   }),
                                   1, Effect::kill},
                                  hits);
  for (const std::string& name : those(needs_replica)) EXPECT_FALSE(hits[name].empty()) << name;
  for (const std::string& name : those(belongs_to_every_leg))
    expect_in_legs(hits, name, {Leg::forth, Leg::back});
}

/// Some of those with something half done behind them.
TEST(Failpoints, AnErrorIsWaitedForOrEndsTheCommandAndTheSameOneGoesOn) {
  VOYAGER_REQUIRE_TARGET();
  Orders orders;
  orders.effect = Effect::error;
  orders.failpoints = {
      "import_schema.statement", "slot.created",        "snapshot.chunk.after_record",
      "load.before_commit",      "capture.after_flush", "apply.after_commit",
      "suspend.restored",        "end.before_recorded"};
  Hits hits;
  live_through<FallBackKilled>(orders, hits);
  for (const std::string& name : orders.failpoints)
    EXPECT_FALSE(hits[name].empty()) << "nothing failed at " << name;
}

/// An export that is begun anew, and an import.
TEST(Failpoints, BeginningAnewSurvivesThem) {
  VOYAGER_REQUIRE_TARGET();
  const TwoServers servers;
  execute(servers.source(),
          "CREATE TABLE item (id int PRIMARY KEY, v text); INSERT INTO item "
          "SELECT i, 'v' FROM generate_series(1, 1000) i");
  Migration migration(servers.source(), servers.target());
  migration.move_schema();
  const Orders orders{those(needs_start_clean), 1, Effect::kill};
  Stage stage{migration, orders, Leg::forth, {}, ""};
  {
    Child exporter = migration.start_export();
    Migration::wait_for_line(exporter, "streaming changes to the change log");
  }
  Mortal exporter(stage, "export data from source", [&](int, bool) {
    return migration.start_export({"--start-clean", "true"});
  });
  const auto exports_again = [&] {
    exporter.done();
    return exporter.text().find("streaming changes to the change log") != std::string::npos;
  };
  wait_until(exports_again, "the second export");
  Mortal importer(stage, "import data to target", [&](int, bool) {
    return migration.start_import({"--start-clean", "true", "--truncate-tables", "true"});
  });
  migration.initiate_cutover();
  const auto both_end = [&] {
    const bool exported = exporter.done();
    return importer.done() && exported;
  };
  wait_until(both_end, "the cutover");
  for (const std::string& name : orders.failpoints)
    EXPECT_FALSE(stage.hits[name].empty()) << "nobody was killed at " << name;
  for (const std::string& line : differences(servers.source(), servers.target()))
    ADD_FAILURE() << line;
  migration.end();
  EXPECT_EQ(left_behind(servers.source()), "");
  EXPECT_EQ(left_behind(servers.target()), "");
}

}  // namespace
}  // namespace voyager::testing
