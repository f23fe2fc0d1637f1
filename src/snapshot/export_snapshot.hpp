// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "base/status.hpp"
#include "engine/source.hpp"
#include "exportdir/layout.hpp"
#include "exportdir/meta_db.hpp"

namespace voyager::snapshot {

struct TableSelection {
  std::vector<std::string> include;  ///< --table-list patterns; empty: all
  std::vector<std::string> exclude;
  std::string default_schema = "public";
};

/// Picks the tables. Throws: E5001 for a pattern that matches nothing, E5002 when nothing is left.
std::vector<Table> select_tables(const std::vector<Table>& all, const TableSelection& selection);

enum class DataFormat : std::uint8_t { automatic, binary, csv };

/// The format for one table: binary where every stored column is binary-safe. Throws: E5003 when
/// binary was asked for and a column is not.
ChunkFormat choose_format(const Table& table, DataFormat wanted);

/// Freezes the table list at the first run, with formats; on later runs compares and returns what
/// is recorded. Throws: E5004 when the selection differs from the recorded one, naming the tables.
std::vector<exportdir::TableRecord> freeze_tables(exportdir::MetaDb& meta,
                                                  const std::vector<Table>& selected,
                                                  DataFormat wanted);

struct ExportOptions {
  int parallel_jobs = 4;
  std::int64_t chunk_bytes = 64LL << 20;
};

/// Whether every table is exported.
bool snapshot_exported(const exportdir::MetaDb& meta);

/// Tables whose chunk files are gone or have not their recorded length are taken as not exported
/// any more: the next export copies them again, at a later consistent point. Returns their names.
/// Does nothing once an importer has the whole snapshot: its changes would not fit a later copy.
/// Removes files that no chunk uses, which an export that was killed has left. Call it while no
/// export of the snapshot runs.
std::vector<QualifiedName> reopen_damaged_tables(const exportdir::Layout& layout,
                                                 exportdir::MetaDb& meta);

/// Exports every table that is not exported yet, in the snapshot that `holder` keeps: plans chunks
/// (largest tables first), copies them with parallel_jobs workers straight into data/ (temporary
/// name, fsync, rename, then the row in meta.db), and records table states. Tables begun in an
/// earlier, lost snapshot must have been restarted with MetaDb::restart_table() before. A worker's
/// lost connection is retried in the same snapshot while the holder lives.
///
/// Returns the tables that were rewritten since the snapshot (E3210): they are left unfinished, for
/// a later one.
std::vector<QualifiedName> export_snapshot(const exportdir::Layout& layout, exportdir::MetaDb& meta,
                                           engine::SourceEngine& source,
                                           const engine::SnapshotHolder& holder,
                                           const ExportOptions& options, Status& status,
                                           const std::stop_token& stop);

}  // namespace voyager::snapshot
