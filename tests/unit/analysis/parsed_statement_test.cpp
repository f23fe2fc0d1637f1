// SPDX-License-Identifier: Apache-2.0
#include "analysis/parsed_statement.hpp"

#include <gtest/gtest.h>

namespace voyager::analysis {
namespace {

ParsedStatement only(const std::string& sql) {
  std::vector<ParsedStatement> parsed = parse_text("x.sql", sql);
  EXPECT_EQ(parsed.size(), 1U) << sql;
  return parsed.at(0);
}

TEST(ParsedStatementTest, NamesItsObject) {
  const std::vector<std::array<std::string, 3>> cases{
      {"CREATE TABLE s.\"T\" (a int)", "TABLE", "s.T"},
      {"CREATE UNIQUE INDEX i ON s.t (a)", "INDEX", "i ON s.t"},
      {"CREATE FOREIGN TABLE f (a int) SERVER x", "FOREIGN TABLE", "f"},
      {"ALTER TABLE ONLY s.t CLUSTER ON i", "TABLE", "s.t"},
      {"CREATE VIEW v AS SELECT 1", "VIEW", "v"},
      {"CREATE MATERIALIZED VIEW s.m AS SELECT 1", "MVIEW", "s.m"},
      {"CREATE POLICY p ON t USING (true)", "POLICY", "p ON t"},
      {"CREATE TRIGGER g BEFORE INSERT ON t EXECUTE FUNCTION f()", "TRIGGER", "g ON t"},
      {"CREATE TYPE s.e AS ENUM ('a')", "TYPE", "s.e"},
      {"CREATE TYPE c AS (a int)", "TYPE", "c"},
      {"CREATE DOMAIN d AS int", "DOMAIN", "d"},
      {"CREATE EXTENSION hstore", "EXTENSION", "hstore"},
      {"CREATE PROCEDURE s.p() LANGUAGE sql AS ''", "PROCEDURE", "s.p"},
      {"CREATE DATABASE d", "DATABASE", "d"},
      {"ALTER AGGREGATE s.a(int) OWNER TO joe", "AGGREGATE", "s.a"},
      {"ALTER VIEW s.v RENAME TO w", "VIEW", "s.v"},
      {"ALTER CONVERSION c RENAME TO d", "CONVERSION", "c"},
      {"DROP FOREIGN TABLE s.a, b", "FOREIGN TABLE", "s.a, b"},
      {"DROP MATERIALIZED VIEW m", "MVIEW", "m"},
      {"REINDEX TABLE t", "TABLE", "t"},
      {"ALTER TABLESPACE x SET (random_page_cost = 1)", "TABLESPACE", "x"},
      {"SELECT 1", "", ""},
  };
  for (const auto& [sql, type, name] : cases) {
    const ParsedStatement statement = only(sql);
    EXPECT_EQ(statement.object_type, type) << sql;
    EXPECT_EQ(statement.object_name, name) << sql;
  }
}

TEST(ParsedStatementTest, TellsWhereTheGrammarStops) {
  const auto parsed = parse_text("x.sql",
                                 "SELECT 1;\n\nCREATE TABLE s.t (\n  a int,\n  b b b\n);\n"
                                 "CREATE TABLE u (a int);");
  ASSERT_EQ(parsed.size(), 3U);
  ASSERT_TRUE(parsed[1].error);
  EXPECT_EQ(parsed[1].error->line, 5U);
  EXPECT_NE(parsed[1].error->message.find("syntax error"), std::string::npos);
  EXPECT_EQ(parsed[1].object_type, "TABLE");
  EXPECT_EQ(parsed[1].object_name, "s.t");
  EXPECT_FALSE(parsed[2].error);
  EXPECT_EQ(parsed[2].object_name, "u");
}

TEST(ParsedStatementTest, FindsTheLineBehindLettersOfManyBytes) {
  const ParsedStatement statement = only("SELECT 'äöü€',\n 'ß'\n FROM FROM");
  ASSERT_TRUE(statement.error);
  EXPECT_EQ(statement.error->line, 3U);
}

TEST(ParsedStatementTest, ATextThatCannotBeCutIsOneBrokenStatement) {
  const ParsedStatement statement = only("SELECT 1;\nSELECT 'open");
  ASSERT_TRUE(statement.error);
  EXPECT_NE(statement.error->message.find("unterminated"), std::string::npos);
}

TEST(ParsedStatementTest, HasTheSqlOfBodiesWithTheirLines) {
  const ParsedStatement plpgsql = only(
      "CREATE FUNCTION f() RETURNS void\nLANGUAGE plpgsql AS $x$\nBEGIN\n  PERFORM g();\nEND\n$x$");
  ASSERT_EQ(plpgsql.body.size(), 1U);
  EXPECT_EQ(plpgsql.body[0].line, 4U);
  EXPECT_TRUE(plpgsql.body[0].tree.contains("SelectStmt"));
  const ParsedStatement sql = only(
      "CREATE FUNCTION f() RETURNS int LANGUAGE sql AS '\nSELECT 1;\n"
      "SELECT 2;\n'");
  ASSERT_EQ(sql.body.size(), 2U);
  EXPECT_EQ(sql.body[1].line, 3U);
  EXPECT_EQ(only("DO $$ BEGIN PERFORM 1; END $$").body.size(), 1U);
  EXPECT_TRUE(
      only("CREATE FUNCTION f() RETURNS int LANGUAGE plpython3u AS 'return 1'").body.empty());
}

TEST(ParsedStatementTest, KeepsThePartsOfABodyThatCanBeReadBesideTheOneThatCannot) {
  const ParsedStatement statement = only(
      "DO $$ BEGIN\n  PERFORM a();\n  SELECT x BULK COLLECT INTO y FROM t;\n  PERFORM b();\nEND "
      "$$");
  EXPECT_FALSE(statement.error);
  ASSERT_EQ(statement.body.size(), 3U);
  EXPECT_TRUE(statement.body[1].tree.is_null());
  ASSERT_TRUE(statement.body_error);
  EXPECT_EQ(statement.body_error->line, 3U);
  std::size_t trees = 0;
  for_each_tree(statement, [&](const SearchedTree&) { ++trees; });
  EXPECT_EQ(trees, 3U);  // the DO itself and two parts
}

TEST(ParsedStatementTest, WalksEveryNodeWithItsLine) {
  const ParsedStatement statement = only("SELECT a,\n  f(b)\nFROM t");
  std::vector<std::size_t> lines;
  for_each_tree(statement, [&](const SearchedTree& searched) {
    for_each_node(searched.tree, [&](const std::string& kind, const Json& node) {
      if (kind == "FuncCall") lines.push_back(searched.line_at(location_of(node)));
    });
  });
  EXPECT_EQ(lines, std::vector<std::size_t>{2});
}

}  // namespace
}  // namespace voyager::analysis
