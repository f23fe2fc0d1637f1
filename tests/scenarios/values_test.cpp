// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "scenarios/story.hpp"

namespace voyager::testing {
namespace {

TEST(Values, NullAndEmptyStringStayDifferent) {
  VOYAGER_REQUIRE_TARGET();
  Story story;
  story.setup =
      "CREATE TABLE t (id int PRIMARY KEY, a text, b varchar(5), c text[]);"
      "INSERT INTO t VALUES (1, NULL, '', '{}'), (2, '', NULL, NULL), (3, ' ', 'NULL', "
      "'{NULL,\"\",\"NULL\"}');";
  story.changes =
      "INSERT INTO t SELECT id + 10, a, b, c FROM t;"
      "UPDATE t SET a = '' WHERE id = 1; UPDATE t SET a = NULL WHERE id = 2; UPDATE t SET b = NULL "
      "WHERE id = 3;";
  expect_migrates(story);
}

TEST(Values, OneMegabyteValuesSurviveAndUpdatesBesideThemSendNothing) {
  VOYAGER_REQUIRE_TARGET();
  Story story;
  story.setup =
      "CREATE TABLE t (id int PRIMARY KEY, a text, b bytea, j jsonb, n int DEFAULT 0);"
      "ALTER TABLE t ALTER a SET STORAGE EXTERNAL;"
      "CREATE TABLE keyless (a text, n int);"
      "INSERT INTO t SELECT i, repeat(md5(i::text), 32768), decode(repeat(md5(i::text), 65536), "
      "'hex'),"
      " jsonb_build_object('k', repeat('😀', 250000)) FROM generate_series(1, 4) i;"
      "INSERT INTO keyless SELECT repeat(md5(i::text), 32768), i FROM generate_series(1, 3) i;";
  story.changes =
      "INSERT INTO t SELECT id + 10, a, b, j FROM t;"
      "UPDATE t SET n = 1; UPDATE t SET n = 2, b = '\\x00' WHERE id = 2; UPDATE t SET id = id + "
      "100 WHERE id = 3;"
      "BEGIN; UPDATE t SET a = repeat('x', 2000000) WHERE id = 1; UPDATE t SET n = 7 WHERE id = 1; "
      "COMMIT;"
      "UPDATE keyless SET n = n + 10; DELETE FROM keyless WHERE n = 12;";
  expect_migrates(story);
}

TEST(Values, HundredMegabyteValuesSurvive) {
  VOYAGER_REQUIRE_TARGET();
  Story story;
  story.setup =
      "CREATE TABLE t (id int PRIMARY KEY, a text, b bytea);"
      "INSERT INTO t VALUES (1, repeat('0123456789abcdef', 6553600), NULL);";
  story.changes =
      "INSERT INTO t SELECT 2, NULL, decode(repeat('00ff5c0a', 26214400), 'hex');"
      "UPDATE t SET b = '\\x01' WHERE id = 1;";
  story.changes_back =
      "UPDATE t SET b = '\\x02' WHERE id = 1; INSERT INTO t SELECT 3, a, NULL FROM t WHERE id = 1; "
      "DELETE FROM t WHERE id = 1;";
  story.churns = false;
  expect_migrates(story);
}

TEST(Values, LargeTransactionsPass) {
  VOYAGER_REQUIRE_TARGET();
  Story story;
  story.setup =
      "CREATE TABLE t (id int PRIMARY KEY, a text, n int);"
      "INSERT INTO t SELECT i, 'snapshot', 0 FROM generate_series(1, 1000) i;";
  story.changes =
      "BEGIN; INSERT INTO t SELECT i, 'row ' || i, 0 FROM generate_series(1001, 300000) i;"
      "UPDATE t SET n = n + 1 WHERE id % 3 = 0; DELETE FROM t WHERE id % 7 = 0; COMMIT;"
      "INSERT INTO t VALUES (7, 'again', 9);";
  story.changes_back =
      "BEGIN; UPDATE t SET n = n + 1 WHERE id % 4 = 0; DELETE FROM t WHERE id % 5 = 0; INSERT INTO "
      "t "
      "SELECT i, 'back ' || i, 1 FROM generate_series(400001, 500000) i; COMMIT;";
  expect_migrates(story);
}

TEST(Values, TruncateIsAppliedInOrder) {
  VOYAGER_REQUIRE_TARGET();
  Story story;
  story.setup =
      "CREATE TABLE a (id int PRIMARY KEY); CREATE TABLE b (id int PRIMARY KEY REFERENCES a);"
      "CREATE TABLE c (id serial PRIMARY KEY, t text);"
      "INSERT INTO a VALUES (1), (2); INSERT INTO b VALUES (1); INSERT INTO c (t) VALUES ('x'), "
      "('y');";
  story.changes =
      "INSERT INTO a VALUES (3); TRUNCATE a, b; INSERT INTO a VALUES (1); INSERT INTO b VALUES (1);"
      "BEGIN; INSERT INTO c (t) VALUES ('gone'); TRUNCATE c RESTART IDENTITY; INSERT INTO c (t) "
      "VALUES ('kept'); COMMIT;";
  expect_migrates(story);
}

}  // namespace
}  // namespace voyager::testing
