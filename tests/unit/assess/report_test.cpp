// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>

#include <nlohmann/json.hpp>

#include "base/error.hpp"
#include "unit/assess/assessed.hpp"

namespace voyager::assess {
namespace {

using testing::assessed;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::node;
using ::testing::Not;
using testing::query;

constexpr std::int64_t gib = std::int64_t{1} << 30;

Metadata shop() {
  Metadata metadata;
  metadata.database = "shop";
  metadata.server_version = "15.4";
  metadata.schemas = {"public"};
  metadata.schema_sql =
      "CREATE UNLOGGED TABLE public.\"<b>Big\" (a int); CREATE TABLE public.t ();";
  engine::RelationStatistics big;
  big.name = {"public", "<b>Big"};
  big.rows = 1'000;
  big.bytes = 11 * gib;
  big.columns = 1;
  engine::RelationStatistics key;
  key.name = {"public", "Big_pkey"};
  key.kind = engine::RelationKind::primary_key;
  key.table = big.name;
  key.columns = 1;
  engine::RelationStatistics small;
  small.name = {"public", "t"};
  metadata.relations = {big, key, small};
  metadata.nodes = {node("primary"), node("replica")};
  metadata.nodes[0].interval_seconds = 10;
  metadata.nodes[0].before = {{big.name, engine::RelationKind::table, 0, 0}};
  metadata.nodes[0].after = {{big.name, engine::RelationKind::table, 126, 12}};
  metadata.nodes[0].queries = {query(5, "SELECT pg_advisory_lock($1) -- </script><img src=x>")};
  metadata.notes = {"a <note>"};
  return metadata;
}

std::vector<std::string> keys(const nlohmann::ordered_json& object) {
  std::vector<std::string> names;
  for (const auto& item : object.items()) names.push_back(item.key());
  return names;
}

TEST(AssessmentJson, HasTheDocumentedKeys) {
  const auto json = nlohmann::ordered_json::parse(to_json(assessed(shop())));
  EXPECT_THAT(keys(json),
              ElementsAre("VoyagerVersion", "TargetDBVersion", "MigrationComplexity",
                          "MigrationComplexityExplanation", "SchemaSummary", "NumReplicasUsed",
                          "Sizing", "AssessmentIssues", "TableIndexStats", "Notes"));
  EXPECT_THAT(keys(json["SchemaSummary"]),
              ElementsAre("Description", "DbName", "SchemaNames", "DbVersion", "DatabaseObjects"));
  EXPECT_THAT(keys(json["Sizing"]), ElementsAre("SizingRecommendation", "FailureReasoning"));
  EXPECT_THAT(
      keys(json["Sizing"]["SizingRecommendation"]),
      ElementsAre("ColocatedTables", "ColocatedReasoning", "ShardedTables", "NumNodes",
                  "VCPUsPerInstance", "MemoryPerInstance", "OptimalSelectConnectionsPerNode",
                  "OptimalInsertConnectionsPerNode", "EstimatedTimeInMinForImport",
                  "EstimatedTimeInMinForImportWithoutRedundantIndexes"));
  EXPECT_THAT(
      keys(json["AssessmentIssues"][0]),
      ElementsAre("Category", "CategoryDescription", "Type", "Name", "Description", "Impact",
                  "Maturity", "ObjectType", "ObjectName", "SqlStatement", "FilePath", "Line",
                  "Suggestion", "GH", "DocsLink", "MinimumVersionsFixedIn",
                  "MinimumVersionsFixedInTP", "MinimumVersionsFixedInEA", "EnablingFlags"));
  EXPECT_THAT(
      keys(json["TableIndexStats"][0]),
      ElementsAre("SchemaName", "ObjectName", "RowCount", "ColumnCount", "ReadsPerSecond",
                  "WritesPerSecond", "IsIndex", "ObjectType", "ParentTableName", "SizeInBytes"));
}

TEST(AssessmentJson, HasTheValues) {
  const auto json = nlohmann::json::parse(to_json(assessed(shop())));
  EXPECT_EQ(json["MigrationComplexity"], "LOW");
  EXPECT_EQ(json["NumReplicasUsed"], 1);
  EXPECT_EQ(json["SchemaSummary"]["DbName"], "shop");
  EXPECT_EQ(json["Notes"], nlohmann::json({"a <note>"}));
  const auto& sizing = json["Sizing"]["SizingRecommendation"];
  EXPECT_EQ(sizing["ShardedTables"], nlohmann::json({"public.\"<b>Big\""}));
  EXPECT_EQ(sizing["ColocatedTables"], nlohmann::json({"public.t"}));
  EXPECT_EQ(sizing["NumNodes"], 3);
  EXPECT_EQ(json["Sizing"]["FailureReasoning"], "");
  const auto& big = json["TableIndexStats"][0];
  EXPECT_EQ(big["ObjectName"], "<b>Big");
  EXPECT_EQ(big["RowCount"], 1'000);
  EXPECT_EQ(big["ReadsPerSecond"], 13);
  EXPECT_EQ(big["WritesPerSecond"], 1);
  EXPECT_TRUE(big["ParentTableName"].is_null());
  const auto& key = json["TableIndexStats"][1];
  EXPECT_EQ(key["ObjectType"], "primary key");
  EXPECT_EQ(key["IsIndex"], true);
  EXPECT_EQ(key["ParentTableName"], "public.\"<b>Big\"");
  EXPECT_TRUE(key["RowCount"].is_null());
}

TEST(AssessmentJson, SurvivesNamesThatAreNoUtf8) {
  Metadata metadata = shop();
  metadata.relations[0].name.name = "\xE9t\xE9";
  metadata.relations[1].table = metadata.relations[0].name;
  EXPECT_TRUE(nlohmann::json::accept(to_json(assessed(metadata))));
}

TEST(AssessmentJson, SaysWhyThereIsNoSizing) {
  const auto json = nlohmann::json::parse(to_json(assessed({})));
  EXPECT_TRUE(json["Sizing"]["SizingRecommendation"].is_null());
  EXPECT_NE(json["Sizing"]["FailureReasoning"], "");
}

TEST(AssessmentHtml, EscapesWhatTheSourceHolds) {
  const std::string html = to_html(assessed(shop()));
  EXPECT_THAT(html, Not(HasSubstr("<b>Big")));
  EXPECT_THAT(html, Not(HasSubstr("<img")));
  EXPECT_THAT(html, HasSubstr("&lt;b&gt;Big"));
  EXPECT_THAT(html, HasSubstr("a &lt;note&gt;"));
}

TEST(AssessmentHtml, ShowsWhatWasFoundAndRecommended) {
  const std::string html = to_html(assessed(shop()));
  EXPECT_THAT(html, HasSubstr("<title>Migration assessment report of shop</title>"));
  EXPECT_THAT(html, HasSubstr("with 1 replica"));
  EXPECT_THAT(html, HasSubstr("nodes of 4 vCPU, 16 GiB"));
  EXPECT_THAT(html, HasSubstr("1 table is sharded"));
  EXPECT_THAT(html, HasSubstr("data-type=\"QUERY\""));
  EXPECT_THAT(html, HasSubstr("data-value=\"12.6\">13</td>"));
  EXPECT_THAT(to_html(assessed({})), HasSubstr("There is no table to size a cluster for."));
}

std::vector<std::string> sharded_in(const std::string& json) {
  std::vector<std::string> names;
  const std::optional<std::vector<QualifiedName>> tables = sharded_tables(json, "report.json");
  for (const QualifiedName& name : tables.value()) names.push_back(name.quoted());
  return names;
}

TEST(ShardedTables, AreReadBackFromTheReport) {
  EXPECT_THAT(sharded_in(to_json(assessed(shop()))), ElementsAre("\"public\".\"<b>Big\""));
}

TEST(ShardedTables, AreReadFromReportsThatDoNotQuoteNames) {
  EXPECT_THAT(sharded_in(R"({"Sizing": {"SizingRecommendation":
      {"ShardedTables": ["public.b", "Mixed.Odd name", "a.b.c"]}, "FailureReasoning": ""}})"),
              ElementsAre("\"Mixed\".\"Odd name\"", "\"a\".\"b.c\"", "\"public\".\"b\""));
}

TEST(ShardedTables, OfAReportWithoutRecommendationAreNotKnown) {
  EXPECT_FALSE(sharded_tables(to_json(assessed({})), "report.json"));
  EXPECT_FALSE(sharded_tables(R"({"Sizing": null})", "report.json"));
  EXPECT_FALSE(sharded_tables(R"({"Sizing": {"SizingRecommendation": {"ShardedTables": []},
      "FailureReasoning": "it failed"}})",
                              "report.json"));
  EXPECT_THAT(sharded_in(R"({"Sizing": {"SizingRecommendation": {"ShardedTables": null}}})"),
              IsEmpty());
}

TEST(ShardedTables, OfAnotherFileAreRefusedWithItsPath) {
  for (const char* text :
       {"", "nonsense", "[]", "{}", R"({"Sizing": {"SizingRecommendation": {}}})",
        R"({"Sizing": {"SizingRecommendation": 5}})",
        R"({"Sizing": {"SizingRecommendation": {"ShardedTables": [7]}}})",
        R"({"Sizing": {"SizingRecommendation": {"ShardedTables": ["noschema"]}}})"}) {
    try {
      sharded_tables(text, "some/report.json");
      ADD_FAILURE() << text;
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode{4305});
      EXPECT_THAT(error.what(), HasSubstr("some/report.json"));
    }
  }
}

}  // namespace
}  // namespace voyager::assess
