// SPDX-License-Identifier: Apache-2.0
#include "schema/parse_tree.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace voyager::schema {
namespace {

using ::testing::HasSubstr;

std::string sum_of(std::size_t terms) {
  std::string sql = "SELECT 1";
  for (std::size_t term = 1; term < terms; ++term) sql += "+1";
  return sql;
}

TEST(ParseTree, AStatementThatNestsThousandsOfLevelsDeepIsAFailure) {
  const ParseResult parsed = parse_sql(sum_of(20'000));
  ASSERT_TRUE(parsed.failure);
  EXPECT_THAT(parsed.failure->message, HasSubstr("too deeply"));
  EXPECT_TRUE(parsed.statements.empty());
}

TEST(ParseTree, LongStatementsThatAreNotDeepAreRead) {
  std::string sql = "INSERT INTO t VALUES (0)";
  for (int row = 1; row < 20'000; ++row) sql += ",('{[{\\\"[')";
  EXPECT_FALSE(parse_sql(sql).failure);
  EXPECT_FALSE(parse_sql(sum_of(900)).failure);
}

}  // namespace
}  // namespace voyager::schema
