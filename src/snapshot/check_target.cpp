// SPDX-License-Identifier: Apache-2.0
#include "snapshot/check_target.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "base/log.hpp"
#include "base/text.hpp"
#include "snapshot/errors.hpp"
#include "snapshot/import_snapshot.hpp"
#include "snapshot/name_list.hpp"

namespace voyager::snapshot {
namespace {

using exportdir::TableRecord;

std::map<QualifiedName, const Table*> by_name(const std::vector<Table>& tables) {
  std::map<QualifiedName, const Table*> found;
  for (const Table& table : tables) found[table.name] = &table;
  return found;
}

std::vector<Table> target_tables(const std::vector<TableRecord>& tables,
                                 engine::TargetEngine& target) {
  std::set<std::string> schemas;
  for (const TableRecord& record : tables) schemas.insert(record.table.name.schema);
  return target.catalog()->tables({schemas.begin(), schemas.end()});
}

/// "table a.b", "column c of table a.b".
std::vector<std::string> missing_on_target(const std::vector<TableRecord>& tables,
                                           const std::vector<Table>& target) {
  const auto present = by_name(target);
  std::vector<std::string> missing;
  for (const TableRecord& record : tables) {
    const auto found = present.find(record.table.name);
    if (found == present.end()) {
      missing.push_back("table " + record.table.name.display());
      continue;
    }
    for (const Column& column : record.table.stored_columns()) {
      if (found->second->find_column(column.name) == nullptr)
        missing.push_back(
            fmt::format("column {} of table {}", column.name, record.table.name.display()));
    }
  }
  return missing;
}

std::vector<QualifiedName> tables_with_rows(const std::vector<TableRecord>& tables,
                                            engine::TargetEngine& target) {
  const std::vector<Table> there = target_tables(tables, target);
  const auto present = by_name(there);
  const auto ledger = target.ledger();
  std::vector<QualifiedName> filled;
  for (const TableRecord& record : tables) {
    const auto found = present.find(record.table.name);
    // A table without storage has no rows: only the others are worth a scan.
    if (found == present.end() || found->second->bytes == 0) continue;
    if (ledger->count_rows(record.table.name) > 0) filled.push_back(record.table.name);
  }
  return filled;
}

using Generations = std::map<std::int64_t, std::int64_t>;
using LedgerRows = std::map<QualifiedName, engine::Ledger::SnapshotRows>;

/// Rows of another export of this migration would stay under the new ones, or hide them when a
/// chunk has the same name.
void check_no_earlier_export(const std::vector<TableRecord>& tables, const Generations& begun,
                             const LedgerRows& loaded) {
  std::vector<std::string> unknown;
  for (const TableRecord& record : tables) {
    if (loaded.contains(record.table.name) && !begun.contains(record.id))
      unknown.push_back(record.table.name.display());
  }
  if (!unknown.empty())
    fail(earlier_export_loaded,
         fmt::format("the target has rows of an earlier export: {}", name_list(unknown)),
         "Begin the import anew with --start-clean true --truncate-tables true");
}

/// Without its ledger the same rows would be loaded, and the same changes applied, once more. A
/// target without rows of ours was made anew, or restored from a time before the import: it is
/// loaded from the beginning.
void check_bookkeeping(const std::vector<TableRecord>& tables, const Generations& begun,
                       const LedgerRows& loaded, engine::Ledger& ledger) {
  if (!loaded.empty()) return;
  for (const TableRecord& record : tables) {
    if (!begun.contains(record.id) || ledger.count_rows(record.table.name) == 0) continue;
    fail(
        bookkeeping_lost,
        fmt::format("the bookkeeping of this import (schema ybvoyager_metadata) is gone, but table "
                    "{} has rows",
                    record.table.name.display()),
        "Restore that schema, or the whole database, from a backup; or begin the import anew with "
        "--start-clean true --truncate-tables true");
  }
}

/// Chunks that an older copy of the export directory does not know would be exported anew with the
/// names of those that are loaded already, and passed over.
void check_directory_is_newest(const exportdir::MetaDb& meta,
                               const std::vector<TableRecord>& tables, const Generations& begun,
                               const LedgerRows& loaded) {
  for (const TableRecord& record : tables) {
    const auto in_ledger = loaded.find(record.table.name);
    const auto generation = begun.find(record.id);
    // An older generation of the table is emptied first, with its part of the ledger.
    if (in_ledger == loaded.end() || generation == begun.end() ||
        generation->second != record.generation)
      continue;
    const auto chunks = meta.chunks_of(record.id);
    const auto exported = std::count_if(chunks.begin(), chunks.end(), [](const auto& chunk) {
      return chunk.state == exportdir::ChunkState::exported;
    });
    if (in_ledger->second.batches <= exported) continue;
    fail(
        directory_too_old,
        fmt::format("{} chunks of table {} are loaded, but the export directory knows of {}: it is "
                    "older than the target",
                    in_ledger->second.batches, record.table.name.display(), exported),
        "Put the newest copy of the export directory back; or begin anew with --start-clean true "
        "--truncate-tables true");
  }
}

}  // namespace

std::string generation_setting(const std::string& role, std::int64_t table_id) {
  return fmt::format("{}.generation.{}", role, table_id);
}

std::map<std::int64_t, std::int64_t> begun_generations(const exportdir::MetaDb& meta,
                                                       const std::string& role) {
  std::map<std::int64_t, std::int64_t> generations;
  for (const TableRecord& record : meta.tables()) {
    const auto text = meta.setting(generation_setting(role, record.id));
    if (!text) continue;
    if (const auto number = parse_int(*text)) generations[record.id] = *number;
  }
  return generations;
}

void check_ledger(const exportdir::MetaDb& meta, engine::TargetEngine& target,
                  const std::string& role) {
  const std::vector<TableRecord> tables = meta.tables();
  const Generations begun = begun_generations(meta, role);
  const auto ledger = target.ledger();
  LedgerRows loaded;
  for (const auto& rows : ledger->snapshot_rows()) {
    if (rows.batches > 0) loaded[rows.table] = rows;
  }
  check_no_earlier_export(tables, begun, loaded);
  check_bookkeeping(tables, begun, loaded, *ledger);
  check_directory_is_newest(meta, tables, begun, loaded);
}

void confirm_tables_with_rows(const std::vector<TableRecord>& tables, engine::TargetEngine& target,
                              Status& status) {
  std::vector<std::string> names;
  for (const QualifiedName& name : tables_with_rows(tables, target))
    names.push_back(name.display());
  if (names.empty()) return;
  status.warning(fmt::format("these tables of the target have rows already: {}", name_list(names)));
  if (!status.confirm("Do you want to load into them without truncating them?"))
    fail(target_not_empty, fmt::format("tables of the target are not empty: {}", name_list(names)),
         "Empty them, or use --start-clean true --truncate-tables true");
}

void check_target_tables(exportdir::MetaDb& meta, engine::TargetEngine& target,
                         const ImportOptions& options, Status& status) {
  const std::vector<TableRecord> tables = meta.tables();
  const std::vector<Table> there = target_tables(tables, target);
  if (const auto missing = missing_on_target(tables, there); !missing.empty())
    fail(target_lacks_tables, fmt::format("the target lacks {}", name_list(missing)),
         "Run import schema, or create them by hand");
  const bool will_be_emptied = options.start_clean && options.truncate_tables;
  if (!will_be_emptied && begun_generations(meta, options.role).empty() &&
      target.ledger()->snapshot_rows().empty())
    confirm_tables_with_rows(tables, target, status);
  log::info("target checked: {} tables", tables.size());
}

}  // namespace voyager::snapshot
