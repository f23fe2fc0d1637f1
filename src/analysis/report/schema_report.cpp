// SPDX-License-Identifier: Apache-2.0
#include "analysis/report/schema_report.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>

#include "base/error.hpp"
#include "base/text.hpp"

namespace voyager::analysis {
namespace {

constexpr ErrorCode not_in_catalogue{8201};

using Label = std::pair<std::string, std::string>;  // object type and name

bool creates(const std::string& statement) {
  constexpr std::string_view word = "create";
  return to_lower(statement.substr(0, word.size())) == word;
}

const Issue& issue_of(const Finding& finding) {
  const Issue* issue = find_issue(finding.issue);
  if (issue == nullptr) {
    fail(not_in_catalogue, fmt::format("the catalogue has no issue {}", finding.issue),
         "Report this as a bug");
  }
  return *issue;
}

std::string reason_of(const Issue& issue, const Finding& finding) {
  if (finding.detail.empty()) return issue.description;
  if (issue.description.empty()) return finding.detail;
  return fmt::format("{} Here: {}", issue.description, finding.detail);
}

Category category_of(const Issue& issue, const Finding& finding) {
  const bool routine = finding.object_type == "FUNCTION" || finding.object_type == "PROCEDURE";
  return routine && issue.category == Category::unsupported_query_constructs
             ? Category::unsupported_plpgsql_objects
             : issue.category;
}

void make_printable(Finding& finding) {
  for (std::string* text : {&finding.object_type, &finding.object_name, &finding.file,
                            &finding.statement, &finding.detail})
    *text = printable(*text);
}

std::vector<ReportedFinding> judged(const std::vector<Finding>& findings,
                                    const TargetRelease& target) {
  std::vector<ReportedFinding> reported;
  for (const Finding& finding : findings) {
    const Issue& issue = issue_of(finding);
    const Maturity maturity = issue.maturity(target);
    if (maturity == Maturity::generally_available) continue;
    ReportedFinding entry{&issue, finding, category_of(issue, finding), maturity, ""};
    make_printable(entry.finding);
    entry.reason = reason_of(issue, entry.finding);
    reported.push_back(std::move(entry));
  }
  return reported;
}

/// Which of the objects that statements create have findings. Those at an object's own CREATE count
/// for it alone, because functions may share a name; others (ALTER TABLE) for all of the name.
class Affected {
 public:
  void add(const Finding& finding) {
    const Label label{finding.object_type, finding.object_name};
    if (creates(finding.statement)) {
      created_.insert({label, finding.statement});
    } else {
      labels_.insert(label);
    }
  }
  bool has(const Label& label, const std::string& statement) const {
    return labels_.count(label) > 0 || created_.count({label, statement}) > 0;
  }

 private:
  std::set<Label> labels_;
  std::set<std::pair<Label, std::string>> created_;
};

struct Tally {
  ReportedObjects objects;
  std::size_t advised = 0;
};

std::map<std::string, Tally> tally(const std::vector<ParsedStatement>& statements,
                                   const std::vector<ReportedFinding>& findings) {
  Affected broken;
  Affected advised;
  for (const ReportedFinding& entry : findings)
    (is_advice(entry.category) ? advised : broken).add(entry.finding);
  std::map<std::string, Tally> tallies;
  for (const ParsedStatement& statement : statements) {
    if (statement.object_type.empty() || !creates(statement.text)) continue;
    const Label label{printable(statement.object_type), printable(statement.object_name)};
    const std::string text = printable(statement.text);
    Tally& one = tallies[label.first];
    one.objects.names.push_back(label.second);
    if (broken.has(label, text)) {
      ++one.objects.invalid;
    } else if (advised.has(label, text)) {
      ++one.advised;
    }
  }
  return tallies;
}

ReportedObjects finished(const std::string& type, Tally tally) {
  tally.objects.type = type;
  std::sort(tally.objects.names.begin(), tally.objects.names.end());
  if (tally.advised > 0) {
    tally.objects.details =
        fmt::format("{} more {} advice only.", tally.advised, tally.advised == 1 ? "has" : "have");
  }
  return tally.objects;
}

std::vector<ReportedObjects> objects_by_type(const std::vector<ParsedStatement>& statements,
                                             const std::vector<ReportedFinding>& findings) {
  std::map<std::string, Tally> tallies = tally(statements, findings);
  std::vector<ReportedObjects> objects;
  for (const schema::ObjectFile& file : schema::object_files()) {
    auto node = tallies.extract(std::string(file.name));
    if (!node.empty()) objects.push_back(finished(node.key(), std::move(node.mapped())));
  }
  // Kinds that have no file of their own (DATABASE).
  for (auto& [type, rest] : tallies) objects.push_back(finished(type, std::move(rest)));
  return objects;
}

std::vector<std::string> schema_names(const std::vector<ParsedStatement>& statements,
                                      const SchemaFacts& facts) {
  std::set<std::string> names;
  for (const ParsedStatement& statement : statements)
    if (statement.is("CreateSchemaStmt")) names.insert(printable(statement.object_name));
  for (const auto& [name, table] : facts.tables()) names.insert(printable(name.schema));
  for (const auto& [name, type] : facts.user_types()) names.insert(printable(name.schema));
  names.erase("");
  return {names.begin(), names.end()};
}

/// Bodies that PostgreSQL's own parser does not understand are read part by part: said, because
/// something in them may be missing among the findings.
void note_unread_bodies(const std::vector<ParsedStatement>& statements,
                        std::vector<std::string>& notes) {
  for (const ParsedStatement& statement : statements) {
    if (!statement.body_error) continue;
    notes.push_back(fmt::format(
        "{}, line {}: the body of {} could be read in part only ({}); look through it by hand.",
        statement.file, statement.body_error->line, statement.object_name,
        statement.body_error->message));
  }
}

}  // namespace

std::string printable(const std::string& text) {
  constexpr std::string_view replacement = "\xEF\xBF\xBD";
  // The library's own check of UTF-8; most texts are fine as they are.
  const std::string valid =
      Json::parse(Json(text).dump(-1, ' ', false, Json::error_handler_t::replace))
          .get<std::string>();
  std::string result;
  for (std::size_t i = 0; i < valid.size(); ++i) {
    const auto byte = static_cast<unsigned char>(valid[i]);
    const bool control =
        (byte < 0x20 && byte != '\t' && byte != '\n' && byte != '\r') || byte == 0x7F;
    // U+0080 to U+009F, which terminals obey too, and U+FFFE, U+FFFF, which XML forbids.
    const bool control_pair = byte == 0xC2 && static_cast<unsigned char>(valid[i + 1]) < 0xA0;
    const bool no_character =
        valid.compare(i, 2, "\xEF\xBF") == 0 && static_cast<unsigned char>(valid[i + 2]) >= 0xBE;
    if (control || control_pair || no_character) {
      result += replacement;
      i += no_character ? 2 : (control_pair ? 1 : 0);
    } else {
      result += valid[i];
    }
  }
  return result;
}

bool is_advice(Category category) {
  return category == Category::performance_optimizations || category == Category::migration_caveats;
}

std::string category_title(Category category) {
  std::string title(category_name(category));
  std::replace(title.begin(), title.end(), '_', ' ');
  if (category == Category::unsupported_plpgsql_objects) return "Unsupported PL/pgSQL objects";
  title.front() = static_cast<char>(title.front() - 'a' + 'A');
  return title;
}

std::map<Category, std::array<std::size_t, 3>> count_findings(const SchemaReport& report) {
  std::map<Category, std::array<std::size_t, 3>> counts;
  for (const ReportedFinding& entry : report.findings)
    ++counts[entry.category].at(static_cast<std::size_t>(entry.issue->impact));
  return counts;
}

SchemaReport build_schema_report(const std::vector<ParsedStatement>& statements,
                                 const SchemaFacts& facts, const std::vector<Finding>& findings,
                                 ReportContext context) {
  SchemaReport report;
  report.context = std::move(context);
  std::vector<std::string>& notes = report.context.notes;
  if (!report.context.target.note.empty()) notes.insert(notes.begin(), report.context.target.note);
  note_unread_bodies(statements, notes);
  for (std::string& note : notes) note = printable(note);
  report.context.database = printable(report.context.database);
  report.context.database_version = printable(report.context.database_version);
  report.schemas = schema_names(statements, facts);
  report.findings = judged(findings, report.context.target);
  report.objects = objects_by_type(statements, report.findings);
  return report;
}

}  // namespace voyager::analysis
