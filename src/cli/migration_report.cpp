// SPDX-License-Identifier: Apache-2.0
#include <ostream>

#include "base/file.hpp"
#include "cli/commands.hpp"
#include "cli/ledger_rows.hpp"
#include "cli/processes.hpp"
#include "cutover/journal.hpp"
#include "report/report.hpp"

namespace voyager::cli {

void MigrationReportCommand::declare(OptionTable& options) {
  add_common_options(options, common_);
  options.group("Databases");
  add_source_password(options, passwords_);
  add_target_password(options, passwords_);
  add_source_replica_password(options, passwords_);
  options.group("Output");
  add_output_format(options, format_);
  options.boolean("verify", verify_,
                  "count the rows in the databases for FINAL_ROW_COUNT instead of computing it");
  options.boolean("include-detailed-iterations-stats", with_round_,
                  "say in which round the migration is; the numbers are sums over all rounds");
}

int MigrationReportCommand::run(const Session& session) {
  exportdir::MetaDb meta = exportdir::MetaDb::open(session.layout, false);
  const auto open = [&](Database database) {
    return open_database(session, meta, database, passwords_);
  };
  const auto rows = migration_report_rows(meta, open, verify_);
  std::optional<int> round;
  if (with_round_) round = cutover::current_round(meta);
  if (format_ == "table") {
    session.out << report::migration_report_table(rows, round);
    show_processes(session.out, session.layout, meta);
    return 0;
  }
  const std::string json = report::migration_report_json(rows, round);
  write_file_atomically(session.layout.reports() / "data-migration-report.json", json);
  save_processes(session.layout, meta);
  print_document(session.out, json);
  return 0;
}

}  // namespace voyager::cli
