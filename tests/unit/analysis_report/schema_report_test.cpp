// SPDX-License-Identifier: Apache-2.0
#include "analysis/report/schema_report.hpp"

#include <gmock/gmock.h>

#include "base/error.hpp"
#include "unit/analysis_report/report_of.hpp"

namespace voyager::analysis {
namespace {

using ::testing::ElementsAre;
using testing::finding;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::report_of;

const ReportedObjects& objects_of(const SchemaReport& report, const std::string& type) {
  for (const ReportedObjects& one : report.objects)
    if (one.type == type) return one;
  throw std::runtime_error("no objects of type " + type);
}

TEST(SchemaReport, LeavesOutWhatTheTargetHas) {
  const auto statements = parse_text("t.sql", "CREATE UNLOGGED TABLE t (a int);");
  const std::vector<Finding> found{finding("UNLOGGED_TABLES", statements, "t")};
  const SchemaReport older = report_of(statements, found, "2024.1.0.0");
  ASSERT_EQ(older.findings.size(), 1U);
  EXPECT_EQ(older.findings[0].maturity, Maturity::unsupported);
  EXPECT_EQ(objects_of(older, "TABLE").invalid, 1U);
  const SchemaReport newer = report_of(statements, found, "2024.2.0.0");
  EXPECT_THAT(newer.findings, IsEmpty());
  EXPECT_EQ(objects_of(newer, "TABLE").invalid, 0U);
}

TEST(SchemaReport, KeepsWhatIsOnlyAPreviewWithItsMaturity) {
  const auto statements = parse_text("t.sql", "CREATE INDEX i ON t (d);");
  const std::vector<Finding> found{finding("HOTSPOTS_ON_DATE_INDEX", statements, "INDEX")};
  const SchemaReport preview = report_of(statements, found, "2025.2.1.0");
  ASSERT_EQ(preview.findings.size(), 1U);
  EXPECT_EQ(preview.findings[0].maturity, Maturity::tech_preview);
}

TEST(SchemaReport, AdviceMakesNoObjectInvalid) {
  const auto statements = parse_text(
      "i.sql", "CREATE INDEX i ON t (a); CREATE INDEX j ON t (b); CREATE INDEX k ON u (c)");
  const SchemaReport report =
      report_of(statements, {finding("REDUNDANT_INDEXES", statements, "INDEX i"),
                             finding("REDUNDANT_INDEXES", statements, "INDEX k")});
  const ReportedObjects& indexes = objects_of(report, "INDEX");
  EXPECT_EQ(indexes.names.size(), 3U);
  EXPECT_EQ(indexes.invalid, 0U);
  EXPECT_EQ(indexes.details, "2 more have advice only.");
}

TEST(SchemaReport, AFindingOfAnAlterCountsForTheTable) {
  const auto statements = parse_text(
      "t.sql", "CREATE TABLE a (x int); CREATE TABLE b (x int); ALTER TABLE a ADD PRIMARY KEY (x)");
  const SchemaReport report =
      report_of(statements, {finding("UNSUPPORTED_PG_SYNTAX", statements, "ALTER")});
  EXPECT_EQ(objects_of(report, "TABLE").names.size(), 2U);
  EXPECT_EQ(objects_of(report, "TABLE").invalid, 1U);
}

TEST(SchemaReport, OverloadedFunctionsAreJudgedOneByOne) {
  const auto statements =
      parse_text("f.sql",
                 "CREATE FUNCTION f(a int) RETURNS int LANGUAGE sql AS 'SELECT 1';"
                 "CREATE FUNCTION f(a text) RETURNS int LANGUAGE sql AS 'SELECT 2'");
  const SchemaReport report =
      report_of(statements, {finding("ADVISORY_LOCKS", statements, "SELECT 2"),
                             finding("ADVISORY_LOCKS", statements, "SELECT 2", "twice")});
  EXPECT_EQ(objects_of(report, "FUNCTION").names.size(), 2U);
  EXPECT_EQ(objects_of(report, "FUNCTION").invalid, 1U);
}

TEST(SchemaReport, AQueryConstructInsideARoutineIsAPlpgsqlObject) {
  const auto statements = parse_text(
      "f.sql",
      "CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1'; CREATE VIEW v AS SELECT 2");
  const SchemaReport report =
      report_of(statements, {finding("ADVISORY_LOCKS", statements, "FUNCTION"),
                             finding("ADVISORY_LOCKS", statements, "VIEW"),
                             finding("SQL_BODY_IN_FUNCTION", statements, "FUNCTION")});
  ASSERT_EQ(report.findings.size(), 3U);
  EXPECT_EQ(report.findings[0].category, Category::unsupported_plpgsql_objects);
  EXPECT_EQ(report.findings[1].category, Category::unsupported_query_constructs);
  EXPECT_EQ(report.findings[2].category, Category::unsupported_features);
}

TEST(SchemaReport, ObjectsStandInImportOrderWithSortedNames) {
  const auto statements = parse_text("all.sql",
                                     "CREATE VIEW v AS SELECT 1; CREATE TABLE b (x int);"
                                     "CREATE TABLE a (x int); CREATE SCHEMA s; SET x = 1");
  std::vector<std::string> types;
  const SchemaReport report = report_of(statements, {});
  for (const ReportedObjects& one : report.objects) types.push_back(one.type);
  EXPECT_THAT(types, ElementsAre("SCHEMA", "TABLE", "VIEW"));
  EXPECT_THAT(objects_of(report, "TABLE").names, ElementsAre("a", "b"));
}

TEST(SchemaReport, NamesTheSchemasThatStatementsUse) {
  const auto statements =
      parse_text("t.sql", "CREATE SCHEMA empty; CREATE TABLE z.t (a int); CREATE TABLE t (a int)");
  EXPECT_THAT(report_of(statements, {}).schemas, ElementsAre("empty", "public", "z"));
}

TEST(SchemaReport, SaysWhatIsSpecialAboutTheTarget) {
  EXPECT_THAT(report_of({}, {}, "2025.1.0.0").context.notes, IsEmpty());
  EXPECT_THAT(report_of({}, {}, "2031.1.0.0").context.notes, ElementsAre(HasSubstr("newer")));
}

TEST(SchemaReport, ReasonHasTheDetail) {
  const auto statements = parse_text("t.sql", "CREATE TABLE t (a int");
  const SchemaReport report =
      report_of(statements, {finding("UNSUPPORTED_PG_SYNTAX", statements, "t", "at \x1b[31mend")});
  EXPECT_THAT(report.findings.at(0).reason, HasSubstr("Here: at \xEF\xBF\xBD[31mend"));
}

TEST(SchemaReport, AnIssueThatIsNotInTheCatalogueIsAnErrorNotSilence) {
  const auto statements = parse_text("t.sql", "CREATE TABLE t (a int)");
  try {
    report_of(statements, {finding("NO_SUCH_ISSUE", statements, "t")});
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code().number, 8201);
  }
}

TEST(SchemaReport, CountsByCategoryAndImpact) {
  const auto statements = parse_text("t.sql", "CREATE TABLE t (a xml)");
  const SchemaReport report =
      report_of(statements, {finding("UNSUPPORTED_DATATYPE_XML", statements, "t"),
                             finding("UNLOGGED_TABLES", statements, "t"),
                             finding("UNLOGGED_TABLES", statements, "t", "again")});
  const auto counts = count_findings(report);
  EXPECT_EQ(counts.size(), 2U);
  EXPECT_THAT(counts.at(Category::unsupported_features), ElementsAre(2U, 0U, 0U));
  EXPECT_THAT(counts.at(Category::unsupported_datatypes), ElementsAre(0U, 0U, 1U));
}

TEST(Printable, KeepsTextAndReplacesWhatIsNone) {
  EXPECT_EQ(printable("Zoë\t1\r\n"), "Zoë\t1\r\n");
  EXPECT_EQ(printable(std::string("a\0b", 3)),
            "a\xEF\xBF\xBD"
            "b");
  EXPECT_EQ(printable("a\xE9z"), "a\xEF\xBF\xBDz");
  EXPECT_EQ(printable("\x7F"), "\xEF\xBF\xBD");
  EXPECT_EQ(printable("\xC2\x9B"
                      "1m"),
            "\xEF\xBF\xBD"
            "1m");
  EXPECT_EQ(printable("\xEF\xBF\xBF."), "\xEF\xBF\xBD.");
  EXPECT_EQ(printable("\xC2\xA0\xEF\xBF\xBD"), "\xC2\xA0\xEF\xBF\xBD");
}

TEST(CategoryTitle, IsForPeople) {
  EXPECT_EQ(category_title(Category::migration_caveats), "Migration caveats");
  EXPECT_EQ(category_title(Category::unsupported_plpgsql_objects), "Unsupported PL/pgSQL objects");
}

}  // namespace
}  // namespace voyager::analysis
