// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <stop_token>
#include <string>
#include <string_view>

#include "base/job_limit.hpp"
#include "base/status.hpp"
#include "engine/target.hpp"
#include "exportdir/layout.hpp"
#include "exportdir/meta_db.hpp"

namespace voyager::snapshot {

/// The setting that says that this importer has loaded the whole snapshot.
std::string snapshot_loaded_setting(std::string_view role);

struct ImportOptions {
  JobLimit parallel_jobs = 1;  ///< connections that load
  std::string role;            ///< whose progress this is (roles::target_db_importer, ...)
  bool start_clean =
      false;  ///< with truncate_tables: empties the tables and forgets the ledger first
  bool truncate_tables = false;
};

/// Loads every chunk of the tables that export data has frozen, also while the export is still
/// running: takes chunks as they are finished (waits on the bell), with parallel_jobs connections;
/// COPY and ledger row in one transaction, so a chunk counts once. When a table's generation grew
/// since its chunks were loaded, they are discarded on the target first. Connectivity errors are
/// retried without limit with back-off and a visible reason (also the figure "waiting_for" of the
/// role in meta.db). start_clean forgets the role's ledger (applied changes too) and what meta.db
/// knows of its progress first; without truncate_tables it asks when a table has rows. Settings:
/// "<role>.generation.<table id>" (the generation that the target's rows belong to), and
/// "<role>.snapshot_loaded" = "true" at the end.
/// Returns true when the whole snapshot is loaded, false when stopped.
/// Throws: E5006 for a damaged chunk file, E5103 when the target took fewer rows than the chunk
/// has, E5104 when the ledger has rows of an export that meta.db doesn't know,
/// E5105 when it is to begin anew and changes were deleted since, E5106 when the target has rows of
/// this import and its bookkeeping is gone, E5107 when the target has chunks that meta.db does not
/// know yet: the export directory is of an earlier time.
bool import_snapshot(const exportdir::Layout& layout, exportdir::MetaDb& meta,
                     engine::TargetEngine& target, const ImportOptions& options, Status& status,
                     const std::stop_token& stop);

/// Checks before the first row: every table exists on the target with all stored columns; and, at
/// the first run of `options.role`, that it is empty (a non-empty table is a warning with a
/// question, unless start_clean and truncate_tables follow). Throws: E5101 listing what is missing,
/// E5102 when the answer is no.
void check_target_tables(exportdir::MetaDb& meta, engine::TargetEngine& target,
                         const ImportOptions& options, Status& status);

}  // namespace voyager::snapshot
