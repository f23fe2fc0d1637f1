// SPDX-License-Identifier: Apache-2.0
#include "cli/ledger_rows.hpp"

#include <fmt/format.h>

#include <map>
#include <string_view>
#include <utility>

#include "base/error.hpp"
#include "cli/settings.hpp"
#include "model/roles.hpp"

namespace voyager::cli {
namespace {

using RowsByTable = std::map<QualifiedName, report::LedgerRows>;

void add_imported(engine::Ledger& ledger, RowsByTable& rows) {
  for (const engine::Ledger::SnapshotRows& loaded : ledger.snapshot_rows())
    rows[loaded.table].snapshot_rows += loaded.rows;
  for (const engine::TableCounts& counts : ledger.change_counts()) {
    report::LedgerRows& row = rows[counts.table];
    row.inserts += counts.inserts;
    row.updates += counts.updates;
    row.deletes += counts.deletes;
  }
}

/// Whose events were captured from the database.
std::vector<std::string_view> exporter_roles(Database database) {
  switch (database) {
    case Database::source:
      return {roles::source_db_exporter};
    case Database::target:
      return {roles::target_db_exporter_fb, roles::target_db_exporter_ff};
    case Database::source_replica:
      return {};
  }
  return {};
}

}  // namespace

std::vector<report::LedgerRows> ledger_rows(const exportdir::MetaDb& meta, Database database,
                                            const OpenDatabase& open, bool count_rows) {
  const DatabaseFacts& facts = facts_of(database);
  const bool imported = meta.setting(facts.started_setting).has_value();
  if (!imported && !count_rows) return {};
  const auto opened = open(database);
  if (!opened) return {};
  RowsByTable rows;
  try {
    const auto ledger = opened->ledger();
    if (imported) add_imported(*ledger, rows);
    if (count_rows) {
      for (const exportdir::TableRecord& record : meta.tables())
        rows[record.table.name].true_rows = ledger->count_rows(record.table.name);
    }
  } catch (const Error& error) {
    throw error.within(fmt::format("rows can't be counted on the {}", facts.name));
  }
  std::vector<report::LedgerRows> list;
  for (auto& [table, row] : rows) {
    row.table = table;
    list.push_back(std::move(row));
  }
  return list;
}

std::vector<report::MigrationReportRow> migration_report_rows(const exportdir::MetaDb& meta,
                                                              const OpenDatabase& open,
                                                              bool count_rows) {
  std::vector<report::DatabaseLedger> ledgers;
  for (const Database database : all_databases) {
    const DatabaseFacts& facts = facts_of(database);
    if (database == Database::source_replica && !meta.setting(facts.started_setting)) continue;
    ledgers.push_back({std::string(facts.name), exporter_roles(database),
                       ledger_rows(meta, database, open, count_rows)});
  }
  const Position capture_begin{meta.setting(settings::capture_created).value_or("")};
  return report::migration_report(meta, ledgers, capture_begin);
}

}  // namespace voyager::cli
