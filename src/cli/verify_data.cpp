// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <ostream>

#include "base/file.hpp"
#include "cli/cli_errors.hpp"
#include "cli/commands.hpp"
#include "cli/ledger_rows.hpp"
#include "cli/settings.hpp"
#include "verify/verify.hpp"

namespace voyager::cli {
namespace {

constexpr int exit_different = 3;
constexpr std::chrono::seconds settle_while_streaming{30};

bool changes_flow(const Session& session, const exportdir::MetaDb& meta) {
  if (meta.setting(settings::export_type) != "snapshot-and-changes") return false;
  const auto rows = cutover_status(session.layout);
  return std::none_of(rows.begin(), rows.end(), [](const CutoverStatusRow& row) {
    return row.direction == "source → target" && row.status == "COMPLETED";
  });
}

std::unique_ptr<engine::TargetEngine> required_database(const Session& session,
                                                        exportdir::MetaDb& meta,
                                                        const std::string& setting,
                                                        const std::optional<Secret>& password) {
  auto database = recorded_database(session, meta, setting, password);
  if (database) return database;
  const bool source = setting == settings::source_endpoint;
  fail(nothing_to_verify, source ? "no data was exported yet" : "no data was imported yet",
       source ? "Run export data first" : "Run import data first");
}

std::vector<Table> chosen_tables(const exportdir::MetaDb& meta, const TableListOptions& lists) {
  std::vector<Table> tables;
  for (const exportdir::TableRecord& record : meta.tables()) tables.push_back(record.table);
  snapshot::TableSelection selection;
  selection.include = lists.include;
  selection.exclude = lists.exclude;
  return snapshot::select_tables(tables, selection);
}

std::string verdict(const verify::TableResult& result) {
  if (result.equal()) return "equal";
  return result.settled ? "different" : "different, still moving";
}

std::string results_table(const std::vector<verify::TableResult>& results) {
  std::vector<std::vector<std::string>> cells;
  for (const verify::TableResult& result : results) {
    cells.push_back({result.table.display(), std::to_string(result.left_rows),
                     std::to_string(result.right_rows), std::to_string(result.differences),
                     verdict(result)});
  }
  return format_table({"TABLE", "SOURCE ROWS", "TARGET ROWS", "DIFFERENCES", "RESULT"}, cells);
}

/// Every listed difference by table, key and kind; never the data. Empty when all is equal.
std::string differences_table(const std::vector<verify::TableResult>& results) {
  std::vector<std::vector<std::string>> cells;
  for (const verify::TableResult& result : results) {
    for (const verify::Difference& difference : result.listed)
      cells.push_back({difference.table.display(), difference.key,
                       std::string(verify::name_of(difference.kind))});
  }
  return cells.empty() ? "" : format_table({"TABLE", "KEY", "ROW ON THE TARGET"}, cells);
}

}  // namespace

void VerifyDataCommand::declare(OptionTable& options) {
  add_common_options(options, common_);
  options.group("Databases");
  add_source_password(options, passwords_);
  add_target_password(options, passwords_);
  options.group("Comparison");
  add_table_list_options(options, tables_);
  options.number("parallel-jobs", parallel_jobs_, {1, 512}, "connections to each database");
  options
      .number("settle-timeout", settle_timeout_, {0, 86'400},
              "seconds in which rows that differ are compared again, because changes flow")
      .default_text = "30 until the cutover is complete, then 0";
  options.group("Output");
  add_output_format(options, format_);
  add_progress_option(options, common_);
}

int VerifyDataCommand::run(const Session& session) {
  exportdir::MetaDb meta = exportdir::MetaDb::open(session.layout, false);
  const std::vector<Table> tables = chosen_tables(meta, resolved(tables_));
  const auto source =
      required_database(session, meta, settings::source_endpoint, passwords_.source);
  const auto target =
      required_database(session, meta, settings::target_endpoint, passwords_.target);
  verify::VerifyOptions options;
  options.parallel_jobs = parallel_jobs_;
  if (settle_timeout_ >= 0) {
    options.settle_timeout = std::chrono::seconds(settle_timeout_);
  } else if (changes_flow(session, meta)) {
    options.settle_timeout = settle_while_streaming;
  }
  const auto results =
      verify::verify_tables(*source, *target, tables, options, session.status, session.stop);
  const std::string json = verify::to_json(results, "source", "target");
  write_file_atomically(session.layout.reports() / "verify-data-report.json", json);
  if (format_ == "json") {
    print_document(session.out, json);
  } else {
    session.out << results_table(results) << differences_table(results);
  }
  const bool equal = std::all_of(results.begin(), results.end(),
                                 [](const verify::TableResult& result) { return result.equal(); });
  return equal ? 0 : exit_different;
}

}  // namespace voyager::cli
