// SPDX-License-Identifier: Apache-2.0
#include "schema/split.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.hpp"
#include "schema/tokens.hpp"

namespace voyager::schema {
namespace {

using ::testing::ElementsAre;

std::vector<std::string> texts(const std::string& sql) {
  std::vector<std::string> result;
  for (const Statement& statement : split_statements(sql)) result.push_back(statement.text);
  return result;
}

TEST(Split, CutsAtSemicolonsAndLeavesCommentsBetweenStatementsOut) {
  EXPECT_THAT(
      texts("-- one\nCREATE TABLE a (i int);\n/* two; */ CREATE TABLE b (i int) -- three\n;;\n"),
      ElementsAre("CREATE TABLE a (i int)", "CREATE TABLE b (i int)"));
}

TEST(Split, KeepsTheLastStatementWithoutASemicolon) {
  EXPECT_THAT(texts("SELECT 1; SELECT 2"), ElementsAre("SELECT 1", "SELECT 2"));
  EXPECT_TRUE(texts(" -- nothing\n").empty());
}

TEST(Split, LeavesSemicolonsInQuotesAndCommentsAlone) {
  const std::string function =
      "CREATE FUNCTION f() RETURNS void LANGUAGE plpgsql AS $fn$\nBEGIN\n  -- it's; $$ odd;\n  "
      "PERFORM 1;\nEND;\n$fn$";
  const std::string view = "CREATE VIEW \"a;b\" AS SELECT 'x;''y' /* in; it */ AS c, E'\\';' AS d";
  EXPECT_THAT(texts(function + ";\n" + view + ";"), ElementsAre(function, view));
}

TEST(Split, KeepsRulesWithSeveralActionsWhole) {
  const std::string rule =
      "CREATE OR REPLACE RULE r AS ON INSERT TO t DO ALSO (INSERT INTO a VALUES (1); DELETE FROM "
      "b)";
  EXPECT_THAT(texts(rule + "; SELECT 1;"), ElementsAre(rule, "SELECT 1"));
}

TEST(Split, KeepsSqlStandardFunctionBodiesWhole) {
  const std::string function =
      "CREATE FUNCTION f(x int) RETURNS int\n BEGIN ATOMIC\n SELECT 1;\n"
      " SELECT CASE WHEN x > 1 THEN 2 ELSE 3 END;\nEND";
  EXPECT_THAT(texts(function + ";\nCREATE TABLE t (i int);"),
              ElementsAre(function, "CREATE TABLE t (i int)"));
}

TEST(Split, AnUnbalancedParenthesisDoesNotSwallowTheRest) {
  EXPECT_THAT(texts("CREATE TABLE t (i int; SELECT 1;"),
              ElementsAre("CREATE TABLE t (i int", "SELECT 1"));
}

TEST(Split, NeedsNoGrammar) {
  EXPECT_THAT(
      texts("CREATE TABLE t (id int, PRIMARY KEY (id HASH)) SPLIT INTO 3 TABLETS; SELECT 1;"),
      ElementsAre("CREATE TABLE t (id int, PRIMARY KEY (id HASH)) SPLIT INTO 3 TABLETS",
                  "SELECT 1"));
}

TEST(Split, CountsLinesAndMultibyteCharacters) {
  const std::vector<Statement> statements =
      split_statements("-- é\n\nCREATE TABLE \"täble€😀\" (i int);\n\nSELECT\n 1;\nSELECT 2;");
  ASSERT_EQ(statements.size(), 3U);
  EXPECT_EQ(statements[0].text, "CREATE TABLE \"täble€😀\" (i int)");
  EXPECT_EQ(statements[0].line, 3U);
  EXPECT_EQ(statements[1].line, 5U);
  EXPECT_EQ(statements[2].line, 7U);
}

TEST(Split, SaysWhatIsUnreadable) {
  try {
    split_statements("SELECT 'never closed;\n");
    FAIL() << "read it";
  } catch (const Error& error) {
    EXPECT_EQ(error.code().number, 4005);
    EXPECT_THAT(error.what(), ::testing::HasSubstr("unterminated quoted string"));
  }
  EXPECT_THROW(split_statements(std::string("SELECT 1;\0SELECT 2;", 19)), Error);
}

TEST(RestrictLines, AreRemovedAroundADump) {
  EXPECT_EQ(without_restrict_lines(
                "--\n-- dump\n--\n\n\\restrict aB3\n\nSELECT 1;\n\n-- end\n\n\\unrestrict aB3\n\n"),
            "--\n-- dump\n--\n\n\nSELECT 1;\n\n-- end\n\n\n");
}

TEST(RestrictLines, StayWhereTheyAreText) {
  const std::string function =
      "CREATE FUNCTION f() RETURNS text LANGUAGE sql AS $$ SELECT '\n\\restrict x\n\\unrestrict "
      "x\n' $$;\n";
  EXPECT_EQ(without_restrict_lines(function), function);
  EXPECT_EQ(without_restrict_lines("\\restrict x\n" + function + "\\unrestrict x\n"), function);
  EXPECT_EQ(without_restrict_lines("\\restrict x\nSELECT 1;\n"), "\\restrict x\nSELECT 1;\n");
  EXPECT_EQ(without_restrict_lines(""), "");
}

TEST(Tokens, SchemaIsMentionedOnlyAsAQualifier) {
  EXPECT_TRUE(mentions_schema("CREATE TABLE public.t (i int)", "public"));
  EXPECT_TRUE(mentions_schema("CREATE TABLE a (b \"public\" . hstore)", "public"));
  EXPECT_FALSE(
      mentions_schema("CREATE TABLE a.public (i text DEFAULT 'public.x') -- public.y", "public"));
}

TEST(Tokens, QuotedNamesLoseTheirQuotesOnly) {
  const std::string sql = "\"My \"\"odd\"\" Name\" PLAIN";
  const std::vector<Token> tokens = scan_tokens(sql);
  ASSERT_EQ(tokens.size(), 2U);
  EXPECT_EQ(word_of(sql, tokens[0]), "My \"odd\" Name");
  EXPECT_EQ(word_of(sql, tokens[1]), "plain");
}

TEST(Tokens, NumbersOfLaterReleasesAreOneTokenEach) {
  const std::string sql = "SELECT 'é', 0x1F, 0O17,0b1_1 + 1_000.5 AS x, '0xZZ' -- 0xZZ";
  std::vector<std::string> words;
  for (const Token& token : scan_tokens(sql)) words.push_back(word_of(sql, token));
  EXPECT_THAT(words, ::testing::ElementsAre("select", "'é'", ",", "0x1f", ",", "0o17", ",", "0b1_1",
                                            "+", "1_000", ".5", "as", "x", ",", "'0xzz'"));
  const std::vector<Statement> cut = split_statements("SELECT 0xFF;\nSELECT 1;");
  ASSERT_EQ(cut.size(), 2U);
  EXPECT_EQ(cut[0].text, "SELECT 0xFF");
  EXPECT_EQ(cut[1].line, 2U);
}

TEST(Tokens, WhatIsNoNumberInAnyReleaseIsRefused) {
  for (const char* sql : {"SELECT 0x", "SELECT 0xG1", "SELECT 0b12", "SELECT 123abc", "SELECT 1_"})
    EXPECT_THROW(scan_tokens(sql), Error) << sql;
}

}  // namespace
}  // namespace voyager::schema
