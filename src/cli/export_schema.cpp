// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <optional>
#include <utility>

#include "base/error.hpp"
#include "base/file.hpp"
#include "base/text.hpp"
#include "cli/assessment_flow.hpp"
#include "cli/commands.hpp"
#include "cli/release_option.hpp"
#include "cli/settings.hpp"

namespace voyager::cli {
namespace {

void show(const optimize::Optimized& optimized, const optimize::Switches& switches,
          Status& status) {
  std::vector<std::vector<std::string>> rows;
  for (const optimize::ChangeKind kind : optimize::change_kinds) {
    const auto changes = std::count_if(optimized.changes.begin(), optimized.changes.end(),
                                       [&](const auto& change) { return change.kind == kind; });
    rows.push_back({std::string(optimize::title(kind)),
                    optimize::is_on(kind, switches)
                        ? with_thousands(static_cast<std::uint64_t>(changes))
                        : "off"});
  }
  status.line(format_table({"Optimisation", "Objects"}, rows));
}

using Tables = std::vector<QualifiedName>;

std::optional<Tables> sharded_tables(const std::filesystem::path& report) {
  return assess::sharded_tables(read_file(report), report.string());
}

/// From the tables' present sizes: nothing is watched, nobody is asked, replicas are left alone.
void assess_now(const engine::Endpoint& source, const Session& session) {
  session.status.line("Assessing the source: which tables are to be sharded");
  run_assessment({.source = source,
                  .primary_only = true,
                  .run_guardrails = false,
                  .target = chosen_release("")},
                 session);
}

/// What the assessment in the export directory says; an advice only, so that its errors are
/// warnings.
std::optional<Tables> assessed_tables(const engine::Endpoint& source, bool assess,
                                      const Session& session) {
  try {
    if (!is_assessed(session.layout)) {
      if (!assess) return std::nullopt;
      assess_now(source, session);
    }
    return sharded_tables(session.layout.assessment_report("json"));
  } catch (const Error& error) {
    session.status.warning(
        fmt::format("No table will say whether it is colocated: {}", error.line()));
    return std::nullopt;
  }
}

/// The page is there before the files that it is about: an export that is killed between them is
/// repeated.
schema::Rewritten optimized(const optimize::Files& files, const optimize::Switches& switches,
                            const std::optional<Tables>& sharded, const std::string& database,
                            const Session& session) {
  optimize::Optimized result = optimize::optimize(files, switches, sharded);
  const std::filesystem::path page = session.layout.reports() / "schema_optimization_report.html";
  make_directory(page.parent_path());
  write_file_atomically(page, optimize::to_html(result, {.voyager_version = VOYAGER_VERSION,
                                                         .database = database,
                                                         .switches = switches}));
  show(result, switches, session.status);
  session.status.line(fmt::format("Each change, before and after: {}", page.string()));
  const int fewer = optimize::fewer_statements(result);
  return {std::move(result.files), fewer};
}

}  // namespace

void ExportSchemaCommand::declare(OptionTable& options) {
  add_common_options(options, common_);
  add_source_options(options, source_);
  options.group("Export");
  options.boolean("start-clean", start_clean_, "remove an earlier export of the schema first");
  add_object_type_options(options, object_types_);
  options.boolean("comments-on-objects", comments_on_objects_, "export COMMENT statements too");
  options.hint("run-guardrails-checks", "true|false", "the checks of this command always run");
  options.hint("use-orafce", "true|false", "it concerns Oracle sources");
  options.group("Optimisation");
  options.boolean(
      "skip-performance-recommendations", skip_performance_,
      "keep redundant indexes, and keys and indexes of dates and times sharded by hash");
  options.boolean("skip-colocation-recommendations", skip_colocation_,
                  "no table says that it is not colocated");
  options
      .file("assessment-report-path", assessment_report_,
            "the JSON report of assess-migration that says which tables are not colocated")
      .default_text = "the one in the export directory";
  options
      .boolean("skip-merge-constraints-transformations", skip_merge_,
               "keep ALTER TABLE ... ADD CONSTRAINT apart from CREATE TABLE")
      .environment("YB_VOYAGER_SKIP_MERGE_CONSTRAINTS_TRANSFORMATIONS")
      .hidden();
  options
      .boolean("assess-schema-before-export", assess_,
               "assess the source first, when there is no assessment yet")
      .hidden();
}

void ExportSchemaCommand::check() const {
  resolved(object_types_);
  if (!assessment_report_.empty()) sharded_tables(assessment_report_);
}

schema::ExportSchemaOptions ExportSchemaCommand::request() const {
  const ObjectTypeOptions types = resolved(object_types_);
  schema::ExportSchemaOptions request;
  request.source = source_.endpoint;
  request.source.application = "yb-voyager export schema";
  request.object_types = types.include;
  request.excluded_object_types = types.exclude;
  request.comments_on_objects = comments_on_objects_;
  request.start_clean = start_clean_;
  return request;
}

optimize::Switches ExportSchemaCommand::switches() const {
  return {.merge_constraints = !skip_merge_,
          .remove_redundant_indexes = !skip_performance_,
          .range_sharding = !skip_performance_,
          .colocation = !skip_colocation_};
}

int ExportSchemaCommand::run(const Session& session) {
  schema::ExportSchemaOptions call = request();
  call.source.password = password_or_ask(source_.password, session, "the source database");
  // The registry names the types that exist, before anything is written.
  const auto source = session.registry.source(call.source);
  exportdir::MetaDb meta = exportdir::MetaDb::open(session.layout, true);
  call.rewrite = [&](const optimize::Files& files) {
    std::optional<Tables> sharded;
    if (!skip_colocation_)
      sharded = assessment_report_.empty() ? assessed_tables(call.source, assess_, session)
                                           : sharded_tables(assessment_report_);
    const nlohmann::json exported = {{"database", call.source.database},
                                     {"server_version", source->catalog()->server_version()}};
    // Once the files are there, nothing must be missing: the export is not repeated then.
    meta.set_setting(settings::exported_schema, exported.dump());
    return optimized(files, switches(), sharded, call.source.database, session);
  };
  schema::export_schema(session.layout, meta, call, session.status);
  return 0;
}

}  // namespace voyager::cli
