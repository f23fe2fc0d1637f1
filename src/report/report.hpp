// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
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
  std::string db_type;        ///< source, target, source-replica
  std::string exporter_role;  ///< whose exported events stand in this database's row; empty: none
  std::vector<LedgerRows> rows;  ///< imported into it
};
/// TABLE | DB_TYPE | EXPORTED SNAPSHOT_ROWS | IMPORTED SNAPSHOT_ROWS | EXPORTED INSERTS | EXPORTED
/// UPDATES | EXPORTED DELETES | IMPORTED INSERTS | IMPORTED UPDATES | IMPORTED DELETES |
/// FINAL_ROW_COUNT (computed; or the true count, with --verify true). Tables are printed in blocks
/// of at most 30 rows, each with its header. A TRUNCATE removes rows without counting them: the
/// computed number of such a table is then no count; it is marked with '*' in the table, and
/// "final_row_count_is_exact" is false in the JSON.
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
/// stand first, also when `ledgers` doesn't name it.
std::vector<MigrationReportRow> migration_report(const exportdir::MetaDb& meta,
                                                 const std::vector<DatabaseLedger>& ledgers);
std::string migration_report_table(const std::vector<MigrationReportRow>& rows);
std::string migration_report_json(const std::vector<MigrationReportRow>& rows);

}  // namespace voyager::report
