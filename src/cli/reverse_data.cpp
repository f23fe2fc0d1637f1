// SPDX-License-Identifier: Apache-2.0
#include "cli/commands.hpp"
#include "cli/settings.hpp"

namespace voyager::cli {
namespace {

constexpr NumberRange job_range{0, 512};
constexpr NumberRange retry_range{0, 1'000'000};

/// Flags of the other data commands, of other versions, that have no meaning for these two.
void add_compatibility_options(OptionTable& options) {
  options.group("Compatibility");
  options.hint("run-guardrails-checks", "true|false", "the checks of this command always run");
  options.hint("batch-size", "NUMBER", "changes are batched by their number and size").hidden();
  options.only("use-partition-root", "true", "changes are written through the root table").hidden();
  options.only("enable-upsert", "false", "it is unsafe with secondary indexes").hidden();
  options.only("continue-on-error", "false", "an error stops the import, nothing is skipped")
      .hidden();
  options.only("metrics-port", "0", "this program has no metrics server");
  for (const char* name :
       {"table-list", "exclude-table-list", "table-list-file-path", "exclude-table-list-file-path"})
    options.only(name, "\"\"", "the tables are chosen by export data").hidden();
}

}  // namespace

void ExportDataFromTargetCommand::declare(OptionTable& options) {
  add_common_options(options, common_);
  options.group("Target database");
  add_target_password(options, passwords_);
  options
      .choice("target-ssl-mode", ssl_mode_,
              {"disable", "allow", "prefer", "require", "verify-ca", "verify-full"},
              "how far the connection is secured by TLS")
      .default_text = "as import data to target was told";
  options
      .file("target-ssl-root-cert", ssl_root_cert_,
            "certificates of the authorities that may have signed the server's")
      .default_text = "as import data to target was told";
  options.group("Output");
  add_progress_option(options, common_);
  add_compatibility_options(options);
  options.hint("transaction-ordering", "true|false", "transactions keep their order");
  options.hint("parallel-jobs", "NUMBER", "changes are captured by one connection");
}

int ExportDataFromTargetCommand::run(const Session& session) {
  exportdir::MetaDb meta = exportdir::MetaDb::open(session.layout, false);
  ReverseRequest call;
  call.layout = session.layout;
  call.database =
      recorded_endpoint(meta, settings::target_endpoint,
                        password_or_ask(passwords_.target, session, "the target database"));
  if (!ssl_mode_.empty()) call.database.ssl_mode = ssl_mode_;
  if (!ssl_root_cert_.empty()) call.database.ssl_root_cert = ssl_root_cert_;
  export_data_from_target(call, session.registry, session.status, session.stop);
  return 0;
}

void ImportDataToSourceCommand::declare(OptionTable& options) {
  add_common_options(options, common_);
  options.group("Source database");
  add_source_password(options, passwords_);
  options.group("Import");
  options.number("parallel-jobs", values_.parallelism.jobs, job_range, "connections that write")
      .default_text = "half of the database's cores";
  options.number("max-retries-streaming", values_.max_retries_streaming, retry_range,
                 "retries of a batch of changes; lost connections are retried without limit");
  options.group("Output");
  add_progress_option(options, common_);
  add_compatibility_options(options);
}

int ImportDataToSourceCommand::run(const Session& session) {
  exportdir::MetaDb meta = exportdir::MetaDb::open(session.layout, false);
  ReverseRequest call = values_;
  call.layout = session.layout;
  call.database =
      recorded_endpoint(meta, settings::source_endpoint,
                        password_or_ask(passwords_.source, session, "the source database"));
  import_data_to_source(call, session.registry, session.status, session.stop);
  return 0;
}

}  // namespace voyager::cli
