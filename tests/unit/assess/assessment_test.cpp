// SPDX-License-Identifier: Apache-2.0
#include "assess/assessment.hpp"

#include <gmock/gmock.h>

#include "unit/assess/assessed.hpp"

namespace voyager::assess {
namespace {

using testing::assessed;
using ::testing::Contains;
using testing::context_for;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::node;
using testing::of_type;
using testing::query;
using ::testing::SizeIs;
using testing::types_of;
using ::testing::UnorderedElementsAre;

TEST(Assess, FindsWhatTheSchemaHas) {
  Metadata metadata;
  metadata.schemas = {"public"};
  metadata.schema_sql = "CREATE TABLE public.t (a int, b xml);";
  const Assessment assessment = assessed(metadata);
  EXPECT_THAT(types_of(assessment), ElementsAre("UNSUPPORTED_DATATYPE_XML"));
  EXPECT_EQ(of_type(assessment, "UNSUPPORTED_DATATYPE_XML").object_name, "public.t");
  EXPECT_EQ(assessment.complexity.level, Complexity::medium);
}

TEST(Assess, FindsIndexesThatStatisticsSpeakAgainst) {
  Metadata metadata;
  metadata.schema_sql =
      "CREATE TABLE public.t (a int, b int, c int);"
      "CREATE INDEX few ON public.t USING btree (a); CREATE INDEX many ON public.t USING btree (b);"
      "CREATE INDEX nulls ON public.t USING btree (c);";
  EXPECT_THAT(types_of(assessed(metadata)), IsEmpty());
  const QualifiedName table{"public", "t"};
  metadata.columns = {
      {table, "a", 0, 3, 0.4}, {table, "b", 0, 90'000, 0}, {table, "c", 0.7, 500, 0}};
  engine::RelationStatistics relation;
  relation.name = table;
  relation.rows = 100'000;
  metadata.relations = {relation};
  EXPECT_THAT(types_of(assessed(metadata)),
              ElementsAre("INDEX_ON_LOW_CARDINALITY_COLUMN",
                          "INDEX_ON_COLUMN_WITH_HIGH_PERCENTAGE_OF_NULL_VALUES"));
  // The same for a table of few rows, where few values mean nothing.
  metadata.relations[0].rows = 10;
  EXPECT_THAT(types_of(assessed(metadata)), IsEmpty());
}

TEST(Assess, AQuerysFindingNamesItAsOne) {
  Metadata metadata;
  metadata.schemas = {"public"};
  metadata.nodes = {node("primary")};
  metadata.nodes[0].queries = {query(42, "SELECT pg_advisory_lock($1)", 7)};
  const Assessment assessment = assessed(metadata);
  const analysis::Finding& finding = of_type(assessment, "ADVISORY_LOCKS");
  EXPECT_EQ(finding.object_type, "QUERY");
  EXPECT_EQ(finding.object_name, "42");
  EXPECT_EQ(finding.file, "pg_stat_statements (primary)");
  EXPECT_EQ(finding.statement, "SELECT pg_advisory_lock($1)");
  EXPECT_THAT(finding.detail, HasSubstr("called 7 times"));
}

TEST(Assess, TheSameQueryOnSeveralNodesCountsOnce) {
  Metadata metadata;
  metadata.nodes = {node("primary"), node("10.0.0.7-5432"), node("10.0.0.8-5432")};
  metadata.nodes[0].queries = {query(42, "SELECT pg_advisory_lock($1)", 1)};
  metadata.nodes[1].queries = {query(43, "SELECT pg_advisory_lock($1)\n", 2),
                               query(44, "SELECT pg_try_advisory_lock($1)", 1)};
  const Assessment assessment = assessed(metadata);
  EXPECT_THAT(types_of(assessment), ElementsAre("ADVISORY_LOCKS", "ADVISORY_LOCKS"));
  EXPECT_EQ(assessment.schema.findings[0].finding.file,
            "pg_stat_statements (primary, 10.0.0.7-5432)");
  EXPECT_THAT(assessment.schema.findings[0].finding.detail, HasSubstr("called 3 times"));
  EXPECT_EQ(assessment.replicas, 2U);
}

TEST(Assess, PlaceholdersAreNoSyntaxErrors) {
  Metadata metadata;
  metadata.nodes = {node("primary")};
  metadata.nodes[0].queries = {query(1, "SELECT * FROM t WHERE a = $1 AND b IN ($2, $3) LIMIT $4"),
                               query(2, "INSERT INTO t VALUES ($1, $2::jsonb)")};
  const Assessment assessment = assessed(metadata);
  EXPECT_THAT(types_of(assessment), IsEmpty());
  EXPECT_THAT(assessment.schema.context.notes, IsEmpty());
}

TEST(Assess, TextsThatWereCutAreCountedInANoteAndAreNoFindings) {
  Metadata metadata;
  metadata.nodes = {node("primary")};
  metadata.nodes[0].queries = {query(1, "SELECT a, b, c FROM t WHERE a = $1 AND (b = "),
                               query(2, "SELECT 'an open quo"), query(3, "SELECT 1")};
  const Assessment assessment = assessed(metadata);
  EXPECT_THAT(types_of(assessment), IsEmpty());
  EXPECT_THAT(assessment.schema.context.notes,
              ElementsAre(HasSubstr("2 of 3 query texts could not be parsed")));
}

TEST(Assess, SyntaxOfLaterReleasesIsFoundInQueriesAllTheSame) {
  Metadata metadata;
  metadata.nodes = {node("primary")};
  metadata.nodes[0].queries = {query(1, "SELECT doc IS JSON FROM t")};
  const Assessment assessment = assessed(metadata);
  EXPECT_THAT(types_of(assessment), ElementsAre("JSON_TYPE_PREDICATE"));
  EXPECT_THAT(assessment.schema.context.notes, IsEmpty());
}

TEST(Assess, QueriesOfOtherSchemasAndOfCatalogsAreLeftOut) {
  Metadata metadata;
  metadata.schemas = {"app"};
  metadata.schema_sql = "CREATE TABLE app.pg_like (a int);";
  metadata.nodes = {node("primary")};
  metadata.nodes[0].queries = {
      query(1, "SELECT xmin FROM pg_class"),     query(2, "SELECT xmin FROM pg_catalog.pg_class"),
      query(3, "SELECT xmin FROM other.t"),      query(4, "SELECT xmin FROM app.t"),
      query(5, "SELECT t.xmin FROM other.t, t"), query(6, "CREATE UNLOGGED TABLE u (a int)")};
  const Assessment assessment = assessed(metadata);
  std::vector<std::string> names;
  for (const auto& entry : assessment.schema.findings) names.push_back(entry.finding.object_name);
  EXPECT_THAT(names, UnorderedElementsAre("4", "5"));
}

constexpr const char* locking_function =
    "CREATE FUNCTION public.f() RETURNS void LANGUAGE plpgsql AS $$ BEGIN PERFORM "
    "pg_advisory_lock(1); END $$;";

TEST(Assess, TheSwitchesLeaveOutQueriesAndBodies) {
  Metadata metadata;
  metadata.schema_sql = locking_function;
  metadata.nodes = {node("primary")};
  metadata.nodes[0].queries = {query(1, "SELECT pg_advisory_lock($1)")};
  AssessmentContext context = context_for("2024.1.0.0");
  const Assessment both = assess(metadata, context);
  ASSERT_THAT(both.schema.findings, SizeIs(2));
  EXPECT_EQ(both.schema.findings[0].category, analysis::Category::unsupported_plpgsql_objects);
  EXPECT_EQ(both.schema.findings[0].finding.object_name, "public.f");
  EXPECT_EQ(both.schema.findings[1].category, analysis::Category::unsupported_query_constructs);
  context.plpgsql_objects = false;
  EXPECT_EQ(of_type(assess(metadata, context), "ADVISORY_LOCKS").object_type, "QUERY");
  context.query_constructs = false;
  EXPECT_THAT(types_of(assess(metadata, context)), IsEmpty());
}

TEST(Assess, ViewsAreLookedInto) {
  Metadata metadata;
  metadata.schema_sql =
      "CREATE VIEW public.v AS SELECT xpath('/a', b) FROM public.t; CREATE TABLE public.t (b "
      "text);";
  EXPECT_THAT(types_of(assessed(metadata)), Contains("XML_FUNCTIONS"));
}

TEST(Assess, ColumnsThatALiveMigrationNeedsAttentionForAreCaveats) {
  Metadata metadata;
  metadata.schema_sql = "CREATE TABLE public.t (a int, p point);";
  const Assessment assessment = assessed(metadata);
  ASSERT_THAT(assessment.schema.findings, SizeIs(1));
  EXPECT_EQ(assessment.schema.findings[0].category, analysis::Category::migration_caveats);
}

TEST(Assess, RedundantIndexesShortenTheImport) {
  Metadata metadata;
  metadata.schema_sql =
      "CREATE TABLE public.t (a int, b int); CREATE INDEX i ON public.t USING btree (a);"
      "CREATE INDEX ab ON public.t USING btree (a, b);";
  engine::RelationStatistics table;
  table.name = {"public", "t"};
  table.rows = 1'000'000;
  engine::RelationStatistics index;
  index.name = {"public", "i"};
  index.kind = engine::RelationKind::index;
  index.table = table.name;
  engine::RelationStatistics longer = index;
  longer.name.name = "ab";
  metadata.relations = {longer, index, table};
  const Assessment assessment = assessed(metadata);
  EXPECT_THAT(types_of(assessment), ElementsAre("REDUNDANT_INDEXES"));
  ASSERT_TRUE(assessment.sizing);
  EXPECT_EQ(assessment.sizing->import_minutes, 16);
  EXPECT_EQ(assessment.sizing->import_minutes_without_redundant_indexes, 11);
  EXPECT_THAT(assessment.relations, SizeIs(3));
  EXPECT_FALSE(assessment.relations[0].reads_per_second);
}

TEST(Assess, WithoutTablesThereIsNothingToSize) {
  const Assessment assessment = assessed({});
  EXPECT_FALSE(assessment.sizing);
  EXPECT_THAT(assessment.sizing_failure, HasSubstr("no table"));
  EXPECT_EQ(assessment.complexity.level, Complexity::low);
}

TEST(Assess, PsqlsOwnLinesInADumpAreNoSql) {
  Metadata metadata;
  metadata.schema_sql =
      "--\n-- PostgreSQL database dump\n--\n\n\\restrict token\n\n"
      "CREATE TABLE public.t (a xml);\n\n\\unrestrict token\n\n";
  const Assessment assessment = assessed(metadata);
  EXPECT_THAT(types_of(assessment), ElementsAre("UNSUPPORTED_DATATYPE_XML"));
  EXPECT_EQ(of_type(assessment, "UNSUPPORTED_DATATYPE_XML").line, 7U);
}

TEST(Assess, ASchemaThatPostgresqlCannotReadIsReportedWithItsLine) {
  Metadata metadata;
  metadata.schema_sql = "CREATE TABLE public.t (a int);\nCREATE TABLE public.u (a int,,);\n";
  const Assessment assessment = assessed(metadata);
  EXPECT_THAT(types_of(assessment), ElementsAre("UNSUPPORTED_PG_SYNTAX"));
  EXPECT_EQ(of_type(assessment, "UNSUPPORTED_PG_SYNTAX").line, 2U);
  EXPECT_EQ(of_type(assessment, "UNSUPPORTED_PG_SYNTAX").file, "schema/schema.sql");
}

}  // namespace
}  // namespace voyager::assess
