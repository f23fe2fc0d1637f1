// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "analysis/report/json_parts.hpp"
#include "assess/assessment.hpp"
#include "assess/report_words.hpp"
#include "base/error.hpp"
#include "base/text.hpp"
#include "model/display_name.hpp"

namespace voyager::assess {
namespace {

using OrderedJson = nlohmann::ordered_json;

constexpr ErrorCode no_assessment{4305};

OrderedJson names_json(const std::vector<QualifiedName>& names) {
  OrderedJson json = OrderedJson::array();
  for (const QualifiedName& name : names) json.push_back(analysis::printable(name.display()));
  return json;
}

/// Whole numbers, as yb-voyager's report has them.
OrderedJson rate_json(const std::optional<double>& rate) {
  return rate ? OrderedJson(std::llround(*rate)) : OrderedJson();
}

OrderedJson sizing_json(const Sizing& sizing) {
  return {{"ColocatedTables", names_json(sizing.colocated)},
          {"ColocatedReasoning", join(sizing.reasoning, " ")},
          {"ShardedTables", names_json(sizing.sharded)},
          {"NumNodes", sizing.nodes},
          {"VCPUsPerInstance", sizing.vcpus_per_node},
          {"MemoryPerInstance", sizing.memory_gib_per_node},
          {"OptimalSelectConnectionsPerNode", sizing.select_connections_per_node},
          {"OptimalInsertConnectionsPerNode", sizing.insert_connections_per_node},
          {"EstimatedTimeInMinForImport", sizing.import_minutes},
          {"EstimatedTimeInMinForImportWithoutRedundantIndexes",
           sizing.import_minutes_without_redundant_indexes}};
}

OrderedJson issue_json(const analysis::ReportedFinding& entry) {
  const analysis::Issue& issue = *entry.issue;
  OrderedJson json = {{"Category", category_name(entry.category)},
                      {"CategoryDescription", category_description(entry.category)},
                      {"Type", issue.type},
                      {"Name", issue.name},
                      {"Description", entry.reason},
                      {"Impact", impact_name(issue.impact)},
                      {"Maturity", maturity_name(entry.maturity)},
                      {"ObjectType", entry.finding.object_type},
                      {"ObjectName", entry.finding.object_name}};
  json.update(analysis::finding_details_json(entry));
  return json;
}

OrderedJson relation_json(const RelationFigures& figures) {
  const engine::RelationStatistics& relation = figures.statistics;
  const auto& parent = parent_of(relation);
  return {{"SchemaName", analysis::printable(relation.name.schema)},
          {"ObjectName", analysis::printable(relation.name.name)},
          {"RowCount", relation.rows ? OrderedJson(*relation.rows) : OrderedJson()},
          {"ColumnCount", relation.columns},
          {"ReadsPerSecond", rate_json(figures.reads_per_second)},
          {"WritesPerSecond", rate_json(figures.writes_per_second)},
          {"IsIndex", is_index(relation.kind)},
          {"ObjectType", kind_name(relation.kind)},
          {"ParentTableName",
           parent ? OrderedJson(analysis::printable(parent->display())) : OrderedJson()},
          {"SizeInBytes", relation.bytes}};
}

OrderedJson report_json(const Assessment& assessment) {
  OrderedJson summary = analysis::summary_json(assessment.schema);
  summary.erase("Notes");  // they are about the whole report
  OrderedJson issues = OrderedJson::array();
  for (const analysis::ReportedFinding& entry : assessment.schema.findings)
    issues.push_back(issue_json(entry));
  OrderedJson relations = OrderedJson::array();
  for (const RelationFigures& one : assessment.relations) relations.push_back(relation_json(one));
  const analysis::ReportContext& context = assessment.schema.context;
  return {{"VoyagerVersion", context.voyager_version},
          {"TargetDBVersion", context.target.release.text()},
          {"MigrationComplexity", complexity_name(assessment.complexity.level)},
          {"MigrationComplexityExplanation", assessment.complexity.explanation},
          {"SchemaSummary", summary},
          {"NumReplicasUsed", assessment.replicas},
          {"Sizing",
           {{"SizingRecommendation",
             assessment.sizing ? sizing_json(*assessment.sizing) : OrderedJson()},
            {"FailureReasoning", assessment.sizing_failure}}},
          {"AssessmentIssues", issues},
          {"TableIndexStats", relations},
          {"Notes", context.notes}};
}

[[noreturn]] void refuse(const std::string& path, const std::string& why) {
  fail(no_assessment, fmt::format("{} is no assessment report: {}", path, why),
       "Give the JSON report that assess-migration wrote");
}

/// yb-voyager writes names without quotes, whatever is in them.
QualifiedName name_in(const std::string& text, const std::string& path) {
  if (const auto name = parse_display_name(text)) return *name;
  const std::size_t dot = text.find('.');
  if (dot == std::string::npos || dot == 0) refuse(path, "it names a table without its schema");
  return {text.substr(0, dot), text.substr(dot + 1)};
}

}  // namespace

std::string to_json(const Assessment& assessment) {
  return report_json(assessment).dump(2) + "\n";
}

std::optional<std::vector<QualifiedName>> sharded_tables(const std::string& report_json,
                                                         const std::string& path) {
  const nlohmann::json report = nlohmann::json::parse(report_json, nullptr, false);
  if (!report.is_object() || !report.contains("Sizing"))
    refuse(path, report.is_discarded() ? "it is not JSON" : "it has no member Sizing");
  const nlohmann::json sizing = report["Sizing"];
  if (!sizing.is_object() || !sizing.contains("SizingRecommendation")) return std::nullopt;
  const nlohmann::json& recommendation = sizing["SizingRecommendation"];
  const bool failed =
      sizing.contains("FailureReasoning") && sizing["FailureReasoning"] != nlohmann::json("");
  if (recommendation.is_null() || failed) return std::nullopt;
  if (!recommendation.is_object() || !recommendation.contains("ShardedTables"))
    refuse(path, "its SizingRecommendation has no ShardedTables");
  std::vector<QualifiedName> names;
  for (const nlohmann::json& name : recommendation["ShardedTables"]) {
    if (!name.is_string()) refuse(path, "ShardedTables are not all names");
    names.push_back(name_in(name.get<std::string>(), path));
  }
  std::sort(names.begin(), names.end());
  return names;
}

}  // namespace voyager::assess
