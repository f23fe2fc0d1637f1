// SPDX-License-Identifier: Apache-2.0
#include "cli/assess_migration.hpp"

#include <fmt/format.h>

#include "assess/report_words.hpp"
#include "base/text.hpp"
#include "cli/cli_errors.hpp"
#include "cli/findings_table.hpp"
#include "cli/release_option.hpp"

namespace voyager::cli {
namespace {

constexpr ErrorCode assessed_already{4306};

/// A day; longer tells no more of a load.
constexpr NumberRange intervals{0, 86'400};

std::string import_text(const assess::Sizing& sizing) {
  const std::string all = assess::minutes_text(sizing.import_minutes);
  const std::string fewer = assess::minutes_text(sizing.import_minutes_without_redundant_indexes);
  return all == fewer ? all : fmt::format("{}; {} without redundant indexes", all, fewer);
}

std::string summary_table(const assess::Assessment& assessment) {
  std::vector<std::vector<std::string>> rows{
      {"Complexity", std::string(assess::complexity_name(assessment.complexity.level))}};
  if (assessment.sizing) {
    const assess::Sizing& sizing = *assessment.sizing;
    rows.push_back({"Cluster", fmt::format("{} nodes of {} vCPU, {} GiB", sizing.nodes,
                                           sizing.vcpus_per_node, sizing.memory_gib_per_node)});
    rows.push_back(
        {"Tables", fmt::format("{} colocated, {} sharded", with_thousands(sizing.colocated.size()),
                               with_thousands(sizing.sharded.size()))});
    rows.push_back({"Import", import_text(sizing)});
  } else {
    rows.push_back({"Cluster", assessment.sizing_failure});
  }
  rows.push_back({"Replicas read", std::to_string(assessment.replicas)});
  return format_table({"Assessment", "Result"}, rows);
}

void show(const assess::Assessment& assessment, const exportdir::Layout& layout, Status& status) {
  const analysis::ReportContext& context = assessment.schema.context;
  status.line(
      fmt::format("The source {}for YugabyteDB {}",
                  context.database.empty() ? "" : analysis::printable(context.database) + " ",
                  context.target.release.text()));
  status.line(summary_table(assessment));
  status.line(findings_table(assessment.schema));
  status.line(assessment.complexity.explanation);
  for (const char* format : {"html", "json"})
    status.line("Report: " + layout.assessment_report(format).string());
  status.line("Next: export schema, which shards the tables that the report recommends to shard");
}

}  // namespace

void AssessMigrationCommand::declare(OptionTable& options) {
  add_common_options(options, common_);
  add_source_options(options, source_, false);
  options.group("Assessment");
  options.boolean("start-clean", start_clean_, "replace an earlier assessment");
  options
      .text("assessment-metadata-dir", metadata_directory_,
            "read what was gathered before from there, and connect to nothing")
      .takes = "DIR";
  options
      .number("iops-capture-interval", interval_, intervals,
              "seconds for which reads and writes are counted; 0: not at all")
      .takes = "SECONDS";
  options.list("source-read-replica-endpoints", replica_endpoints_,
               "read replicas to assess too, as host[:port]; those that the primary names when not "
               "given");
  options.boolean("primary-only", primary_only_, "assess no replicas");
  options.boolean("run-guardrails-checks", run_guardrails_,
                  "ask before statistics are gathered that will be incomplete");
  add_target_version(options, target_version_);
  options
      .boolean("report-unsupported-query-constructs", query_constructs_,
               "look into the queries that pg_stat_statements counted")
      .environment("REPORT_UNSUPPORTED_QUERY_CONSTRUCTS");
  options
      .boolean("report-unsupported-plpgsql-objects", plpgsql_objects_,
               "look into the bodies of functions and procedures")
      .environment("REPORT_UNSUPPORTED_PLPGSQL_OBJECTS");
  options.only("invoked-by-export-schema", "false", "export schema assesses by itself").hidden();
}

void AssessMigrationCommand::check() const {
  chosen_release(target_version_);
  if (metadata_directory_.empty()) check_source_options(source_);
  if (primary_only_ && !replica_endpoints_.empty())
    fail(flags_exclude, "--primary-only and --source-read-replica-endpoints exclude each other");
}

AssessmentRequest AssessMigrationCommand::request() const {
  AssessmentRequest request;
  request.source = source_.endpoint;
  request.source.application = "yb-voyager assess-migration";
  request.metadata_directory = metadata_directory_;
  request.interval = std::chrono::seconds(interval_);
  request.replica_endpoints = replica_endpoints_;
  request.primary_only = primary_only_;
  request.run_guardrails = run_guardrails_;
  request.target = chosen_release(target_version_);
  request.query_constructs = query_constructs_;
  request.plpgsql_objects = plpgsql_objects_;
  return request;
}

int AssessMigrationCommand::run(const Session& session) {
  if (!start_clean_ && is_assessed(session.layout))
    fail(assessed_already,
         fmt::format("there is an assessment in {} already", session.layout.assessment().string()),
         "--start-clean true replaces it");
  AssessmentRequest call = request();
  if (metadata_directory_.empty())
    call.source.password = password_or_ask(source_.password, session, "the source database");
  show(run_assessment(call, session), session.layout, session.status);
  return 0;
}

}  // namespace voyager::cli
