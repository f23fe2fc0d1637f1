// SPDX-License-Identifier: Apache-2.0
#include "cli/flow_steps.hpp"

#include <algorithm>
#include <map>
#include <utility>

#include "cli/settings.hpp"
#include "cutover/records.hpp"

namespace voyager::cli {

engine::CaptureNames capture_names(std::string migration_uuid) {
  std::replace(migration_uuid.begin(), migration_uuid.end(), '-', '_');
  return {"voyager_" + migration_uuid, "voyager_dbz_publication_" + migration_uuid};
}

std::vector<report::LedgerRows> ledger_rows(engine::Ledger& ledger, bool with_true_rows) {
  std::map<QualifiedName, report::LedgerRows> by_table;
  for (const auto& rows : ledger.snapshot_rows()) by_table[rows.table].snapshot_rows = rows.rows;
  for (const auto& counts : ledger.change_counts()) {
    report::LedgerRows& rows = by_table[counts.table];
    rows.inserts = counts.inserts;
    rows.updates = counts.updates;
    rows.deletes = counts.deletes;
  }
  std::vector<report::LedgerRows> all;
  for (auto& [table, rows] : by_table) {
    rows.table = table;
    if (with_true_rows) rows.true_rows = ledger.count_rows(table);
    all.push_back(std::move(rows));
  }
  return all;
}

void restore_source(exportdir::MetaDb& meta, engine::CaptureControl& capture) {
  const auto recorded = meta.setting(settings::source_changes);
  if (!recorded) return;
  for (const auto& change : cutover::source_changes_from_json(*recorded))
    capture.restore_identity(change);
  meta.remove_setting(settings::source_changes);
}

void restore_target(exportdir::MetaDb& meta, engine::SessionControl& control) {
  const auto recorded = meta.setting(settings::target_suspended);
  if (!recorded) return;
  for (const auto& object : cutover::suspended_from_json(*recorded)) control.restore(object);
  meta.remove_setting(settings::target_suspended);
}

}  // namespace voyager::cli
