// SPDX-License-Identifier: Apache-2.0
#include "schema/ddl_runner.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "fakes.hpp"
#include "support/recording_status.hpp"

namespace voyager::schema {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using Kind = Outcome::Kind;
using testing::FakeTarget;
using testing::server_error;

FileStatement statement(const std::string& sql) {
  return {{sql, 1}, ObjectType::table, classify(sql)};
}

/// Throws these, one for each attempt, and then lets the statement pass.
std::function<void(const std::string&)> failing(std::vector<Error> errors) {
  return [errors = std::move(errors), next = std::size_t{0}](const std::string&) mutable {
    if (next < errors.size()) throw errors[next++];
  };
}

class DdlRunnerTest : public ::testing::Test {
 protected:
  Outcome run(const std::string& sql, bool ignore_exist = false) {
    DdlRunner runner(target, status,
                     {.ignore_exist = ignore_exist, .first_pause = std::chrono::milliseconds(1)});
    return runner.run(statement(sql));
  }

  FakeTarget target;
  testing::RecordingStatus status;
};

TEST_F(DdlRunnerTest, ASuccessIsCreated) {
  EXPECT_EQ(run("CREATE TABLE t (i int)").kind, Kind::created);
}

TEST_F(DdlRunnerTest, WhatExistsIsFineOnlyWhenAsked) {
  target.database.decide = [](const std::string&) {
    throw server_error("42P07", "relation \"t\" already exists");
  };
  EXPECT_EQ(run("CREATE TABLE t (i int)", true).kind, Kind::existed);
  const Outcome refused = run("CREATE TABLE t (i int)", false);
  EXPECT_EQ(refused.kind, Kind::failed);
  EXPECT_EQ(refused.error, "relation \"t\" already exists");
}

TEST_F(DdlRunnerTest, WhatIfNotExistsPassesOverExisted) {
  const std::string sql = "CREATE TABLE IF NOT EXISTS t (i int)";
  target.database.existing = {sql};
  EXPECT_EQ(run(sql).kind, Kind::existed);
  EXPECT_EQ(run("CREATE TABLE IF NOT EXISTS u (i int)").kind, Kind::created);
}

TEST_F(DdlRunnerTest, SchemaPublicMayAlwaysExist) {
  target.database.decide = [](const std::string&) { throw server_error("42P06", "schema exists"); };
  EXPECT_EQ(run("CREATE SCHEMA public", false).kind, Kind::existed);
  EXPECT_EQ(run("CREATE SCHEMA app", false).kind, Kind::failed);
}

TEST_F(DdlRunnerTest, WhatIsMissingIsWaitedFor) {
  target.database.decide = [](const std::string&) {
    throw server_error("42P01", "relation \"u\" does not exist");
  };
  const Outcome outcome = run("CREATE VIEW v AS SELECT 1", true);
  EXPECT_EQ(outcome.kind, Kind::waits);
  EXPECT_EQ(outcome.error, "relation \"u\" does not exist");
}

TEST_F(DdlRunnerTest, ACatalogConflictIsRetriedOnTheSpotWithAConnectionThatReadsTheCatalogAnew) {
  target.database.decide = failing({server_error("XX000", "conflict", Action::retry)});
  EXPECT_EQ(run("CREATE TABLE t (i int)").kind, Kind::created);
  EXPECT_EQ(target.database.executed.size(), 2U);
  EXPECT_EQ(target.database.connections, 2);
  EXPECT_THAT(status.warnings(),
              ElementsAre("The statement in tables/table.sql, line 1, is tried again after: "
                          "conflict"));
}

TEST_F(DdlRunnerTest, AConflictThatStaysIsAFailureAfterFiveMoreTries) {
  target.database.decide = [](const std::string&) {
    throw server_error("40001", "conflict", Action::retry);
  };
  EXPECT_EQ(run("CREATE TABLE t (i int)").kind, Kind::failed);
  EXPECT_EQ(target.database.executed.size(), 6U);
}

TEST_F(DdlRunnerTest, AfterATimeOutAnExistingObjectIsOurOwnButNotAfterAConflict) {
  const Error exists = server_error("42P07", "relation already exists");
  target.database.decide = failing({server_error("XX000", "Timed out", Action::retry), exists});
  EXPECT_EQ(run("CREATE TABLE t (i int)").kind, Kind::created);
  target.database.decide = failing({server_error("40P01", "deadlock", Action::retry), exists});
  EXPECT_EQ(run("CREATE TABLE t (i int)").kind, Kind::failed);
}

TEST_F(DdlRunnerTest, DoubtAboutOneStatementIsNoDoubtAboutTheNext) {
  DdlRunner runner(target, status, {.first_pause = std::chrono::milliseconds(1)});
  target.database.decide = failing({server_error("08006", "lost", Action::reconnect)});
  runner.run(statement("CREATE TABLE t (i int)"));
  target.database.decide = failing({server_error("42P07", "relation already exists")});
  EXPECT_EQ(runner.run(statement("CREATE TABLE u (i int)")).kind, Kind::failed);
}

TEST_F(DdlRunnerTest, AnInvalidIndexIsDroppedBeforeEachTryToMakeIt) {
  target.database.invalid_indexes = {{"app", "i"}, {"app", "other"}};
  target.database.decide = [&, tries = 0](const std::string& sql) mutable {
    if (sql.compare(0, 4, "DROP") == 0 || ++tries > 1) return;
    target.database.invalid_indexes.insert({"app", "i"});
    throw server_error("XX000", "schema version mismatch", Action::retry);
  };
  EXPECT_EQ(run("CREATE INDEX i ON app.t (a)").kind, Kind::created);
  EXPECT_THAT(target.database.executed,
              ElementsAre("DROP INDEX \"app\".\"i\"", "CREATE INDEX i ON app.t (a)",
                          "DROP INDEX \"app\".\"i\"", "CREATE INDEX i ON app.t (a)"));
  EXPECT_THAT(status.lines(),
              Contains("The INVALID index app.i of an earlier try was dropped").Times(2));
}

TEST_F(DdlRunnerTest, AnExtensionThatTheServerLacksIsNamed) {
  for (const auto& [state, text] :
       {std::pair{"0A000", "extension \"postgis\" is not available"},
        std::pair{"58P01", "could not open extension control file \"/x/postgis.control\""}}) {
    target.database.decide = failing({server_error(state, text)});
    const Outcome outcome = run("CREATE EXTENSION postgis");
    EXPECT_EQ(outcome.kind, Kind::failed);
    EXPECT_THAT(outcome.error, HasSubstr("does not have extension \"postgis\""));
    EXPECT_THAT(outcome.error, HasSubstr(text));
  }
}

TEST_F(DdlRunnerTest, AfterALostConnectionAnExistingObjectIsOurOwn) {
  target.database.decide = failing({server_error("08006", "lost", Action::reconnect),
                                    server_error("42P07", "relation already exists")});
  EXPECT_EQ(run("CREATE TABLE t (i int)", false).kind, Kind::created);
  EXPECT_EQ(target.database.connections, 2);
}

TEST(ServerErrors, ExistingObjectsAreKnownByStateAndText) {
  EXPECT_TRUE(says_already_exists(server_error("42710", "")));
  EXPECT_TRUE(says_already_exists(
      server_error("42P16", "multiple primary keys for table \"t\" are not allowed")));
  EXPECT_FALSE(says_already_exists(server_error("42P16", "invalid table definition")));
  EXPECT_TRUE(says_already_exists(server_error("42809", "\"p\" is already a partition")));
  EXPECT_FALSE(says_already_exists(server_error("42809", "\"p\" is not a table")));
  EXPECT_TRUE(says_already_exists(server_error(
      "23505", "duplicate key value violates unique constraint \"pg_class_relname_nsp_index\"")));
  EXPECT_FALSE(says_already_exists(
      server_error("23505", "duplicate key value violates unique constraint \"t_pkey\"")));
}

TEST(ServerErrors, SyntaxAndPrivilegesAreNotWaitedFor) {
  EXPECT_FALSE(says_something_is_missing(server_error("42601", "")));
  EXPECT_FALSE(says_something_is_missing(server_error("42501", "")));
  EXPECT_FALSE(says_something_is_missing(server_error("0A000", "")));
  EXPECT_TRUE(says_something_is_missing(server_error("42883", "")));
}

}  // namespace
}  // namespace voyager::schema
