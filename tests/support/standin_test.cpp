// SPDX-License-Identifier: Apache-2.0
#include "support/standin.hpp"

#include <gtest/gtest.h>

namespace voyager::testing {
namespace {

TEST(Standin, LooksLikeYugabyteDb) {
  VOYAGER_REQUIRE_TARGET();
  TargetServer target;
  target.create_database("yb");
  EXPECT_NE(target.value("yb", "SELECT version()").find("-YB-"), std::string::npos);
  EXPECT_GE(std::stoi(target.value("yb", "SELECT count(*) FROM yb_servers()")), 1);
  target.execute("yb", "SET yb_enable_upsert_mode = off");
}

TEST(Standin, GivesEveryNewTableTheIdentityChange) {
  VOYAGER_REQUIRE_TARGET();
  TargetServer target;
  if (target.real()) {
    GTEST_SKIP() << "a test of the stand-in";
  }
  target.create_database("yb");
  target.execute(
      "yb",
      "CREATE SCHEMA s CREATE TABLE inside (a int);"
      "CREATE TABLE plain (a int PRIMARY KEY, b text);"
      "CREATE TABLE copied AS SELECT 1 AS a;"
      "SELECT 1 AS a INTO selected;"
      "CREATE TABLE root (a int) PARTITION BY RANGE (a);"
      "CREATE TABLE leaf PARTITION OF root FOR VALUES FROM (0) TO (9);"
      "CREATE TEMP TABLE gone (a int);"
      "INSERT INTO plain VALUES (1, 'x'), (2, 'y'); UPDATE plain SET b = 'z' WHERE a = 1;"
      "DELETE FROM plain WHERE a = 2");
  EXPECT_EQ(target.value("yb",
                         "SELECT string_agg(relname, ' ' ORDER BY relname) FROM pg_class "
                         "WHERE relreplident = 'c'"),
            "copied inside leaf plain root selected");
  EXPECT_EQ(target.value("yb", "SELECT string_agg(b, ' ') FROM plain"), "z");
}

TEST(Standin, ShowsNothingOfItselfAmongUserObjects) {
  VOYAGER_REQUIRE_TARGET();
  TargetServer target;
  target.create_database("yb");
  EXPECT_EQ(
      target.value("yb",
                   "SELECT count(*) FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace "
                   "WHERE nspname NOT IN ('pg_catalog', 'information_schema', 'pg_toast')"),
      "0");
  EXPECT_EQ(target.value("yb", "SELECT count(*) FROM pg_event_trigger"), "0");
}

TEST(Standin, StreamsChangesThroughItsOwnPlugin) {
  VOYAGER_REQUIRE_TARGET();
  TargetServer target;
  if (target.real()) {
    GTEST_SKIP() << "a test of the stand-in";
  }
  target.create_database("yb");
  target.execute("yb",
                 "CREATE TABLE keyed (a int PRIMARY KEY, b text); CREATE TABLE keyless (a int);"
                 "CREATE PUBLICATION p FOR ALL TABLES");
  target.execute("yb", "SELECT pg_create_logical_replication_slot('s', 'yboutput')");
  target.execute("yb",
                 "INSERT INTO keyed VALUES (1, 'x'); UPDATE keyed SET b = 'y'; DELETE FROM keyed;"
                 "INSERT INTO keyless VALUES (1); DELETE FROM keyless");
  EXPECT_EQ(
      target.value("yb",
                   "SELECT string_agg(chr(get_byte(data, 0)), '') FROM "
                   "pg_logical_slot_get_binary_changes('s', NULL, NULL, 'proto_version', '1', "
                   "'publication_names', 'p')"),
      "BRIUDRIDC");
}

TEST(Standin, FailsOneCopyOnRequest) {
  VOYAGER_REQUIRE_TARGET();
  TargetServer target;
  if (target.real()) {
    GTEST_SKIP() << "a test of the stand-in";
  }
  target.create_database("yb");
  target.execute("yb", "CREATE TABLE t (a int)");
  EXPECT_THROW(target.execute("yb",
                              "SET yb_shim.copy_fault = '40001:Restart read required';"
                              "COPY t FROM PROGRAM 'echo 1'"),
               std::runtime_error);
  target.execute("yb", "COPY t FROM PROGRAM 'echo 1' WITH (ROWS_PER_TRANSACTION 100)");
  EXPECT_EQ(target.value("yb", "SELECT count(*) FROM t"), "1");
}

}  // namespace
}  // namespace voyager::testing
