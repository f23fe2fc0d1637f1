// SPDX-License-Identifier: Apache-2.0
#include <nlohmann/json.hpp>

#include "analysis/report/json_parts.hpp"
#include "analysis/report/markup.hpp"
#include "analysis/report/writers.hpp"
#include "base/text.hpp"

namespace voyager::analysis {
namespace {

using OrderedJson = nlohmann::ordered_json;

OrderedJson objects_json(const ReportedObjects& objects) {
  OrderedJson json = {{"ObjectType", objects.type},
                      {"TotalCount", objects.names.size()},
                      {"InvalidCount", objects.invalid},
                      {"ObjectNames", join(objects.names, ", ")}};
  if (!objects.details.empty()) json["Details"] = objects.details;
  return json;
}

OrderedJson finding_json(const ReportedFinding& entry) {
  const Issue& issue = *entry.issue;
  OrderedJson json = {{"IssueType", category_name(entry.category)},
                      {"Type", issue.type},
                      {"Name", issue.name},
                      {"Impact", impact_name(issue.impact)},
                      {"Maturity", maturity_name(entry.maturity)},
                      {"ObjectType", entry.finding.object_type},
                      {"ObjectName", entry.finding.object_name},
                      {"Reason", entry.reason}};
  json.update(finding_details_json(entry));
  return json;
}

OrderedJson report_json(const SchemaReport& report) {
  OrderedJson findings = OrderedJson::array();
  for (const ReportedFinding& entry : report.findings) findings.push_back(finding_json(entry));
  return {{"VoyagerVersion", report.context.voyager_version},
          {"TargetDBVersion", report.context.target.release.text()},
          {"Summary", summary_json(report)},
          {"Issues", findings}};
}

}  // namespace

OrderedJson versions_json(const SeriesVersions& versions) {
  OrderedJson json = OrderedJson::object();
  for (const auto& [series, release] : versions) json[series] = release.text();
  return json;
}

OrderedJson finding_details_json(const ReportedFinding& entry) {
  const Issue& issue = *entry.issue;
  return {{"SqlStatement", entry.finding.statement},
          {"FilePath", entry.finding.file},
          {"Line", entry.finding.line},
          {"Suggestion", issue.suggestion},
          {"GH", issue.github},
          {"DocsLink", issue.docs},
          {"MinimumVersionsFixedIn", versions_json(issue.ga)},
          {"MinimumVersionsFixedInTP", versions_json(issue.tp)},
          {"MinimumVersionsFixedInEA", versions_json(issue.ea)},
          {"EnablingFlags", issue.flags}};
}

OrderedJson summary_json(const SchemaReport& report) {
  OrderedJson objects = OrderedJson::array();
  for (const ReportedObjects& one : report.objects) objects.push_back(objects_json(one));
  return {{"Description", "Objects that import schema will create on the target YugabyteDB."},
          {"DbName", report.context.database},
          {"SchemaNames", report.schemas},
          {"DbVersion", report.context.database_version},
          {"Notes", report.context.notes},
          {"DatabaseObjects", objects}};
}

std::string to_json(const SchemaReport& report) {
  return report_json(report).dump(2) + "\n";
}

std::string to_xml(const SchemaReport& report) {
  return xml_document("SchemaReport", report_json(report));
}

}  // namespace voyager::analysis
