// SPDX-License-Identifier: Apache-2.0
#include "analysis/newer_syntax.hpp"

#include <gmock/gmock.h>

#include "analysis/parsed_statement.hpp"

namespace voyager::analysis {
namespace {

std::vector<std::string> details(const TolerantParse& parse) {
  std::vector<std::string> all;
  for (const NewerSyntax& newer : parse.newer) all.push_back(newer.detail);
  return all;
}

TEST(NewerSyntax, WhatPostgresql15KnowsIsLeftAlone) {
  const TolerantParse parse =
      parse_with_newer_syntax("SELECT json_array(1), 'x IS JSON' FROM t WHERE a IS NULL");
  EXPECT_FALSE(parse.failure);
  EXPECT_TRUE(parse.newer.empty());
  EXPECT_EQ(parse.statements, schema::parse_sql("SELECT json_array(1), 'x IS JSON' FROM t WHERE "
                                                "a IS NULL")
                                  .statements);
}

TEST(NewerSyntax, TheRestOfTheStatementHasATreeAtItsPlaces) {
  const std::string sql =
      "SELECT JSON_OBJECT('é' : a,\n 'b' VALUE 0xFF RETURNING jsonb)\n  FROM t WHERE\n x IS NOT "
      "JSON OBJECT WITH UNIQUE KEYS AND y = 1";
  const TolerantParse parse = parse_with_newer_syntax(sql);
  ASSERT_FALSE(parse.failure) << parse.failure->message;
  EXPECT_THAT(details(parse), testing::ElementsAre("json_object", "0xFF", "IS JSON"));
  std::vector<std::string> columns;
  for_each_node(parse.statements[0], [&](const std::string& kind, const schema::Json& node) {
    if (kind == "ColumnRef") columns.push_back(sql.substr(location_of(node), 1));
  });
  EXPECT_THAT(columns, testing::UnorderedElementsAre("a", "x", "y"));
}

TEST(NewerSyntax, OffsetsPointAtTheConstruct) {
  const std::string sql = "SELECT 'ü', a IS JSON";
  const TolerantParse parse = parse_with_newer_syntax(sql);
  ASSERT_EQ(parse.newer.size(), 1U);
  EXPECT_EQ(sql.substr(parse.newer[0].offset), "IS JSON");
}

TEST(NewerSyntax, NestedCallsAreAllFound) {
  const TolerantParse parse = parse_with_newer_syntax(
      "SELECT JSON_ARRAY(JSON_OBJECT('a' : JSON_VALUE(j, '$.x' RETURNING int)), JSON_ARRAY(SELECT "
      "1) RETURNING jsonb)");
  ASSERT_FALSE(parse.failure) << parse.failure->message;
  EXPECT_THAT(details(parse), testing::UnorderedElementsAre("json_array", "json_object",
                                                            "json_value", "json_array"));
}

TEST(NewerSyntax, ColonsOfSlicesAndValuesThatAreColumnsStay) {
  const TolerantParse parse = parse_with_newer_syntax(
      "SELECT JSON_OBJECT(value : list[1:2], t.value VALUE value ABSENT ON NULL) FROM t");
  ASSERT_FALSE(parse.failure) << parse.failure->message;
  EXPECT_THAT(parse.statements.dump(), testing::HasSubstr("\"is_slice\":true"));
  std::size_t columns = 0;
  for_each_node(parse.statements[0], [&](const std::string& kind, const schema::Json&) {
    if (kind == "ColumnRef") ++columns;
  });
  EXPECT_EQ(columns, 4U);
}

TEST(NewerSyntax, AFailureThatItDoesNotExplainStays) {
  const TolerantParse parse = parse_with_newer_syntax("SELECT a IS JSON FORM b");
  ASSERT_TRUE(parse.failure);
  EXPECT_THAT(parse.failure->message, testing::HasSubstr("\"b\""));
  EXPECT_THAT(details(parse), testing::ElementsAre("IS JSON"));
}

TEST(NewerSyntax, BrokenTextIsAFailureAndNothingElse) {
  for (const char* sql : {"SELECT 'open", "SELECT JSON_OBJECT('a' :", "JSON_ARRAY(", "SELECT 0x",
                          "MERGE", "IS", "SELECT json_value(", "x IS NOT", "(((("}) {
    const TolerantParse parse = parse_with_newer_syntax(sql);
    EXPECT_TRUE(parse.failure) << sql;
    EXPECT_TRUE(parse.newer.empty()) << sql;
  }
}

}  // namespace
}  // namespace voyager::analysis
