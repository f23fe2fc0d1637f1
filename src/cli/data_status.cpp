// SPDX-License-Identifier: Apache-2.0
#include <ostream>

#include "base/file.hpp"
#include "cli/commands.hpp"
#include "cli/ledger_rows.hpp"
#include "cli/processes.hpp"
#include "cli/settings.hpp"
#include "report/report.hpp"

namespace voyager::cli {
namespace {

/// Every row of the snapshot is in the database, and changes follow.
bool changes_follow(const exportdir::MetaDb& meta, const std::vector<report::LedgerRows>& loaded) {
  if (meta.setting(settings::export_type) != "snapshot-and-changes" ||
      !snapshot::snapshot_exported(meta))
    return false;
  std::int64_t exported = 0;
  for (const exportdir::ChunkRecord& chunk : meta.chunks()) exported += chunk.rows;
  std::int64_t imported = 0;
  for (const report::LedgerRows& row : loaded) imported += row.snapshot_rows;
  return imported >= exported;
}

}  // namespace

void ExportDataStatusCommand::declare(OptionTable& options) {
  add_common_options(options, common_);
  options.group("Output");
  add_output_format(options, format_);
}

int ExportDataStatusCommand::run(const Session& session) {
  exportdir::MetaDb meta = exportdir::MetaDb::open(session.layout, false);
  const auto rows = report::export_status(meta);
  if (format_ == "table") {
    session.out << report::export_status_table(rows);
    show_processes(session.out, session.layout, meta);
    return 0;
  }
  const std::string json = report::export_status_json(rows);
  write_file_atomically(session.layout.reports() / "export-data-status-report.json", json);
  save_processes(session.layout, meta);
  print_document(session.out, json);
  return 0;
}

void ImportDataStatusCommand::declare(OptionTable& options) {
  add_common_options(options, common_);
  options.group("Database");
  options.choice("database", database_, {"target", "source-replica"},
                 "the database that the status is about");
  add_target_password(options, passwords_);
  add_source_replica_password(options, passwords_);
  options.group("Output");
  add_output_format(options, format_);
}

int ImportDataStatusCommand::run(const Session& session) {
  exportdir::MetaDb meta = exportdir::MetaDb::open(session.layout, false);
  const auto open = [&](Database database) {
    return open_database(session, meta, database, passwords_);
  };
  const auto loaded = ledger_rows(meta, *database_of(database_), open, false);
  const auto rows = report::import_status(meta, loaded, changes_follow(meta, loaded));
  if (format_ == "table") {
    session.out << report::import_status_table(rows);
    show_processes(session.out, session.layout, meta);
    return 0;
  }
  const std::string json = report::import_status_json(rows);
  write_file_atomically(session.layout.reports() / "import-data-status-report.json", json);
  save_processes(session.layout, meta);
  print_document(session.out, json);
  return 0;
}

}  // namespace voyager::cli
