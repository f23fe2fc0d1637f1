// SPDX-License-Identifier: Apache-2.0
#include <fmt/core.h>

#include "cli/cli_errors.hpp"
#include "cli/commands.hpp"

namespace voyager::cli {
namespace {

constexpr NumberRange job_range{1, 512};

snapshot::DataFormat format_named(const std::string& word) {
  if (word == "binary") return snapshot::DataFormat::binary;
  if (word == "csv") return snapshot::DataFormat::csv;
  return snapshot::DataFormat::automatic;
}

}  // namespace

void ExportDataCommand::declare(OptionTable& options) {
  add_common_options(options, common_);
  add_source_options(options, source_);
  options.group("Export");
  options.choice("export-type", export_type_, {"snapshot-only", "snapshot-and-changes"},
                 "the rows as they are now, or these and every later change");
  add_table_list_options(options, tables_);
  options.number("parallel-jobs", values_.parallel_jobs, job_range,
                 "connections that copy the snapshot");
  options.choice(
      "data-format", data_format_, {"auto", "binary", "csv"},
      "encoding of the snapshot; auto takes binary for tables where every type allows it");
  options.boolean("start-clean", values_.start_clean,
                  "forget an earlier export and begin again, after a question");
  options.boolean("run-guardrails-checks", values_.run_guardrails,
                  "check the source before anything is done; false is unsafe");
  add_progress_option(options, common_);
  options.only("allow-oracle-clob-data-export", "false", "this program has no Oracle engine")
      .hidden();
  options.only("metrics-port", "0", "this program has no metrics server");
  options.config_variable("queue-segment-max-bytes", "QUEUE_SEGMENT_MAX_BYTES");
}

void ExportDataCommand::check() const {
  request();
}

ExportDataRequest ExportDataCommand::request() const {
  const TableListOptions lists = resolved(tables_);
  ExportDataRequest request = values_;
  request.source = source_.endpoint;
  request.source.application = "yb-voyager source_db_exporter";
  request.with_changes = export_type_ == "snapshot-and-changes";
  request.selection.include = lists.include;
  request.selection.exclude = lists.exclude;
  request.format = format_named(data_format_);
  return request;
}

int ExportDataCommand::run(const Session& session) {
  ExportDataRequest call = request();
  call.layout = session.layout;
  call.source.password = password_or_ask(source_.password, session, "the source database");
  export_data_from_source(call, session.registry, session.status, session.stop);
  return 0;
}

}  // namespace voyager::cli
