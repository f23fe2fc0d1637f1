// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <filesystem>
#include <nlohmann/json.hpp>

#include "analysis/detector.hpp"
#include "analysis/report/writers.hpp"
#include "base/file.hpp"
#include "base/text.hpp"
#include "cli/commands.hpp"
#include "cli/findings_table.hpp"
#include "cli/release_option.hpp"
#include "cli/settings.hpp"
#include "exportdir/meta_db.hpp"
#include "schema/schema_files.hpp"
#include "schema/split.hpp"

namespace voyager::cli {
namespace {

struct Writer {
  const char* format;
  std::string (*write)(const analysis::SchemaReport& report);
};

constexpr std::array writers{Writer{"html", &analysis::to_html}, Writer{"json", &analysis::to_json},
                             Writer{"txt", &analysis::to_text}, Writer{"xml", &analysis::to_xml}};

/// Files are named as users know them: below the export directory.
std::vector<analysis::ParsedStatement> read_statements(const exportdir::Layout& layout) {
  std::vector<analysis::ParsedStatement> statements;
  const std::filesystem::path folder = layout.schema().filename();
  for (const schema::SchemaText& text : schema::read_schema_texts(layout.schema())) {
    auto parsed =
        analysis::parse_text((folder / text.file.path).string(), text.sql, text.file.type);
    std::move(parsed.begin(), parsed.end(), std::back_inserter(statements));
  }
  return statements;
}

/// Which database the files came from; older exports and files from elsewhere don't say.
void add_origin(const exportdir::Layout& layout, analysis::ReportContext& context) {
  if (!std::filesystem::exists(layout.meta_db())) return;
  const auto exported = exportdir::MetaDb::open(layout, false).setting(settings::exported_schema);
  if (!exported) return;
  const nlohmann::json origin = nlohmann::json::parse(*exported);
  context.database = origin.value("database", "");
  context.database_version = origin.value("server_version", "");
}

void add_uncategorized(const exportdir::Layout& layout, analysis::ReportContext& context) {
  const std::filesystem::path path = layout.uncategorized_sql();
  if (!std::filesystem::exists(path)) return;
  context.notes.push_back(
      fmt::format("schema/{} has statements of no known kind; they are not imported and are not "
                  "part of this report.",
                  path.filename().string()));
}

std::string objects_table(const analysis::SchemaReport& report) {
  std::vector<std::vector<std::string>> rows;
  for (const analysis::ReportedObjects& one : report.objects)
    rows.push_back({one.type, with_thousands(one.names.size()), with_thousands(one.invalid)});
  return format_table({"Object type", "Objects", "With issues"}, rows);
}

void show(const analysis::SchemaReport& report, Status& status) {
  status.line("The exported schema, for YugabyteDB " + report.context.target.release.text());
  status.line(objects_table(report));
  status.line(findings_table(report));
  for (const std::string& note : report.context.notes) status.warning(note);
}

}  // namespace

void AnalyzeSchemaCommand::declare(OptionTable& options) {
  add_common_options(options, common_);
  options.group("Report");
  std::vector<std::string> names;
  names.reserve(writers.size());
  for (const Writer& writer : writers) names.emplace_back(writer.format);
  options.choice("output-format", format_, names, "the form of the report").default_text =
      "html and json";
  add_target_version(options, target_version_);
}

void AnalyzeSchemaCommand::check() const {
  target();
}

std::vector<std::string> AnalyzeSchemaCommand::formats() const {
  if (format_.empty()) return {"html", "json"};
  return {format_};
}

analysis::TargetRelease AnalyzeSchemaCommand::target() const {
  return chosen_release(target_version_);
}

int AnalyzeSchemaCommand::run(const Session& session) {
  const std::vector<analysis::ParsedStatement> statements = read_statements(session.layout);
  analysis::ReportContext context;
  context.voyager_version = VOYAGER_VERSION;
  context.target = target();
  add_origin(session.layout, context);
  add_uncategorized(session.layout, context);
  const auto facts = analysis::SchemaFacts::gather(statements);
  const analysis::SchemaReport report = analysis::build_schema_report(
      statements, facts, analysis::analyse(statements, facts), std::move(context));
  show(report, session.status);
  make_directory(session.layout.reports());
  const std::vector<std::string> wanted = formats();
  for (const Writer& writer : writers) {
    if (std::find(wanted.begin(), wanted.end(), writer.format) == wanted.end()) continue;
    const std::filesystem::path path =
        session.layout.reports() / fmt::format("schema_analysis_report.{}", writer.format);
    write_file_atomically(path, writer.write(report));
    session.status.line("Report: " + path.string());
  }
  return 0;
}

}  // namespace voyager::cli
