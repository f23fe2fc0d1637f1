// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include "analysis/report/writers.hpp"
#include "base/status.hpp"
#include "base/text.hpp"

namespace voyager::analysis {
namespace {

constexpr std::string_view continuation = "\n                  ";

/// "  - Reason        : ..."; nothing when there is no text.
std::string field(std::string_view name, const std::string& text) {
  if (text.empty()) return "";
  return fmt::format("  - {:<12}: {}\n", name, join(split(text, '\n'), continuation));
}

std::string heading(const std::string& title) {
  return fmt::format("\n{}\n{}\n", title, std::string(title.size(), '-'));
}

std::string versions_text(const SeriesVersions& versions) {
  std::vector<std::string> releases;
  for (const auto& [series, release] : versions) releases.push_back(release.text());
  return join(releases, ", ");
}

std::string objects_text(const std::vector<ReportedObjects>& objects) {
  std::string text;
  for (const ReportedObjects& one : objects) {
    text += fmt::format("\n{}\n", one.type);
    text += field("Total", std::to_string(one.names.size()));
    text += field("With issues", std::to_string(one.invalid));
    text += field("Names", join(one.names, ", "));
    text += field("Details", one.details);
  }
  return text;
}

std::string finding_text(std::size_t number, const ReportedFinding& entry) {
  const Issue& issue = *entry.issue;
  const Finding& finding = entry.finding;
  std::string text = fmt::format("\n{}. {} ({})\n", number, issue.name, issue.type);
  text += field("Object", std::string(trim(finding.object_type + " " + finding.object_name)));
  text += field("Place", fmt::format("{}, line {}", finding.file, finding.line));
  text += field("Category", category_title(entry.category));
  text += field("Impact", std::string(impact_name(issue.impact)));
  text += field("Maturity", std::string(maturity_name(entry.maturity)));
  text += field("Reason", entry.reason);
  text += field("Suggestion", issue.suggestion);
  text += field("Issue", issue.github);
  text += field("Docs", issue.docs);
  text += field("Fixed in", versions_text(issue.ga));
  text += field("EA in", versions_text(issue.ea));
  text += field("TP in", versions_text(issue.tp));
  text += field("Flags", join(issue.flags, ", "));
  return text + field("SQL", finding.statement);
}

}  // namespace

std::string to_text(const SchemaReport& report) {
  const ReportContext& context = report.context;
  std::string text = "Schema analysis report\n======================\n\n";
  text += field("Database", context.database);
  text += field("Version", context.database_version);
  text += field("Schemas", join(report.schemas, ", "));
  text += field("Target", "YugabyteDB " + context.target.release.text());
  text += field("yb-voyager", context.voyager_version);
  if (!context.notes.empty()) text += heading("Notes");
  for (const std::string& note : context.notes) text += fmt::format("- {}\n", note);
  text += heading("Objects") + objects_text(report.objects) + heading("Issues");
  std::size_t number = 0;
  for (const ReportedFinding& entry : report.findings) text += finding_text(++number, entry);
  if (report.findings.empty()) text += "\nNone found.\n";
  return text;
}

}  // namespace voyager::analysis
