// SPDX-License-Identifier: Apache-2.0
#include <fmt/core.h>

#include "cli/cli_errors.hpp"
#include "cli/commands.hpp"
#include "cli/target_schema.hpp"

namespace voyager::cli {
namespace {

constexpr NumberRange job_range{0, 512};
constexpr NumberRange retry_range{0, 1'000'000};

/// Flags of other versions that only change the speed, or whose default is what this program does.
void add_compatibility_options(OptionTable& options) {
  options.group("Compatibility");
  options.hint("batch-size", "NUMBER", "rows are loaded in the chunks that export data made");
  options.hint("cdc-partition-key", "auto|pk|table",
               "transactions run in parallel where the rows they write do not meet");
  options.hint("cdc-partition-key-overrides", "TEXT", "see --cdc-partition-key");
  options.hint("skip-replication-checks", "true|false", "replication of the target is not checked");
  options.only("continue-on-error", "false", "an error stops the import, nothing is skipped");
  options.only("error-policy-snapshot", "abort", "an error stops the import, nothing is skipped");
  options.only("on-primary-key-conflict", "ERROR-POLICY",
               "a row that exists already is an error and stops the import");
  options.only("use-partition-root", "true", "rows and changes are written through the root table");
  options.only("enable-upsert", "false", "it is unsafe with secondary indexes");
  options.only("disable-transactional-writes", "false",
               "rows and the record of them are written in one transaction");
  options.only("metrics-port", "0", "this program has no metrics server");
  for (const char* name : {"skip-node-health-checks", "skip-disk-usage-health-checks",
                           "enable-random-batch-production",
                           "disable-sequential-scan-on-update-deletes", "truncate-splits"})
    options.hint(name, "true|false", "it has no meaning for this program").hidden();
  for (const char* name : {"max-concurrent-batch-productions", "prometheus-metrics-port"})
    options.hint(name, "NUMBER", "it has no meaning for this program").hidden();
}

}  // namespace

void RowsImportCommand::declare_import(OptionTable& options) {
  options.group("Import");
  options.number("parallel-jobs", values_.parallelism.jobs, job_range, "connections that write")
      .default_text = place_.usual_jobs;
  declare_adaptive(options);
  options.boolean("start-clean", values_.start_clean,
                  "forget an earlier import and begin again, after a question");
  options.boolean("truncate-tables", values_.truncate_tables,
                  "with --start-clean: empty the tables first");
  options.number("max-retries-streaming", values_.max_retries_streaming, retry_range,
                 "retries of a batch of changes; lost connections are retried without limit");
  options.boolean("run-guardrails-checks", values_.run_guardrails,
                  "check the database before anything is done; false is unsafe");
  add_progress_option(options, common_);
  for (const char* name :
       {"table-list", "exclude-table-list", "table-list-file-path", "exclude-table-list-file-path"})
    options.only(name, "\"\"", "the tables are chosen by export data").hidden();
  add_compatibility_options(options);
}

void RowsImportCommand::declare_adaptive(OptionTable& options) {
  if (!place_.tells_load) {
    options.hint("adaptive-parallelism", "disabled|balanced|aggressive",
                 "this database does not say what its servers are doing");
    options.hint("adaptive-parallelism-max", "NUMBER", "see --adaptive-parallelism");
    return;
  }
  options
      .choice("adaptive-parallelism", adaptive_mode_, {"disabled", "balanced", "aggressive"},
              "one connection more or less, as the servers' processors and memory allow")
      .default_text = "balanced; with --parallel-jobs disabled";
  options
      .number("adaptive-parallelism-max", values_.parallelism.most, job_range,
              "connections at most, while --adaptive-parallelism is not disabled")
      .default_text = "the database's cores";
}

void RowsImportCommand::check() const {
  if (adaptive_mode() == "disabled" && values_.parallelism.most > 0)
    fail(flags_exclude,
         "--adaptive-parallelism-max needs --adaptive-parallelism that is not "
         "disabled; --parallel-jobs alone disables it");
  if (values_.truncate_tables && !values_.start_clean)
    fail(missing_flag, "--truncate-tables true needs --start-clean true");
}

/// A number that is asked for stays, unless both are asked for.
std::string RowsImportCommand::adaptive_mode() const {
  if (!adaptive_mode_.empty()) return adaptive_mode_;
  return place_.tells_load && values_.parallelism.jobs == 0 ? "balanced" : "disabled";
}

ImportDataRequest RowsImportCommand::request() const {
  ImportDataRequest request = values_;
  request.parallelism.adaptive = load_limits(adaptive_mode());
  request.database = database_.endpoint;
  request.database.application = place_.application;
  return request;
}

int RowsImportCommand::run(const Session& session) {
  warn_about_schema(place_.schema_flag, database_.ignored_schema, session.status);
  ImportDataRequest call = request();
  call.layout = session.layout;
  call.database.password = password_or_ask(database_.password, session, place_.whose);
  place_.import(call, session.registry, session.status, session.stop);
  return 0;
}

ImportDataCommand::ImportDataCommand()
    : RowsImportCommand({"yb-voyager target_db_importer", "the target database",
                         "--target-db-schema", "a quarter of the database's cores", true,
                         import_data_to_target}) {}

void ImportDataCommand::declare(OptionTable& options) {
  add_common_options(options, common_);
  add_target_options(options, database_);
  options.list("target-endpoints", database_.endpoint.nodes,
               "nodes to spread connections over, as host[:port],...; else the cluster is asked");
  options.boolean("use-public-ip", database_.endpoint.use_public_ip,
                  "connect to the nodes by their public addresses");
  declare_import(options);
}

ImportDataToReplicaCommand::ImportDataToReplicaCommand()
    : RowsImportCommand({"yb-voyager source_replica_db_importer", "the source-replica database",
                         "--source-replica-db-schema", "half of the database's cores", false,
                         import_data_to_source_replica}) {}

void ImportDataToReplicaCommand::declare(OptionTable& options) {
  add_common_options(options, common_);
  add_source_replica_options(options, database_);
  declare_import(options);
}

}  // namespace voyager::cli
