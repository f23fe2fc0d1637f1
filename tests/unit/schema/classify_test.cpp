// SPDX-License-Identifier: Apache-2.0
#include "schema/classify.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "schema/parse_tree.hpp"
#include "schema/yugabyte_syntax.hpp"

namespace voyager::schema {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

struct Case {
  const char* sql;
  const char* type;  // empty: none
};

void PrintTo(const Case& value, std::ostream* out) {
  *out << value.sql;
}

std::string type_name(const Facts& facts) {
  return facts.type ? std::string(object_file(*facts.type).name) : std::string();
}

class EveryKind : public ::testing::TestWithParam<Case> {};

TEST_P(EveryKind, HasItsFile) {
  EXPECT_EQ(type_name(classify(GetParam().sql)), GetParam().type);
}

constexpr Case every_kind[]{
    {"CREATE SCHEMA \"App\"", "SCHEMA"},
    {"CREATE COLLATION s.c (provider = icu, locale = 'de')", "COLLATION"},
    {"CREATE EXTENSION IF NOT EXISTS hstore WITH SCHEMA public", "EXTENSION"},
    {"CREATE OR REPLACE PROCEDURAL LANGUAGE l HANDLER s.h", "LANGUAGE"},
    {"CREATE ACCESS METHOD m TYPE TABLE HANDLER h", "ACCESS METHOD"},
    {"CREATE TYPE s.t AS (a int, b text)", "TYPE"},
    {"CREATE TYPE s.t AS ENUM ('a', 'b')", "TYPE"},
    {"CREATE TYPE s.t AS RANGE (subtype = int4, multirange_type_name = s.m)", "TYPE"},
    {"CREATE TYPE s.t (INPUT = f, OUTPUT = g)", "TYPE"},
    {"CREATE TYPE s.t", "TYPE"},
    {"ALTER TYPE s.t ADD VALUE 'c'", "TYPE"},
    {"CREATE DOMAIN s.d AS text CONSTRAINT c CHECK (VALUE <> '')", "DOMAIN"},
    {"ALTER DOMAIN s.d ADD CONSTRAINT c CHECK (VALUE <> '')", "DOMAIN"},
    {"CREATE SEQUENCE s.q START WITH 1 CACHE 1", "SEQUENCE"},
    {"ALTER SEQUENCE s.q OWNED BY s.t.id", "SEQUENCE"},
    {"CREATE TABLE s.t (id int NOT NULL) PARTITION BY RANGE (id)", "TABLE"},
    {"CREATE UNLOGGED TABLE s.t (id int)", "TABLE"},
    {"ALTER TABLE ONLY s.t ATTACH PARTITION s.p FOR VALUES FROM (1) TO (2)", "TABLE"},
    {"ALTER TABLE ONLY s.t ALTER COLUMN id SET DEFAULT nextval('s.q'::regclass)", "TABLE"},
    {"ALTER TABLE s.t ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (SEQUENCE NAME s.q START "
     "WITH 1)",
     "TABLE"},
    {"ALTER TABLE ONLY s.t ADD CONSTRAINT p PRIMARY KEY (id)", "TABLE"},
    {"CREATE UNIQUE INDEX i ON s.t USING btree (id) WHERE id > 1", "INDEX"},
    {"CREATE INDEX i ON ONLY s.t USING gin (lower(a))", "INDEX"},
    {"ALTER INDEX s.i ATTACH PARTITION s.j", "INDEX"},
    {"ALTER TABLE s.t CLUSTER ON i", "INDEX"},
    {"CREATE FUNCTION s.f(int) RETURNS int LANGUAGE sql AS $$ SELECT 1; $$", "FUNCTION"},
    {"CREATE FUNCTION s.f() RETURNS int BEGIN ATOMIC SELECT 1; END", "FUNCTION"},
    {"CREATE AGGREGATE s.a(int) (SFUNC = f, STYPE = int)", "AGGREGATE"},
    {"CREATE PROCEDURE s.p() LANGUAGE plpgsql AS $$ BEGIN NULL; END $$", "PROCEDURE"},
    {"CREATE OPERATOR s.=== (FUNCTION = f, LEFTARG = int, RIGHTARG = int)", "OPERATOR"},
    {"CREATE OPERATOR FAMILY s.f USING btree", "OPERATOR"},
    {"CREATE OPERATOR CLASS s.c FOR TYPE int USING btree AS OPERATOR 1 <", "OPERATOR"},
    {"ALTER OPERATOR FAMILY s.f USING btree ADD OPERATOR 1 <(int, int)", "OPERATOR"},
    {"CREATE CAST (text AS s.t) WITH FUNCTION f(text)", "CAST"},
    {"CREATE TRANSFORM FOR hstore LANGUAGE plpython3u (FROM SQL WITH FUNCTION f(internal))",
     "TRANSFORM"},
    {"CREATE DEFAULT CONVERSION s.c FOR 'UTF8' TO 'LATIN1' FROM f", "CONVERSION"},
    {"CREATE TEXT SEARCH CONFIGURATION s.c (PARSER = pg_catalog.\"default\")", "TEXT SEARCH"},
    {"CREATE TEXT SEARCH DICTIONARY s.d (TEMPLATE = simple)", "TEXT SEARCH"},
    {"ALTER TEXT SEARCH CONFIGURATION s.c ADD MAPPING FOR word WITH simple", "TEXT SEARCH"},
    {"CREATE FOREIGN DATA WRAPPER w", "FOREIGN SERVER"},
    {"CREATE SERVER s FOREIGN DATA WRAPPER w OPTIONS (host 'a')", "FOREIGN SERVER"},
    {"CREATE USER MAPPING FOR u SERVER s", "FOREIGN SERVER"},
    {"CREATE FOREIGN TABLE s.t (i int) SERVER s", "FOREIGN TABLE"},
    {"CREATE VIEW s.v AS SELECT 1", "VIEW"},
    {"CREATE OR REPLACE VIEW s.v AS SELECT 1", "VIEW"},
    {"CREATE MATERIALIZED VIEW s.v AS SELECT 1 WITH NO DATA", "MVIEW"},
    {"CREATE RULE r AS ON DELETE TO s.t DO INSTEAD NOTHING", "RULE"},
    {"ALTER TABLE s.t DISABLE RULE r", "RULE"},
    {"CREATE STATISTICS s.st ON a, b FROM s.t", "STATISTICS"},
    {"ALTER STATISTICS s.st SET STATISTICS 100", "STATISTICS"},
    {"CREATE POLICY p ON s.t USING (true)", "POLICY"},
    {"ALTER TABLE s.t ENABLE ROW LEVEL SECURITY", "POLICY"},
    {"ALTER TABLE ONLY s.t FORCE ROW LEVEL SECURITY", "POLICY"},
    {"CREATE TRIGGER g BEFORE UPDATE ON s.t FOR EACH ROW EXECUTE FUNCTION f()", "TRIGGER"},
    {"CREATE EVENT TRIGGER e ON ddl_command_end EXECUTE FUNCTION f()", "TRIGGER"},
    {"ALTER EVENT TRIGGER e DISABLE", "TRIGGER"},
    {"ALTER TABLE s.t ENABLE ALWAYS TRIGGER g", "TRIGGER"},
    {"COMMENT ON TABLE s.t IS 'it''s; fine'", "COMMENT"},
    {"SELECT 1", ""},
    {"INSERT INTO s.t VALUES (1)", ""},
    {"GRANT SELECT ON s.t TO u", ""},
    {"SET statement_timeout = 0", ""},
    // What PostgreSQL 15's grammar refuses.
    {"CREATE TABLE t (id int, PRIMARY KEY (id HASH)) SPLIT INTO 3 TABLETS", "TABLE"},
    {"CREATE TABLE t (a int, b int GENERATED ALWAYS AS (a) VIRTUAL)", "TABLE"},
    {"CREATE UNIQUE INDEX NONCONCURRENTLY i ON t (a HASH, b ASC) SPLIT INTO 3 TABLETS", "INDEX"},
    {"CREATE OR REPLACE PROCEDURE p() strange", "PROCEDURE"},
    {"CREATE MATERIALIZED VIEW strange strange", "MVIEW"},
    {"CREATE UNLOGGED TABLE strange strange", "TABLE"},
    {"ALTER FOREIGN TABLE strange strange", "FOREIGN TABLE"},
    {"CREATE CONSTRAINT TRIGGER strange", "TRIGGER"},
    {"COMMENT ON strange strange strange", "COMMENT"},
    {"CREATE strange", ""},
    {"strange", ""},
};

INSTANTIATE_TEST_SUITE_P(Classify, EveryKind, ::testing::ValuesIn(every_kind));

TEST(Classify, NamesInQuotesAreNotKeywords) {
  EXPECT_EQ(type_name(classify("CREATE TABLE \"table\".\"index\" (\"select\" int)")), "TABLE");
}

TEST(Classify, OnlySecondaryIndexesWaitForTheData) {
  const Facts secondary = classify("CREATE INDEX \"I\" ON s.t USING btree (a)");
  EXPECT_TRUE(secondary.after_data);
  EXPECT_THAT(secondary.defines, ElementsAre("index \"s\" \"I\""));
  EXPECT_FALSE(classify("CREATE UNIQUE INDEX i ON s.t USING btree (a)").after_data);
}

TEST(Classify, HowYugabyteShardsAKeyIsNoObstacle) {
  const auto constraint = [](const std::string& key) {
    return "ALTER TABLE ONLY s.t ADD CONSTRAINT k PRIMARY KEY " + key;
  };
  for (const char* key : {"(a HASH, b ASC)", "((a, b) HASH, c DESC)", "(hash ASC, \"asc\")"})
    EXPECT_FALSE(parse_sql(constraint(key)).failure) << key;
  for (const char* key : {"(a HASH b)", "(asc)", "(a) HASH", "(a, b HASH"})
    EXPECT_TRUE(parse_sql(constraint(key)).failure) << key;
  EXPECT_TRUE(parse_sql("CREATE TABLE t (a int, UNIQUE (a ASC))").failure);
  EXPECT_EQ(in_postgres_grammar("PRIMARY KEY ((a,\"HASH\") HASH,c ASC)) SPLIT INTO 3 TABLETS"),
            "PRIMARY KEY ( a,\"HASH\"      ,c    ))                     ");
  EXPECT_TRUE(classify("CREATE TABLE s.t (a date, PRIMARY KEY (a ASC)) WITH (colocation = false) "
                       "SPLIT AT VALUES (('2024-01-01'))")
                  .states_colocation);
}

TEST(Classify, IndexesInYugabyteGrammarAreUnderstoodByTheirWords) {
  const Facts secondary =
      classify("CREATE INDEX NONCONCURRENTLY IF NOT EXISTS \"I\" ON ONLY s.t (a HASH)");
  EXPECT_TRUE(secondary.after_data);
  EXPECT_THAT(secondary.defines, ElementsAre("index \"s\" \"I\""));
  EXPECT_FALSE(classify("CREATE UNIQUE INDEX i ON s.t (a HASH)").after_data);
  EXPECT_TRUE(classify("CREATE INDEX ON s.t (a HASH)").after_data);
  EXPECT_THAT(classify("CREATE INDEX ON s.t (a HASH)").defines, IsEmpty());
  EXPECT_TRUE(classify("CREATE INDEX HASH").after_data);
}

TEST(Classify, AttachedIndexesNeedBoth) {
  EXPECT_THAT(classify("ALTER INDEX s.parent ATTACH PARTITION p.child").needs,
              ElementsAre("index \"s\" \"parent\"", "index \"p\" \"child\""));
}

TEST(Classify, OnlyConstraintsThatAreNotValidWaitForTheData) {
  const Facts check = classify("ALTER TABLE s.t ADD CONSTRAINT c CHECK ((a > 0)) NOT VALID");
  EXPECT_TRUE(check.after_data);
  EXPECT_THAT(check.defines, ElementsAre("constraint \"s\" \"t\" \"c\""));
  const Facts key =
      classify("ALTER TABLE ONLY s.t ADD CONSTRAINT f FOREIGN KEY (a) REFERENCES s.u(a) NOT VALID");
  EXPECT_TRUE(key.after_data);
  EXPECT_EQ(key.role, StatementRole::foreign_key);
  EXPECT_FALSE(classify("ALTER TABLE s.t ADD CONSTRAINT c CHECK ((a > 0))").after_data);
  EXPECT_FALSE(classify("ALTER TABLE ONLY s.t ADD CONSTRAINT u UNIQUE (a)").after_data);
  EXPECT_TRUE(
      classify("ALTER DOMAIN s.d ADD CONSTRAINT c CHECK ((VALUE > 0)) NOT VALID").after_data);
  EXPECT_TRUE(
      classify("ALTER TABLE t ADD CONSTRAINT c CHECK (a > 0) strange NOT VALID").after_data);
  EXPECT_THAT(classify("ALTER TABLE s.t VALIDATE CONSTRAINT c").needs,
              ElementsAre("constraint \"s\" \"t\" \"c\""));
  EXPECT_THAT(classify("ALTER DOMAIN s.d VALIDATE CONSTRAINT c").needs,
              ElementsAre("domain constraint \"s\" \"d\" \"c\""));
}

TEST(Classify, TriggersWaitForTheData) {
  const Facts trigger = classify("CREATE TRIGGER g AFTER INSERT ON s.t EXECUTE FUNCTION f()");
  EXPECT_TRUE(trigger.after_data);
  EXPECT_THAT(trigger.defines, ElementsAre("trigger \"s\" \"t\" \"g\""));
  EXPECT_THAT(classify("CREATE EVENT TRIGGER e ON sql_drop EXECUTE FUNCTION f()").defines,
              ElementsAre("event trigger \"e\""));
  EXPECT_TRUE(classify("ALTER TABLE s.t DISABLE TRIGGER g").after_data);
}

TEST(Classify, CommentsKnowTheObjectThatMayBeHeldBack) {
  EXPECT_THAT(classify("COMMENT ON INDEX s.i IS 'x'").needs, ElementsAre("index \"s\" \"i\""));
  EXPECT_THAT(classify("COMMENT ON TRIGGER g ON s.t IS 'x'").needs,
              ElementsAre("trigger \"s\" \"t\" \"g\""));
  EXPECT_THAT(classify("COMMENT ON CONSTRAINT c ON s.t IS 'x'").needs,
              ElementsAre("constraint \"s\" \"t\" \"c\""));
  EXPECT_THAT(classify("COMMENT ON CONSTRAINT c ON DOMAIN s.d IS 'x'").needs,
              ElementsAre("domain constraint \"s\" \"d\" \"c\""));
  EXPECT_THAT(classify("COMMENT ON EVENT TRIGGER e IS 'x'").needs,
              ElementsAre("event trigger \"e\""));
  EXPECT_THAT(classify("COMMENT ON TABLE s.t IS 'x'").needs, IsEmpty());
}

TEST(Classify, TextThatIsNotUtf8IsUnderstoodByItsWords) {
  const Facts facts = classify("CREATE UNIQUE INDEX i ON s.t (a) WHERE b = '\xE9'");
  EXPECT_EQ(type_name(facts), "INDEX");
  EXPECT_FALSE(facts.after_data);
}

TEST(Classify, RolesAreSeen) {
  EXPECT_EQ(classify("SET statement_timeout = 0").role, StatementRole::session_setting);
  EXPECT_EQ(classify("SELECT pg_catalog.set_config('search_path', '', false)").role,
            StatementRole::session_setting);
  EXPECT_EQ(classify("SELECT pg_catalog.setval('s.q', 1, true)").role, StatementRole::ordinary);
  EXPECT_EQ(classify("ALTER TABLE ONLY s.t REPLICA IDENTITY FULL").role,
            StatementRole::replica_identity);
  EXPECT_EQ(classify("ALTER TABLE ONLY s.t REPLICA IDENTITY USING INDEX i").role,
            StatementRole::replica_identity);
  EXPECT_EQ(classify("ALTER TABLE s.t ADD CONSTRAINT f FOREIGN KEY (a) REFERENCES u").role,
            StatementRole::foreign_key);
  EXPECT_EQ(classify("ALTER SEQUENCE s.q OWNED BY s.t.id").role, StatementRole::sequence_owner);
  EXPECT_EQ(classify("CREATE SCHEMA \"App\"").schema, "App");
  EXPECT_TRUE(classify("CREATE SCHEMA public").preinstalled);
  EXPECT_TRUE(classify("CREATE EXTENSION plpgsql").preinstalled);
  EXPECT_FALSE(classify("CREATE EXTENSION hstore").preinstalled);
}

TEST(Classify, AKeyFromAnIndexNeedsIt) {
  EXPECT_THAT(classify("ALTER TABLE s.t ADD CONSTRAINT k UNIQUE USING INDEX i").needs,
              ElementsAre("index \"s\" \"i\""));
}

}  // namespace
}  // namespace voyager::schema
