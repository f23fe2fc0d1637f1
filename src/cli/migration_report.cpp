// SPDX-License-Identifier: Apache-2.0
#include <ostream>

#include "base/error.hpp"
#include "base/file.hpp"
#include "cli/commands.hpp"
#include "cli/ledger_rows.hpp"
#include "cli/settings.hpp"
#include "model/roles.hpp"
#include "report/report.hpp"

namespace voyager::cli {
namespace {

/// Nothing was imported into the source; with true counts its tables are counted there.
std::vector<report::LedgerRows> source_counts(const Session& session, exportdir::MetaDb& meta,
                                              const std::optional<Secret>& password) {
  const auto source = recorded_database(session, meta, settings::source_endpoint, password);
  std::vector<report::LedgerRows> rows;
  if (!source) return rows;
  try {
    const auto ledger = source->ledger();
    for (const exportdir::TableRecord& record : meta.tables()) {
      report::LedgerRows row;
      row.table = record.table.name;
      row.true_rows = ledger->count_rows(row.table);
      rows.push_back(std::move(row));
    }
  } catch (const Error& error) {
    throw error.within("rows can't be counted on the source");
  }
  return rows;
}

}  // namespace

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
  options.only("include-detailed-iterations-stats", "false",
               "a migration of this program has no iterations");
}

int MigrationReportCommand::run(const Session& session) {
  exportdir::MetaDb meta = exportdir::MetaDb::open(session.layout, false);
  report::DatabaseLedger source;
  source.db_type = "source";
  source.exporter_role = std::string(roles::source_db_exporter);
  if (verify_) source.rows = source_counts(session, meta, passwords_.source);
  report::DatabaseLedger target;
  target.db_type = "target";
  target.rows = target_rows(session, meta, passwords_.target, verify_);
  const auto rows = report::migration_report(meta, {source, target});
  if (format_ == "table") {
    session.out << report::migration_report_table(rows);
    return 0;
  }
  const std::string json = report::migration_report_json(rows);
  write_file_atomically(session.layout.reports() / "data-migration-report.json", json);
  print_document(session.out, json);
  return 0;
}

}  // namespace voyager::cli
