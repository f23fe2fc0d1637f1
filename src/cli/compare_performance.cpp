// SPDX-License-Identifier: Apache-2.0
#include "cli/compare_performance.hpp"

#include <fmt/format.h>

#include <filesystem>

#include "analysis/report/schema_report.hpp"
#include "assess/metadata_files.hpp"
#include "assess/performance_comparison.hpp"
#include "base/error.hpp"
#include "base/file.hpp"
#include "base/text.hpp"
#include "cli/target_schema.hpp"

namespace voyager::cli {
namespace {

namespace fs = std::filesystem;

constexpr ErrorCode not_assessed{4501};
constexpr ErrorCode source_counts_nothing{4502};
constexpr ErrorCode target_counts_nothing{4503};
constexpr ErrorCode compared_already{4504};

constexpr const char* count_statements =
    "put pg_stat_statements into shared_preload_libraries, run CREATE EXTENSION pg_stat_statements "
    "in the database, and grant pg_read_all_stats to the user";

fs::path report_file(const exportdir::Layout& layout, const char* format) {
  return layout.reports() / fmt::format("performance_comparison_report.{}", format);
}

void require_no_report(const exportdir::Layout& layout) {
  for (const char* format : {"html", "json"}) {
    if (fs::exists(report_file(layout, format)))
      fail(compared_already,
           fmt::format("{} is there already", report_file(layout, format).string()),
           "Use --start-clean true to replace it");
  }
}

assess::CountedStatements source_statements(const exportdir::Layout& layout) {
  if (!fs::exists(layout.assessment_metadata()))
    fail(not_assessed, "there are no statistics of the source's statements in the export directory",
         "Run yb-voyager assess-migration while the source does its usual work");
  const assess::Metadata metadata = assess::read_metadata(layout.assessment_metadata());
  if (!metadata.queries_known)
    fail(source_counts_nothing, "the assessment could not read which statements the source runs",
         fmt::format("On the source, {}; after some work, run yb-voyager assess-migration "
                     "--start-clean true",
                     count_statements));
  assess::CountedStatements statements{{metadata.database, metadata.server_version}, {}};
  for (const assess::NodeMetadata& node : metadata.nodes)
    statements.queries.insert(statements.queries.end(), node.queries.begin(), node.queries.end());
  return statements;
}

assess::CountedStatements target_statements(const engine::Endpoint& endpoint,
                                            const engine::Registry& registry) {
  const auto reader = registry.statistics(endpoint)->statistics();
  auto queries = reader->queries();
  if (!queries)
    fail(target_counts_nothing,
         fmt::format("statements of the target {} can't be read", endpoint.database),
         fmt::format("On the target, {}", count_statements));
  return {{endpoint.database, reader->server_version()}, std::move(*queries)};
}

void add_notes(assess::PerformanceComparison& comparison) {
  if (assess::match_counts(comparison).both == 0)
    comparison.notes.emplace_back(
        "No statement ran on both databases: let the application, or a test of it, work on the "
        "target, and compare again.");
}

std::string beginning(const std::string& text) {
  constexpr std::size_t shown = 60;
  const std::string line = join(split(analysis::printable(text), '\n'), " ");
  return line.size() <= shown ? line : line.substr(0, shown) + "...";
}

std::string impact_table(const assess::PerformanceComparison& comparison) {
  constexpr std::size_t shown = 5;
  constexpr double ms_of_second = 1000;
  std::vector<std::vector<std::string>> rows;
  for (const std::size_t place : comparison.by_impact) {
    if (rows.size() == shown) break;
    const assess::QueryComparison& query = comparison.queries[place];
    rows.push_back({beginning(query.text), fmt::format("{:.3f}", query.source->mean_ms),
                    fmt::format("{:.3f}", query.target->mean_ms),
                    fmt::format("{:.1f} x", query.slowdown.value_or(0)),
                    fmt::format("{:.1f} s", query.impact_ms / ms_of_second)});
  }
  return format_table({"Statement", "Source ms", "Target ms", "Slowdown", "Impact"}, rows);
}

void show(const assess::PerformanceComparison& comparison, Status& status) {
  const assess::MatchCounts counts = assess::match_counts(comparison);
  status.line(
      fmt::format("{} statements: {} ran on both, {} on the source only, {} on the target "
                  "only",
                  with_thousands(comparison.queries.size()), with_thousands(counts.both),
                  with_thousands(counts.source_only), with_thousands(counts.target_only)));
  if (!comparison.by_impact.empty()) {
    status.line(impact_table(comparison));
  } else if (counts.both > 0) {
    status.line("No statement is slower on the target.");
  }
  for (const std::string& note : comparison.notes) status.warning(note);
}

void write_reports(const assess::PerformanceComparison& comparison, const exportdir::Layout& layout,
                   Status& status) {
  make_directory(layout.reports());
  write_file_atomically(report_file(layout, "json"), assess::to_json(comparison));
  write_file_atomically(report_file(layout, "html"), assess::to_html(comparison));
  for (const char* format : {"html", "json"})
    status.line("Report: " + report_file(layout, format).string());
}

}  // namespace

void ComparePerformanceCommand::declare(OptionTable& options) {
  add_common_options(options, common_);
  add_target_options(options, target_);
  options.group("Report");
  options.boolean("start-clean", start_clean_, "replace an earlier report");
}

int ComparePerformanceCommand::run(const Session& session) {
  warn_about_schema("--target-db-schema", target_.ignored_schema, session.status);
  if (!start_clean_) require_no_report(session.layout);
  const assess::CountedStatements source = source_statements(session.layout);
  engine::Endpoint endpoint = target_.endpoint;
  endpoint.application = "yb-voyager compare-performance";
  endpoint.password = password_or_ask(target_.password, session, "the target database");
  assess::PerformanceComparison comparison =
      assess::compare_performance(source, target_statements(endpoint, session.registry));
  comparison.voyager_version = VOYAGER_VERSION;
  comparison.made_at = utc_timestamp(unix_micros_now());
  add_notes(comparison);
  show(comparison, session.status);
  write_reports(comparison, session.layout, session.status);
  return 0;
}

}  // namespace voyager::cli
