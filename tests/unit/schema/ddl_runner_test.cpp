// SPDX-License-Identifier: Apache-2.0
#include "schema/ddl_runner.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "fakes.hpp"

namespace voyager::schema {
namespace {

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

TEST(DdlRunner, ASuccessIsCreated) {
  FakeTarget target;
  DdlRunner runner(target, false);
  EXPECT_EQ(runner.run(statement("CREATE TABLE t (i int)")).kind, Kind::created);
}

TEST(DdlRunner, WhatExistsIsFineOnlyWhenAsked) {
  FakeTarget target;
  target.database.decide = [](const std::string&) {
    throw server_error("42P07", "relation \"t\" already exists");
  };
  EXPECT_EQ(DdlRunner(target, true).run(statement("CREATE TABLE t (i int)")).kind, Kind::existed);
  const Outcome refused = DdlRunner(target, false).run(statement("CREATE TABLE t (i int)"));
  EXPECT_EQ(refused.kind, Kind::failed);
  EXPECT_EQ(refused.error, "relation \"t\" already exists");
}

TEST(DdlRunner, SchemaPublicMayAlwaysExist) {
  FakeTarget target;
  target.database.decide = [](const std::string&) { throw server_error("42P06", "schema exists"); };
  EXPECT_EQ(DdlRunner(target, false).run(statement("CREATE SCHEMA public")).kind, Kind::existed);
  EXPECT_EQ(DdlRunner(target, false).run(statement("CREATE SCHEMA app")).kind, Kind::failed);
}

TEST(DdlRunner, WhatIsMissingIsWaitedFor) {
  FakeTarget target;
  target.database.decide = [](const std::string&) {
    throw server_error("42P01", "relation \"u\" does not exist");
  };
  const Outcome outcome = DdlRunner(target, true).run(statement("CREATE VIEW v AS SELECT 1"));
  EXPECT_EQ(outcome.kind, Kind::waits);
  EXPECT_EQ(outcome.error, "relation \"u\" does not exist");
}

TEST(DdlRunner, ACatalogConflictIsRetriedOnTheSpot) {
  FakeTarget target;
  target.database.decide = failing({server_error("XX000", "conflict", Action::retry)});
  EXPECT_EQ(DdlRunner(target, false).run(statement("CREATE TABLE t (i int)")).kind, Kind::created);
  EXPECT_EQ(target.database.executed.size(), 2U);
  EXPECT_EQ(target.database.connections, 1);
}

TEST(DdlRunner, AfterALostConnectionAnExistingObjectIsOurOwn) {
  FakeTarget target;
  target.database.decide = failing({server_error("08006", "lost", Action::reconnect),
                                    server_error("42P07", "relation already exists")});
  EXPECT_EQ(DdlRunner(target, false).run(statement("CREATE TABLE t (i int)")).kind, Kind::created);
  EXPECT_EQ(target.database.connections, 2);
}

TEST(ServerErrors, ExistingObjectsAreKnownByStateAndText) {
  EXPECT_TRUE(says_already_exists(server_error("42710", "")));
  EXPECT_TRUE(says_already_exists(
      server_error("42P16", "multiple primary keys for table \"t\" are not allowed")));
  EXPECT_FALSE(says_already_exists(server_error("42P16", "invalid table definition")));
  EXPECT_TRUE(says_already_exists(server_error("42809", "\"p\" is already a partition")));
  EXPECT_FALSE(says_already_exists(server_error("42809", "\"p\" is not a table")));
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
