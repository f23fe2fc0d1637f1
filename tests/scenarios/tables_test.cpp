// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "scenarios/story.hpp"

namespace voyager::testing {
namespace {

TEST(Tables, WithoutAKeyKeepTheirIdenticalRows) {
  VOYAGER_REQUIRE_TARGET();
  Story story;
  story.setup =
      "CREATE TABLE bag (a int, b text, c numeric);"
      "INSERT INTO bag SELECT i % 5, 'x', NULL FROM generate_series(1, 100) i;"
      "INSERT INTO bag SELECT NULL, NULL, NULL FROM generate_series(1, 10);"
      "CREATE TABLE almost (a int NOT NULL, b text); CREATE UNIQUE INDEX almost_a ON almost (a);"
      "INSERT INTO almost SELECT i, 'y' FROM generate_series(1, 50) i;"
      "CREATE TABLE no_columns ();";
  story.changes =
      "INSERT INTO bag VALUES (1, 'x', NULL), (1, 'x', NULL);"
      "DELETE FROM bag WHERE ctid IN (SELECT ctid FROM bag WHERE a = 2 LIMIT 3);"
      "UPDATE bag SET c = 1.50 WHERE ctid IN (SELECT ctid FROM bag WHERE a = 3 LIMIT 4);"
      "UPDATE bag SET b = NULL WHERE a IS NULL; UPDATE bag SET a = NULL WHERE a = 4;"
      "BEGIN; INSERT INTO bag VALUES (7, 'z', 1), (7, 'z', 1), (7, 'z', 1);"
      "DELETE FROM bag WHERE ctid = (SELECT min(ctid) FROM bag WHERE a = 7); COMMIT;"
      "UPDATE almost SET b = 'changed' WHERE a % 2 = 0; DELETE FROM almost WHERE a % 5 = 0;"
      "UPDATE almost SET a = a + 1000 WHERE a = 1;";
  expect_migrates(story);
  expect_falls_forward(story);
}

TEST(Tables, CompositeAndReorderedKeysAndKeyUpdates) {
  VOYAGER_REQUIRE_TARGET();
  Story story;
  story.setup =
      "CREATE TABLE t (v text, b int, c date, a text, PRIMARY KEY (a, c, b));"
      "INSERT INTO t SELECT 'v' || i, i, date '2024-01-01' + i, 'k' || i % 3 FROM "
      "generate_series(1, 300) i;"
      "CREATE TABLE s (id int PRIMARY KEY, n int); INSERT INTO s SELECT i, i FROM "
      "generate_series(1, 100) i;";
  story.changes =
      "UPDATE t SET v = 'new' WHERE b % 4 = 0; UPDATE t SET b = -b WHERE b % 5 = 0; UPDATE t SET a "
      "= 'moved' WHERE b = 7;"
      "DELETE FROM t WHERE b % 9 = 0;"
      "UPDATE s SET id = id + 1000; UPDATE s SET id = id - 999 WHERE id > 1000;"
      "BEGIN; UPDATE s SET id = -1 WHERE id = 5; UPDATE s SET id = 5 WHERE id = 6; UPDATE s SET id "
      "= 6 WHERE id = -1; COMMIT;"
      "BEGIN; DELETE FROM s WHERE id = 10; INSERT INTO s VALUES (10, 77); UPDATE s SET n = 78 "
      "WHERE id = 10; COMMIT;"
      "BEGIN; INSERT INTO s VALUES (5000, 1); UPDATE s SET id = 5001 WHERE id = 5000; DELETE FROM "
      "s WHERE id = 5001; COMMIT;";
  expect_migrates(story);
  expect_falls_forward(story);
}

TEST(Tables, UniqueValuesSwapInsideTransactions) {
  VOYAGER_REQUIRE_TARGET();
  Story story;
  story.setup =
      "CREATE TABLE u (id int PRIMARY KEY, email text UNIQUE, a int, b int, active bool DEFAULT "
      "true, UNIQUE (a, b));"
      "CREATE UNIQUE INDEX u_lower ON u (lower(email)); CREATE UNIQUE INDEX u_active ON u (a) "
      "WHERE active;"
      "CREATE TABLE d (id int PRIMARY KEY, n int UNIQUE DEFERRABLE INITIALLY DEFERRED);"
      "INSERT INTO u SELECT i, 'User' || i, i, 0 FROM generate_series(1, 100) i;"
      "INSERT INTO d SELECT i, i FROM generate_series(1, 50) i;";
  story.changes =
      "BEGIN; UPDATE u SET email = 'tmp' WHERE id = 1; UPDATE u SET email = 'User1' WHERE id = 2;"
      "UPDATE u SET email = 'User2' WHERE id = 1; COMMIT;"
      "BEGIN; UPDATE u SET active = false WHERE id = 3; UPDATE u SET a = 3, b = 1 WHERE id = 4; "
      "COMMIT;"
      "BEGIN; DELETE FROM u WHERE id = 5; INSERT INTO u VALUES (500, 'user5', 5, 0); COMMIT;"
      "DELETE FROM u WHERE id = 6; INSERT INTO u VALUES (600, 'USER6', 6, 0);"
      "UPDATE u SET email = NULL WHERE id IN (7, 8); UPDATE u SET email = 'User7' WHERE id = 8;"
      "BEGIN; UPDATE u SET b = 9 WHERE id = 10; UPDATE u SET b = 0 WHERE id = 10; UPDATE u SET b = "
      "3 WHERE id = 10; COMMIT;"
      "UPDATE d SET n = 51 - n; BEGIN; UPDATE d SET n = 2 WHERE id = 1; UPDATE d SET n = 100 WHERE "
      "id = 49; COMMIT;";
  expect_migrates(story);
  expect_falls_forward(story);
}

TEST(Tables, ForeignKeysMayPointBackAndInCircles) {
  VOYAGER_REQUIRE_TARGET();
  Story story;
  story.setup =
      "CREATE TABLE tree (id int PRIMARY KEY, parent int REFERENCES tree ON DELETE CASCADE);"
      "CREATE TABLE hen (id int PRIMARY KEY, egg int); CREATE TABLE egg (id int PRIMARY KEY, hen "
      "int REFERENCES hen);"
      "INSERT INTO hen VALUES (1, 1), (2, NULL); INSERT INTO egg VALUES (1, 2), (2, 1);"
      "ALTER TABLE hen ADD FOREIGN KEY (egg) REFERENCES egg DEFERRABLE INITIALLY DEFERRED;"
      "INSERT INTO tree SELECT i, CASE WHEN i < 1000 THEN i + 1 END FROM generate_series(1, 1000) "
      "i;";
  story.changes =
      "BEGIN; INSERT INTO hen VALUES (10, 20); INSERT INTO egg VALUES (20, 10); COMMIT;"
      "INSERT INTO tree VALUES (2000, 2000); UPDATE tree SET parent = 1000 WHERE id = 500; DELETE "
      "FROM tree WHERE id = 300;"
      "UPDATE hen SET egg = 2 WHERE id = 2;";
  expect_migrates(story);
  expect_falls_forward(story);
}

TEST(Tables, PartitionsOfEveryKindAndRowsThatMoveBetweenThem) {
  VOYAGER_REQUIRE_TARGET();
  Story story;
  story.schemas = "public,old";
  story.setup =
      "CREATE SCHEMA old;"
      "CREATE TABLE r (id int, d date, v text, PRIMARY KEY (id, d)) PARTITION BY RANGE (d);"
      "CREATE TABLE old.r_2023 PARTITION OF r FOR VALUES FROM (MINVALUE) TO ('2024-01-01');"
      "CREATE TABLE r_2024 PARTITION OF r FOR VALUES FROM ('2024-01-01') TO ('2025-01-01');"
      "CREATE TABLE r_default PARTITION OF r DEFAULT;"
      "CREATE TABLE l (id int, c text, v int) PARTITION BY LIST (c);"
      "CREATE TABLE l_ab PARTITION OF l FOR VALUES IN ('a', 'b'); CREATE TABLE l_null PARTITION OF "
      "l FOR VALUES IN (NULL, 'c');"
      "CREATE TABLE h (id int PRIMARY KEY, v text) PARTITION BY HASH (id);"
      "CREATE TABLE h0 PARTITION OF h FOR VALUES WITH (MODULUS 2, REMAINDER 0);"
      "CREATE TABLE h1 PARTITION OF h FOR VALUES WITH (MODULUS 2, REMAINDER 1);"
      "CREATE TABLE two (id int, region text, at int, v text, PRIMARY KEY (id, region, at)) "
      "PARTITION BY LIST (region);"
      "CREATE TABLE two_eu PARTITION OF two FOR VALUES IN ('eu') PARTITION BY RANGE (at);"
      "CREATE TABLE two_eu_1 PARTITION OF two_eu FOR VALUES FROM (0) TO (100);"
      "CREATE TABLE two_eu_2 PARTITION OF two_eu FOR VALUES FROM (100) TO (200);"
      "CREATE TABLE two_us PARTITION OF two FOR VALUES IN ('us');"
      // A leaf whose columns stand in another order.
      "CREATE TABLE r_late (v text, gone int, d date NOT NULL, id int NOT NULL); ALTER TABLE "
      "r_late DROP COLUMN gone;"
      "ALTER TABLE r_late ADD PRIMARY KEY (id, d);"
      "ALTER TABLE r ATTACH PARTITION r_late FOR VALUES FROM ('2030-01-01') TO ('2031-01-01');"
      "INSERT INTO r SELECT i, date '2023-06-01' + i * 3, 'v' FROM generate_series(1, 300) i;"
      "INSERT INTO r VALUES (5000, '2030-05-05', 'late');"
      "INSERT INTO l SELECT i, (ARRAY['a', 'b', 'c', NULL])[1 + i % 4], i FROM generate_series(1, "
      "100) i;"
      "INSERT INTO h SELECT i, 'v' FROM generate_series(1, 100) i;"
      "INSERT INTO two SELECT i, (ARRAY['eu', 'us'])[1 + i % 2], i, 'v' FROM generate_series(1, "
      "199) i;";
  story.changes =
      "UPDATE r SET v = 'w' WHERE id % 3 = 0; UPDATE r SET d = '2024-05-05' WHERE id IN (1, 2, 3);"
      "UPDATE r SET d = '2030-02-02' WHERE id = 4; DELETE FROM r WHERE id % 7 = 0; INSERT INTO r "
      "VALUES (900, '2022-01-01', NULL);"
      "UPDATE l SET c = 'c' WHERE c = 'a' AND id < 50; UPDATE l SET c = NULL WHERE id = 1; DELETE "
      "FROM l WHERE id % 10 = 0;"
      "UPDATE h SET id = id + 1000 WHERE id % 2 = 0; DELETE FROM h WHERE id % 9 = 0;"
      "UPDATE two SET at = at + 100 WHERE region = 'eu' AND at < 50; UPDATE two SET region = 'us' "
      "WHERE id = 61;"
      "DELETE FROM two WHERE id % 11 = 0; INSERT INTO old.r_2023 VALUES (901, '2020-01-01', "
      "'direct');";
  expect_migrates(story);
}

TEST(Tables, PartitionMadeDuringTheMigrationIsFollowed) {
  VOYAGER_REQUIRE_TARGET();
  Story story;
  story.setup =
      "CREATE TABLE r (id int, d int, PRIMARY KEY (id, d)) PARTITION BY RANGE (d);"
      "CREATE TABLE r1 PARTITION OF r FOR VALUES FROM (0) TO (100); INSERT INTO r SELECT i, i FROM "
      "generate_series(1, 99) i;";
  story.on_target = "CREATE TABLE r2 PARTITION OF r FOR VALUES FROM (100) TO (200);";
  story.changes =
      "INSERT INTO r VALUES (500, 5); CREATE TABLE r2 PARTITION OF r FOR VALUES FROM (100) TO "
      "(200);"
      "INSERT INTO r VALUES (1000, 150), (1001, 151); UPDATE r SET d = 199 WHERE id = 1000; DELETE "
      "FROM r WHERE id = 1001;"
      "UPDATE r SET d = 120 WHERE id = 500;";
  expect_migrates(story);
}

TEST(Tables, IdentitySerialAndGeneratedColumnsGoOnAfterwards) {
  VOYAGER_REQUIRE_TARGET();
  Story story;
  story.setup =
      "CREATE TABLE always (id bigint GENERATED ALWAYS AS IDENTITY (START 100 INCREMENT 7) PRIMARY "
      "KEY, v text);"
      "CREATE TABLE by_default (id int GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY, v text);"
      "CREATE TABLE ser (id serial PRIMARY KEY, big bigserial, v text); CREATE SEQUENCE free_one "
      "INCREMENT -3;"
      "CREATE TABLE gen (id int PRIMARY KEY, a int, twice int GENERATED ALWAYS AS (a * 2) STORED, "
      "b text);"
      "CREATE TABLE bag (a int, twice int GENERATED ALWAYS AS (a * 2) STORED, at timestamptz "
      "DEFAULT now());"
      "INSERT INTO always (v) SELECT 'v' FROM generate_series(1, 50); INSERT INTO by_default (v) "
      "VALUES ('a'), ('b');"
      "INSERT INTO ser (v) VALUES ('a'), ('b'); SELECT nextval('free_one');"
      "INSERT INTO gen (id, a, b) SELECT i, i, 'b' FROM generate_series(1, 20) i; INSERT INTO bag "
      "(a) VALUES (1), (1), (NULL);";
  story.changes =
      "INSERT INTO always (v) VALUES ('x'), ('y'); INSERT INTO always OVERRIDING SYSTEM VALUE "
      "VALUES (5, 'forced');"
      "UPDATE always SET v = 'z' WHERE id = 100; DELETE FROM always WHERE id = 107; INSERT INTO "
      "by_default VALUES (77, 'own');"
      "INSERT INTO ser (v) VALUES ('c'); SELECT nextval('free_one'), nextval('free_one'); UPDATE "
      "gen SET a = a + 1 WHERE id < 5;"
      "DELETE FROM gen WHERE id = 9; INSERT INTO gen VALUES (100, NULL); DELETE FROM bag WHERE "
      "ctid = (SELECT min(ctid) FROM bag);"
      "UPDATE bag SET a = 5 WHERE a IS NULL;";
  expect_migrates(story);
  expect_falls_forward(story);
}

TEST(Tables, TriggersAndRulesOfTheTargetStayQuiet) {
  VOYAGER_REQUIRE_TARGET();
  Story story;
  story.setup =
      "CREATE TABLE t (id int PRIMARY KEY, v text); CREATE TABLE trace (id int PRIMARY KEY);"
      "INSERT INTO t SELECT i, 'v' FROM generate_series(1, 100) i;";
  story.on_target =
      "CREATE FUNCTION spoil() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN "
      "IF TG_OP = 'DELETE' THEN RETURN NULL; END IF; NEW.v := 'spoilt'; RETURN NEW; END$$;"
      "CREATE TRIGGER spoil BEFORE INSERT OR UPDATE OR DELETE ON t FOR EACH ROW EXECUTE FUNCTION "
      "spoil();"
      "CREATE RULE trace AS ON UPDATE TO t DO ALSO INSERT INTO trace VALUES (new.id);";
  story.changes =
      "INSERT INTO t VALUES (1000, 'new'); UPDATE t SET v = 'w' WHERE id < 10; DELETE FROM t WHERE "
      "id = 50;";
  expect_migrates(story);
}

TEST(Tables, SchemasAndAwkwardNames) {
  VOYAGER_REQUIRE_TARGET();
  Story story;
  story.schemas = "public,other,Sales Dept";
  const std::string longest(63, 'n');
  story.setup =
      "CREATE SCHEMA other; CREATE SCHEMA \"Sales Dept\";"
      "CREATE TABLE t (id int PRIMARY KEY, v text); CREATE TABLE other.t (id int PRIMARY KEY, v "
      "text);"
      "CREATE TABLE \"Sales Dept\".\"T\" (\"Id\" int PRIMARY KEY, \"select\" text, "
      "\"with\"\"quote\" text, \"a b\" int);"
      "CREATE TABLE \"select\" (\"from\" int PRIMARY KEY, \"where\" text);"
      "CREATE TABLE \"dot.ted/slash %s $1 'q'\" (\"co.l\" int PRIMARY KEY, \"v'\\\" text);"
      "CREATE TABLE \"Tabelle_äöü_表\" (\"schlüssel\" int PRIMARY KEY, \"wert😀\" text);"
      "CREATE TABLE " +
      longest + " (id int PRIMARY KEY, " + longest + " text);";
  for (const std::string& table :
       {std::string("t"), std::string("other.t"), std::string("\"Sales Dept\".\"T\""),
        std::string("\"select\""), std::string("\"dot.ted/slash %s $1 'q'\""),
        std::string("\"Tabelle_äöü_表\""), longest}) {
    story.setup += "INSERT INTO " + table + " SELECT i, 'v' || i FROM generate_series(1, 20) i;";
    story.changes += "INSERT INTO " + table + " VALUES (1000, 'new'); DELETE FROM " + table +
                     " WHERE ctid = (SELECT min(ctid) FROM " + table + ");";
  }
  story.changes +=
      "UPDATE t SET v = 'w' WHERE id > 10; UPDATE \"Sales Dept\".\"T\" SET \"select\" = NULL, "
      "\"with\"\"quote\" = '\"';"
      "UPDATE \"select\" SET \"where\" = 'and'; UPDATE \"dot.ted/slash %s $1 'q'\" SET \"v'\\\" = "
      "'''';";
  expect_migrates(story);
  expect_falls_forward(story);
}

TEST(Tables, SixteenHundredColumns) {
  VOYAGER_REQUIRE_TARGET();
  Story story;
  story.setup = "CREATE TABLE wide (id smallint PRIMARY KEY";
  for (int i = 1; i < 1600; ++i) {
    story.setup += ", c" + std::to_string(i) + " smallint";
  }
  story.setup +=
      "); INSERT INTO wide (id, c1, c800, c1599) SELECT i, i, NULL, -i FROM generate_series(1, 50) "
      "i;";
  story.changes =
      "INSERT INTO wide (id, c1599) VALUES (1000, 7); UPDATE wide SET c800 = 5, c1 = NULL WHERE id "
      "< 10;"
      "DELETE FROM wide WHERE id = 20;";
  expect_migrates(story);
}

TEST(Tables, TwoThousandTablesMostOfThemEmpty) {
  VOYAGER_REQUIRE_TARGET();
  Story story;
  story.setup =
      "SET client_min_messages = warning; DO $$BEGIN FOR i IN 1..2000 LOOP "
      "EXECUTE format('CREATE TABLE t%s (id int PRIMARY KEY, v text)', i); "
      "IF i % 10 = 0 THEN EXECUTE format('INSERT INTO t%s SELECT i, ''v'' FROM generate_series(1, "
      "10) i', i); END IF; "
      "IF i % 100 = 0 THEN COMMIT; END IF; END LOOP; END$$;";
  story.changes =
      "INSERT INTO t1 VALUES (1, 'x'); UPDATE t10 SET v = 'w'; DELETE FROM t20; INSERT INTO t2000 "
      "VALUES (100, 'y');";
  story.changes_back = "DELETE FROM t2000; UPDATE t10 SET v = 'z'; INSERT INTO t3 VALUES (3, 'q');";
  story.churns = false;
  expect_migrates(story);
}

}  // namespace
}  // namespace voyager::testing
