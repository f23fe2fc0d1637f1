// SPDX-License-Identifier: Apache-2.0
#include "engine/statistics.hpp"

#include <gmock/gmock.h>

#include <cmath>

namespace voyager::engine {
namespace {

using ::testing::Optional;

TEST(DataStatement, KeepsWhatReadsAndChangesRows) {
  for (const char* text :
       {"SELECT a FROM t WHERE b = $1", "INSERT INTO t VALUES ($1)", "UPDATE t SET a = $1",
        "DELETE FROM t", "VALUES ($1)", "TABLE t",
        "with x as (select $1) insert into t select * from x", "(SELECT $1) UNION (SELECT $2)",
        "MERGE INTO t USING s ON t.a = s.a WHEN MATCHED THEN DELETE"})
    EXPECT_THAT(data_statement(text), Optional(std::string(text)));
}

TEST(DataStatement, LeavesOutEveryOtherStatement) {
  for (const char* text :
       {"CREATE ROLE r PASSWORD 'secret'", "ALTER USER u PASSWORD 'secret'", "COPY t FROM STDIN",
        "BEGIN", "SET search_path = a", "EXPLAIN SELECT 1", "CALL p('secret')",
        "CREATE TABLE t AS SELECT 'secret'", "EXECUTE s('secret')", "<insufficient privilege>", "",
        "/* only a comment */", "(", "'select'"})
    EXPECT_EQ(data_statement(text), std::nullopt) << text;
}

TEST(DataStatement, LeavesOutASelectThatMakesATable) {
  EXPECT_EQ(data_statement("SELECT 'secret' AS a INTO t"), std::nullopt);
  EXPECT_EQ(data_statement("WITH x AS (SELECT 1) SELECT * into temp t FROM x"), std::nullopt);
  EXPECT_NE(data_statement("SELECT 1 AS into, t.into FROM t WHERE a = ' into '"), std::nullopt);
  EXPECT_NE(data_statement("SELECT \"into\" FROM t -- into"), std::nullopt);
}

TEST(DataStatement, TakesConstantsOutOfAStatementThatTheServerKeptAsItWas) {
  EXPECT_THAT(data_statement("SELECT 'it''s', E'a\\'b', $tag$x'y$tag$, X'1F', 4111.5e-3, \"k1\""),
              Optional(std::string("SELECT '', E'', '', X'', 0, \"k1\"")));
  EXPECT_THAT(data_statement("SELECT t1.a2 FROM t1 WHERE n = 42"),
              Optional(std::string("SELECT t1.a2 FROM t1 WHERE n = 0")));
}

TEST(DataStatement, LeavesTypesOfANormalisedStatementAsTheyAre) {
  EXPECT_THAT(data_statement("SELECT a::numeric(10, 2) FROM t WHERE b = $1 AND c = 'left'"),
              Optional(std::string("SELECT a::numeric(10, 2) FROM t WHERE b = $1 AND c = ''")));
}

TEST(DataStatement, LeavesOutComments) {
  EXPECT_THAT(data_statement("/* user=7 */ SELECT a -- 'x'\n FROM t /* a /* nested */ b */"),
              Optional(std::string("SELECT a  \n FROM t")));
}

TEST(DataStatement, SurvivesWhatIsNotClosed) {
  EXPECT_THAT(data_statement("SELECT 'secret"), Optional(std::string("SELECT ''")));
  EXPECT_THAT(data_statement("SELECT $a$secret"), Optional(std::string("SELECT ''")));
  EXPECT_THAT(data_statement("SELECT E'\\"), Optional(std::string("SELECT E''")));
  EXPECT_THAT(data_statement("SELECT 1 /* secret"), Optional(std::string("SELECT 0")));
  EXPECT_THAT(data_statement("SELECT 1 /"), Optional(std::string("SELECT 0 /")));
  EXPECT_THAT(data_statement("SELECT \"a"), Optional(std::string("SELECT \"a")));
  EXPECT_THAT(data_statement("SELECT $"), Optional(std::string("SELECT $")));
}

QueryStatistics query(std::int64_t id, const char* text, std::int64_t calls, double mean,
                      double deviation) {
  QueryStatistics query;
  query.id = id;
  query.text = text;
  query.calls = calls;
  query.rows = calls;
  query.total_ms = static_cast<double>(calls) * mean;
  query.mean_ms = mean;
  query.min_ms = mean - deviation;
  query.max_ms = mean + deviation;
  query.stddev_ms = deviation;
  return query;
}

TEST(MergedByText, CountsTheSameStatementOfSeveralUsersTogether) {
  const auto merged =
      merged_by_text({query(1, "b", 1, 10, 0), query(2, "a", 5, 1, 0), query(3, "b", 3, 2, 1)});
  ASSERT_EQ(merged.size(), 2U);
  EXPECT_EQ(merged[0], query(2, "a", 5, 1, 0));
  const QueryStatistics& both = merged[1];
  EXPECT_EQ(both.text, "b");
  EXPECT_EQ(both.id, 3);
  EXPECT_EQ(both.calls, 4);
  EXPECT_EQ(both.rows, 4);
  EXPECT_DOUBLE_EQ(both.total_ms, 16);
  EXPECT_DOUBLE_EQ(both.mean_ms, 4);
  EXPECT_DOUBLE_EQ(both.min_ms, 1);
  EXPECT_DOUBLE_EQ(both.max_ms, 10);
  // One call of 10 and three of 2 ± 1: (100 + 3 * (4 + 1)) / 4 - 4 * 4.
  EXPECT_DOUBLE_EQ(both.stddev_ms, std::sqrt(12.75));
}

}  // namespace
}  // namespace voyager::engine
