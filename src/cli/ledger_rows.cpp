// SPDX-License-Identifier: Apache-2.0
#include "cli/ledger_rows.hpp"

#include <map>

#include "base/error.hpp"
#include "cli/flows.hpp"
#include "cli/settings.hpp"

namespace voyager::cli {

std::vector<report::LedgerRows> ledger_rows(engine::Ledger& ledger,
                                            const std::vector<exportdir::TableRecord>& tables,
                                            bool count_rows) {
  std::map<QualifiedName, report::LedgerRows> rows;
  for (const engine::Ledger::SnapshotRows& loaded : ledger.snapshot_rows())
    rows[loaded.table].snapshot_rows += loaded.rows;
  for (const engine::TableCounts& counts : ledger.change_counts()) {
    report::LedgerRows& row = rows[counts.table];
    row.inserts += counts.inserts;
    row.updates += counts.updates;
    row.deletes += counts.deletes;
  }
  if (count_rows) {
    for (const exportdir::TableRecord& record : tables)
      rows[record.table.name].true_rows = ledger.count_rows(record.table.name);
  }
  std::vector<report::LedgerRows> list;
  for (auto& [table, row] : rows) {
    row.table = table;
    list.push_back(std::move(row));
  }
  return list;
}

std::unique_ptr<engine::TargetEngine> recorded_database(const Session& session,
                                                        exportdir::MetaDb& meta,
                                                        const std::string& setting,
                                                        const std::optional<Secret>& password) {
  if (!meta.setting(setting)) return nullptr;
  const std::string whose =
      setting == settings::source_endpoint ? "the source database" : "the target database";
  engine::Endpoint endpoint =
      recorded_endpoint(meta, setting, password_or_ask(password, session, whose));
  endpoint.application = "yb-voyager report";
  return session.registry.target(endpoint, meta.migration_uuid());
}

std::vector<report::LedgerRows> target_rows(const Session& session, exportdir::MetaDb& meta,
                                            const std::optional<Secret>& password,
                                            bool count_rows) {
  const auto target = recorded_database(session, meta, settings::target_endpoint, password);
  if (!target) return {};
  try {
    return ledger_rows(*target->ledger(), meta.tables(), count_rows);
  } catch (const Error& error) {
    throw error.within("what was imported can't be read from the target");
  }
}

}  // namespace voyager::cli
