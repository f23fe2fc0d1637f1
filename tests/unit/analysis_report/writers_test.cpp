// SPDX-License-Identifier: Apache-2.0
#include "analysis/report/writers.hpp"

#include <gmock/gmock.h>

#include <nlohmann/json.hpp>

#include "analysis/report/markup.hpp"
#include "unit/analysis_report/report_of.hpp"

namespace voyager::analysis {
namespace {

using ::testing::ElementsAre;
using testing::finding;
using ::testing::HasSubstr;
using ::testing::Not;
using testing::report_of;

constexpr const char* hostile = "<b onclick=\"x\">&'";

SchemaReport hostile_report() {
  const auto statements = parse_text(
      "schema/tables/table.sql",
      std::string(
          "CREATE TABLE fine (a int);\nCREATE UNLOGGED TABLE \"<b onclick=\"\"x\"\">&'\" (a int)"));
  return report_of(statements, {finding("UNLOGGED_TABLES", statements, "UNLOGGED", hostile)});
}

std::vector<std::string> keys(const nlohmann::ordered_json& object) {
  std::vector<std::string> names;
  for (const auto& item : object.items()) names.push_back(item.key());
  return names;
}

TEST(JsonReport, HasTheDocumentedKeys) {
  const auto json = nlohmann::ordered_json::parse(to_json(hostile_report()));
  EXPECT_THAT(keys(json), ElementsAre("VoyagerVersion", "TargetDBVersion", "Summary", "Issues"));
  EXPECT_THAT(keys(json["Summary"]), ElementsAre("Description", "DbName", "SchemaNames",
                                                 "DbVersion", "Notes", "DatabaseObjects"));
  EXPECT_THAT(keys(json["Summary"]["DatabaseObjects"][0]),
              ElementsAre("ObjectType", "TotalCount", "InvalidCount", "ObjectNames"));
  EXPECT_THAT(keys(json["Issues"][0]),
              ElementsAre("IssueType", "Type", "Name", "Impact", "Maturity", "ObjectType",
                          "ObjectName", "Reason", "SqlStatement", "FilePath", "Line", "Suggestion",
                          "GH", "DocsLink", "MinimumVersionsFixedIn", "MinimumVersionsFixedInTP",
                          "MinimumVersionsFixedInEA", "EnablingFlags"));
}

TEST(JsonReport, HasTheValues) {
  const auto json = nlohmann::json::parse(to_json(hostile_report()));
  EXPECT_EQ(json["TargetDBVersion"], "2024.1.0.0");
  EXPECT_EQ(json["Summary"]["DbName"], "shop");
  EXPECT_EQ(json["Summary"]["SchemaNames"], nlohmann::json({"public"}));
  const auto& tables = json["Summary"]["DatabaseObjects"][0];
  EXPECT_EQ(tables["TotalCount"], 2);
  EXPECT_EQ(tables["InvalidCount"], 1);
  EXPECT_EQ(tables["ObjectNames"], "<b onclick=\"x\">&', fine");
  const auto& issue = json["Issues"][0];
  EXPECT_EQ(issue["IssueType"], "unsupported_features");
  EXPECT_EQ(issue["ObjectName"], hostile);
  EXPECT_EQ(issue["FilePath"], "schema/tables/table.sql");
  EXPECT_EQ(issue["Line"], 2);
  EXPECT_EQ(issue["MinimumVersionsFixedIn"]["2024.2"], "2024.2.0.0");
}

TEST(XmlReport, EscapesAndNamesTheSeries) {
  const std::string xml = to_xml(hostile_report());
  EXPECT_THAT(xml, HasSubstr("<ObjectName>&lt;b onclick=&quot;x&quot;&gt;&amp;&#39;</ObjectName>"));
  EXPECT_THAT(xml, HasSubstr("<Entry Key=\"2024.2\">2024.2.0.0</Entry>"));
  EXPECT_THAT(xml, HasSubstr("<Line>2</Line>"));
}

TEST(TextReport, IsReadable) {
  const std::string text = to_text(hostile_report());
  EXPECT_THAT(text, HasSubstr("  - Database    : shop\n"));
  EXPECT_THAT(text, HasSubstr("\n1. UNLOGGED tables (UNLOGGED_TABLES)\n"));
  EXPECT_THAT(text, HasSubstr("  - Place       : schema/tables/table.sql, line 2\n"));
  EXPECT_THAT(to_text(report_of({}, {})), HasSubstr("None found."));
}

TEST(HtmlReport, EscapesEveryValue) {
  SchemaReport report = hostile_report();
  const Issue issue{.type = hostile,
                    .name = hostile,
                    .description = hostile,
                    .suggestion = hostile,
                    .github = "javascript:alert(1)",
                    .docs = "https://x\" onclick=\"y",
                    .flags = {hostile}};
  report.findings[0].issue = &issue;
  Finding& place = report.findings[0].finding;
  place.object_type = place.file = hostile;
  report.context.notes = {hostile};
  report.context.database = report.context.database_version = hostile;
  report.context.voyager_version = hostile;
  report.schemas = {hostile};
  report.objects[0].type = report.objects[0].details = hostile;
  const std::string html = to_html(report);
  EXPECT_THAT(html, Not(HasSubstr(hostile)));
  EXPECT_THAT(html, Not(HasSubstr("<b onclick")));
  EXPECT_THAT(html, Not(HasSubstr("href=\"javascript:")));
  EXPECT_THAT(html, HasSubstr("href=\"https://x&quot; onclick=&quot;y\""));
}

TEST(HtmlReport, WithoutFindingsHasNoEmptyTable) {
  const std::string html = to_html(report_of({}, {}));
  EXPECT_THAT(html, HasSubstr("Nothing was found."));
  EXPECT_THAT(html, Not(HasSubstr("<table id=\"findings\"")));
}

TEST(HtmlReport, CutsVeryLongStatementsBetweenCharacters) {
  std::string sql = "CREATE TABLE t (a text DEFAULT 'x";
  for (int i = 0; i < 20'000; ++i) sql += "é";
  const auto statements = parse_text("t.sql", sql + "')");
  const SchemaReport report =
      report_of(statements, {finding("UNSUPPORTED_PG_SYNTAX", statements, "t")});
  const std::string html = to_html(report);
  EXPECT_LT(html.size(), 45'000U);
  EXPECT_EQ(html, printable(html)) << "a character was cut in two";
  EXPECT_THAT(html, HasSubstr("the rest stands in the file"));
}

std::size_t occurrences(const std::string& text, const std::string& part) {
  std::size_t number = 0;
  for (std::size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1))
    ++number;
  return number;
}

/// A page with so many findings, each about a statement of half a kilobyte.
std::string page_of(std::size_t findings) {
  const auto statements =
      parse_text("schema/tables/table.sql",
                 "CREATE UNLOGGED TABLE t (a int, " + std::string(500, 'x') + " text);");
  return to_html(report_of(
      statements, std::vector<Finding>(findings, finding("UNLOGGED_TABLES", statements, "t"))));
}

TEST(HtmlReport, SaysWhatToDoOnceForEachIssue) {
  const std::string html = page_of(3);
  EXPECT_EQ(occurrences(html, "<dd>Remove UNLOGGED.</dd>"), 1U);
  EXPECT_EQ(occurrences(html, "<article id=\"about-UNLOGGED_TABLES\">"), 1U);
  EXPECT_EQ(occurrences(html, "<a href=\"#about-UNLOGGED_TABLES\">"), 3U);
}

TEST(HtmlReport, OfVeryManyFindingsShowsTheBeginningsOfStatements) {
  const std::string few = page_of(100);
  EXPECT_THAT(few, HasSubstr(std::string(500, 'x')));
  EXPECT_THAT(few, HasSubstr("<span class=\"k\">CREATE</span>"));
  constexpr std::size_t many = 20'000;
  const std::string html = page_of(many);
  EXPECT_EQ(occurrences(html, "<tbody data-place="), many);
  EXPECT_EQ(occurrences(html, "<pre><code>CREATE UNLOGGED TABLE t"), many);
  // The finding's own fields, and a part of the statement.
  constexpr std::size_t bytes_for_each = 1'150;
  EXPECT_LT(html.size(), many * bytes_for_each);
}

TEST(HighlightedSql, MarksKeywordsLiteralsAndComments) {
  EXPECT_EQ(highlighted_sql("SELECT 1, 'a<b' -- c>d"),
            "<span class=\"k\">SELECT</span> <span class=\"n\">1</span>, <span class=\"s\">"
            "&#39;a&lt;b&#39;</span> <span class=\"c\">-- c&gt;d</span>");
  EXPECT_EQ(highlighted_sql("x = $q$ <i> $q$ /* & */"),
            "x = <span class=\"s\">$q$ &lt;i&gt; $q$</span> <span class=\"c\">/* &amp; */</span>");
}

TEST(HighlightedSql, EscapesWhatTheLexerRefuses) {
  EXPECT_EQ(highlighted_sql("SELECT '<open"), "SELECT &#39;&lt;open");
}

}  // namespace
}  // namespace voyager::analysis
