// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <fstream>
#include <sstream>

#include "analysis/detector.hpp"
#include "analysis/issue.hpp"

namespace voyager::analysis {
namespace {

using testing::ElementsAre;

std::vector<Finding> analyse_text(const std::string& sql) {
  const auto statements = parse_text("x.sql", sql);
  return analyse(statements, SchemaFacts::gather(statements));
}

std::string sample(const char* name) {
  std::ifstream in(std::string(VOYAGER_SAMPLE_SCHEMAS) + "/" + name);
  std::ostringstream whole;
  whole << in.rdbuf();
  return whole.str();
}

/// "ISSUE object" of what is about schema objects, not about queries and speed.
std::vector<std::string> about_objects(const std::vector<Finding>& findings) {
  std::vector<std::string> found;
  for (const Finding& finding : findings) {
    const Category category = find_issue(finding.issue)->category;
    if (category != Category::performance_optimizations &&
        category != Category::unsupported_query_constructs)
      found.push_back(finding.issue + " " + finding.object_name);
  }
  return found;
}

TEST(AnalyseTest, ASampleSchemaHasTheseIssuesAndNoOthers) {
  EXPECT_THAT(
      about_objects(analyse_text(sample("film_rental.sql"))),
      ElementsAre("UNSUPPORTED_EXTENSION postgis",
                  "UNSUPPORTED_DATATYPE_LIVE_MIGRATION_POINT public.film",
                  "SECURITY_INVOKER_VIEWS public.films_by_rating",
                  "ALTER_TABLE_ADD_PK_ON_PARTITIONED_TABLE public.rental",
                  "ALTER_TABLE_CLUSTER_ON public.film", "ALTER_TABLE_SET_STATISTICS public.film",
                  "UNSUPPORTED_GIST_INDEX_METHOD film_fulltext_idx ON public.film",
                  "INDEX_ON_CITEXT_DATATYPE film_title_idx ON public.film",
                  "STORAGE_PARAMETERS rental_film_idx ON public.rental",
                  "BEFORE_ROW_TRIGGER_ON_PARTITIONED_TABLE rental_updated ON public.rental",
                  "POLICY_WITH_ROLES staff_only ON public.rental"));
}

TEST(AnalyseTest, EveryKindOfObjectIsUnderstood) {
  const auto statements = parse_text("every_object.sql", sample("every_object.sql"));
  EXPECT_GT(statements.size(), 60U);
  for (const ParsedStatement& statement : statements) {
    EXPECT_FALSE(statement.error) << statement.text;
    EXPECT_FALSE(statement.body_error) << statement.text << statement.body_error->message;
  }
  for (const Finding& finding : analyse(statements, SchemaFacts::gather(statements)))
    EXPECT_NE(find_issue(finding.issue), nullptr) << finding.issue;
}

TEST(AnalyseTest, WhatFollowsABrokenStatementIsAnalysed) {
  const auto findings = analyse_text(
      "CREATE TABLE a (x int PRIMARY KEY (y) HASH);\nCREATE UNLOGGED TABLE b (x int);\n"
      "SELEC 1;\nCREATE UNLOGGED TABLE c (x int);");
  EXPECT_THAT(about_objects(findings), ElementsAre("UNSUPPORTED_PG_SYNTAX a", "UNLOGGED_TABLES b",
                                                   "UNSUPPORTED_PG_SYNTAX ", "UNLOGGED_TABLES c"));
  EXPECT_EQ(findings[0].line, 1U);
  EXPECT_NE(findings[0].detail.find("syntax error"), std::string::npos);
  EXPECT_EQ(findings[2].line, 3U);
  EXPECT_EQ(findings[2].file, "x.sql");
}

TEST(AnalyseTest, TheSameThingTwiceAtOnePlaceIsOneFinding) {
  FindingSink sink;
  const ParsedStatement statement = parse_text("x.sql", "SELECT 1").at(0);
  sink.report("XML_FUNCTIONS", statement, "xpath");
  sink.report("XML_FUNCTIONS", statement, "xpath");
  sink.report("XML_FUNCTIONS", statement, "xmlagg");
  EXPECT_EQ(sink.findings().size(), 2U);
}

/// Ten statements of a shop, numbered.
std::string shop(int number) {
  std::string sql =
      "CREATE TABLE s.orders_$ (id bigint NOT NULL, customer int, mood s.mood, body jsonb, at "
      "timestamptz DEFAULT now(), tags text[], CHECK (customer > 0));\n"
      "ALTER TABLE ONLY s.orders_$ ADD CONSTRAINT orders_$_pkey PRIMARY KEY (id);\n"
      "CREATE INDEX orders_$_a ON s.orders_$ USING btree (customer, at);\n"
      "CREATE INDEX orders_$_b ON s.orders_$ USING gin (body);\n"
      "CREATE UNIQUE INDEX orders_$_c ON s.orders_$ USING btree (lower((mood)::text));\n"
      "ALTER TABLE ONLY s.orders_$ ADD CONSTRAINT f_$ FOREIGN KEY (customer) REFERENCES s.orders_$ "
      "(id);\n"
      "CREATE VIEW s.v_$ AS SELECT o.id, count(*) AS n FROM s.orders_$ o WHERE o.at > now() GROUP "
      "BY "
      "o.id;\n"
      "CREATE FUNCTION s.f_$(a int) RETURNS int LANGUAGE plpgsql AS $b$ DECLARE n int; BEGIN "
      "SELECT "
      "count(*) INTO n FROM s.orders_$ WHERE customer = a; IF n > 3 THEN UPDATE s.orders_$ SET "
      "customer = 1; END IF; RETURN n; END $b$;\n"
      "CREATE TRIGGER t_$ AFTER INSERT ON s.orders_$ FOR EACH ROW EXECUTE FUNCTION s.f();\n"
      "COMMENT ON TABLE s.orders_$ IS 'orders';\n";
  for (std::size_t at = 0; (at = sql.find('$', at)) != std::string::npos; ++at)
    if (sql.compare(at, 3, "$b$") != 0 && (at < 2 || sql.compare(at - 2, 3, "$b$") != 0))
      sql.replace(at, 1, std::to_string(number));
  return sql;
}

TEST(AnalyseTest, TwentyThousandStatementsTakeSeconds) {
  constexpr int shops = 2000;
  std::string sql = "CREATE TYPE s.mood AS ENUM ('good', 'bad');\n";
  for (int i = 0; i < shops; ++i) sql += shop(i);
  const auto start = std::chrono::steady_clock::now();
  const auto statements = parse_text("big.sql", sql);
  const auto findings = analyse(statements, SchemaFacts::gather(statements));
  const std::chrono::duration<double> taken = std::chrono::steady_clock::now() - start;
  EXPECT_EQ(statements.size(), 10U * shops + 1U);
  for (const ParsedStatement& statement : statements) EXPECT_FALSE(statement.error);
  EXPECT_TRUE(about_objects(findings).empty());
  RecordProperty("seconds", fmt::format("{:.2f}", taken.count()));
  // Far above what it takes, so that a busy or instrumented build does not fail.
  EXPECT_LT(taken.count(), 40.0);
}

}  // namespace
}  // namespace voyager::analysis
