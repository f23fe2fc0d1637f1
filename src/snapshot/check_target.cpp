// SPDX-License-Identifier: Apache-2.0
#include "snapshot/check_target.hpp"

#include <fmt/format.h>

#include <set>

#include "base/log.hpp"
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

}  // namespace

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

void check_target_tables(exportdir::MetaDb& meta, engine::TargetEngine& target, Status& status,
                         bool will_be_emptied) {
  const std::vector<TableRecord> tables = meta.tables();
  const std::vector<Table> there = target_tables(tables, target);
  if (const auto missing = missing_on_target(tables, there); !missing.empty())
    fail(target_lacks_tables, fmt::format("the target lacks {}", name_list(missing)),
         "Run import schema, or create them by hand");
  if (!will_be_emptied && target.ledger()->snapshot_rows().empty())
    confirm_tables_with_rows(tables, target, status);
  log::info("target checked: {} tables", tables.size());
}

}  // namespace voyager::snapshot
