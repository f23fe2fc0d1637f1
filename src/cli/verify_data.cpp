// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <ostream>

#include "base/file.hpp"
#include "cli/cli_errors.hpp"
#include "cli/commands.hpp"
#include "cli/databases.hpp"
#include "verify/verify.hpp"

namespace voyager::cli {
namespace {

constexpr int exit_different = 3;
constexpr std::chrono::seconds settle_while_streaming{30};

std::unique_ptr<engine::TargetEngine> required_database(const Session& session,
                                                        const exportdir::MetaDb& meta,
                                                        Database database,
                                                        const PasswordOptions& passwords) {
  auto opened = open_database(session, meta, database, passwords);
  if (opened) return opened;
  const DatabaseFacts& facts = facts_of(database);
  fail(nothing_to_verify,
       database == Database::source ? "no data was exported yet"
                                    : fmt::format("no data was imported to the {} yet", facts.name),
       fmt::format("Run {} first", facts.first_command));
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

std::string results_table(const std::vector<verify::TableResult>& results,
                          const DatabasePair& between) {
  std::vector<std::vector<std::string>> cells;
  for (const verify::TableResult& result : results) {
    cells.push_back({result.table.display(), std::to_string(result.left_rows),
                     std::to_string(result.right_rows), std::to_string(result.differences),
                     verdict(result)});
  }
  const auto rows_of = [](Database database) {
    return std::string(facts_of(database).title) + " ROWS";
  };
  return format_table(
      {"TABLE", rows_of(between.first), rows_of(between.second), "DIFFERENCES", "RESULT"}, cells);
}

/// Every listed difference by table, key and kind; never the data. Empty when all is equal.
std::string differences_table(const std::vector<verify::TableResult>& results,
                              const DatabasePair& between) {
  std::vector<std::vector<std::string>> cells;
  for (const verify::TableResult& result : results) {
    for (const verify::Difference& difference : result.listed)
      cells.push_back({difference.table.display(), difference.key,
                       std::string(verify::name_of(difference.kind))});
  }
  if (cells.empty()) return "";
  const std::string where(facts_of(between.second).title);
  return format_table({"TABLE", "KEY", "ROW ON THE " + where}, cells);
}

}  // namespace

void VerifyDataCommand::declare(OptionTable& options) {
  add_common_options(options, common_);
  options.group("Databases");
  add_source_password(options, passwords_);
  add_target_password(options, passwords_);
  add_source_replica_password(options, passwords_);
  options.group("Comparison");
  Option& between = options.text("between", between_,
                                 "the two databases, of source, target and source-replica; a "
                                 "difference is what the second has otherwise than the first");
  between.takes = "LEFT,RIGHT";
  between.assign = [this](const std::string& text) -> std::string {
    if (!database_pair_of(text))
      return "two of source, target and source-replica with a comma between them";
    between_ = text;
    return "";
  };
  add_table_list_options(options, tables_);
  options.number("parallel-jobs", parallel_jobs_, {1, 512}, "connections to each database");
  options
      .number("settle-timeout", settle_timeout_, {0, 86'400},
              "seconds in which rows that differ are compared again, because changes flow")
      .default_text = "30 until the last cutover is complete, then 0";
  options.group("Output");
  add_output_format(options, format_);
  add_progress_option(options, common_);
}

verify::VerifyOptions VerifyDataCommand::request(bool streaming) const {
  const auto [left, right] = *database_pair_of(between_);
  verify::VerifyOptions options;
  options.parallel_jobs = parallel_jobs_;
  options.left_name = facts_of(left).name;
  options.right_name = facts_of(right).name;
  if (settle_timeout_ >= 0) {
    options.settle_timeout = std::chrono::seconds(settle_timeout_);
  } else if (streaming) {
    options.settle_timeout = settle_while_streaming;
  }
  return options;
}

int VerifyDataCommand::run(const Session& session) {
  exportdir::MetaDb meta = exportdir::MetaDb::open(session.layout, false);
  const std::vector<Table> tables = chosen_tables(meta, resolved(tables_));
  const verify::VerifyOptions options = request(changes_flow(meta));
  const DatabasePair between = *database_pair_of(between_);
  const auto left = required_database(session, meta, between.first, passwords_);
  const auto right = required_database(session, meta, between.second, passwords_);
  const auto results =
      verify::verify_tables(*left, *right, tables, options, session.status, session.stop);
  const std::string json = verify::to_json(results, options.left_name, options.right_name);
  write_file_atomically(session.layout.reports() / "verify-data-report.json", json);
  if (format_ == "json") {
    print_document(session.out, json);
  } else {
    session.out << results_table(results, between) << differences_table(results, between);
  }
  const bool equal = std::all_of(results.begin(), results.end(),
                                 [](const verify::TableResult& result) { return result.equal(); });
  return equal ? 0 : exit_different;
}

}  // namespace voyager::cli
