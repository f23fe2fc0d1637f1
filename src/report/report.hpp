// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "exportdir/layout.hpp"
#include "exportdir/meta_db.hpp"

/// Status and reports from what the export directory and the ledgers hold. Pure functions over
/// values: callers read the ledgers (engine::Ledger) and pass what they found.
namespace voyager::report {

/// One row of `export data status`.
struct ExportStatusRow {
  QualifiedName table;
  std::string status;  ///< NOT-STARTED, EXPORTING, DONE
  std::int64_t exported_rows = 0;
};
std::vector<ExportStatusRow> export_status(const exportdir::MetaDb& meta);
std::string export_status_table(const std::vector<ExportStatusRow>& rows);
std::string export_status_json(const std::vector<ExportStatusRow>& rows);

/// What a ledger says about one table (engine::Ledger, copied by the caller).
struct LedgerRows {
  QualifiedName table;
  std::int64_t snapshot_rows = 0;
  std::int64_t inserts = 0, updates = 0, deletes = 0;
  std::optional<std::int64_t> true_rows;  ///< counted, with --verify true
};

/// One row of `import data status`.
struct ImportStatusRow {
  QualifiedName table;
  std::string file_name;        ///< the chunk's file, or "N files"; empty when there is none yet
  std::string status;           ///< NOT_STARTED, MIGRATING, DONE, STREAMING
  std::int64_t total_rows = 0;  ///< the source's estimate while the table is being exported
  std::int64_t imported_rows = 0;
  std::int64_t errored_rows = 0;
  double percentage = 0;
};
std::vector<ImportStatusRow> import_status(const exportdir::MetaDb& meta,
                                           const std::vector<LedgerRows>& ledger, bool streaming);
std::string import_status_table(const std::vector<ImportStatusRow>& rows);
std::string import_status_json(const std::vector<ImportStatusRow>& rows);

/// One database's side of `get data-migration-report`.
struct DatabaseLedger {
  std::string db_type;  ///< source, target, source-replica
  /// Whose exported events stand in this database's row: those that were captured from it.
  std::vector<std::string_view> exporter_roles;
  std::vector<LedgerRows> rows;  ///< imported into it
};
/// TABLE | DB_TYPE | EXPORTED SNAPSHOT_ROWS | IMPORTED SNAPSHOT_ROWS | EXPORTED INSERTS | EXPORTED
/// UPDATES | EXPORTED DELETES | IMPORTED INSERTS | IMPORTED UPDATES | IMPORTED DELETES |
/// FINAL_ROW_COUNT (computed; or the true count, with --verify true). Tables are printed in blocks
/// of at most 30 rows, each with its header.
///
/// All numbers are sums over the whole migration, in every direction and round. The computed number
/// is no count when a TRUNCATE removed rows without counting them, or when the snapshot of the
/// table is later than the begin of the capture and so holds changes that are counted too. It is
/// then marked with '*' in the table, and "final_row_count_is_exact" is false in the JSON.
struct MigrationReportRow {
  QualifiedName table;
  std::string db_type;
  std::int64_t exported_snapshot_rows = 0, imported_snapshot_rows = 0;
  std::int64_t exported_inserts = 0, exported_updates = 0, exported_deletes = 0;
  std::int64_t imported_inserts = 0, imported_updates = 0, imported_deletes = 0;
  std::int64_t final_row_count = 0;
  bool final_row_count_is_exact = true;
};
/// Rows of all tables for all databases, by table, databases in the order given. The source's rows
/// stand first, also when `ledgers` doesn't name it. `capture_begin` is where the capture on the
/// source began; empty when it did not.
std::vector<MigrationReportRow> migration_report(const exportdir::MetaDb& meta,
                                                 const std::vector<DatabaseLedger>& ledgers,
                                                 const Position& capture_begin);
/// With `round`, the table has a line above it, and each row of the JSON a key, that name the round
/// that the migration is in.
std::string migration_report_table(const std::vector<MigrationReportRow>& rows,
                                   std::optional<int> round = std::nullopt);
std::string migration_report_json(const std::vector<MigrationReportRow>& rows,
                                  std::optional<int> round = std::nullopt);

}  // namespace voyager::report
