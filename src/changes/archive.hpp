// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <stop_token>
#include <vector>

#include "base/status.hpp"
#include "exportdir/layout.hpp"
#include "exportdir/meta_db.hpp"

namespace voyager::changes {

/// Settings in meta.db (docs/formats/meta-db.md). An importer that sets the first one, and finds no
/// segment deleted after that, can rely on all of them. The second one is the user's answer.
inline constexpr const char* source_replica_started_setting = "source_replica_started";
inline constexpr const char* no_source_replica_setting = "no_source_replica";

struct ArchiveOptions {
  enum class Policy : std::uint8_t { remove, archive };
  Policy policy = Policy::archive;
  std::filesystem::path directory;  ///< where segments go, for Policy::archive
  /// Percent of the export directory's file system that is used: segments are released while it is
  /// at or above this. Less than 0: as the policy has it, 70 for remove, 0 (at once) for archive.
  int fs_utilization_threshold = -1;
  bool follow = true;  ///< go on until finished() or a stop; else one pass
  /// The last pass begins after it says true. Empty: never.
  std::function<bool()> finished;
};

/// Which databases are part of the migration besides source and target.
struct ArchivePlan {
  bool source_replica = false;  ///< the source's changes go to a source-replica too
};

/// Segments that nobody needs in data/queue any more, oldest first. Pure.
///
/// Who needs a segment depends on its exporter: the source's changes go to the target and the
/// source-replica, if there is one; the target's go to the source (fall-back) or to the
/// source-replica (fall-forward). A consumer without a record has applied nothing yet.
std::vector<exportdir::SegmentRecord> archivable(
    const std::vector<exportdir::SegmentRecord>& segments,
    const std::vector<exportdir::ConsumerRecord>& consumers, const ArchivePlan& plan);

/// Moves or deletes segments that nobody needs any more.
///
/// A moved segment is copied, made durable, recorded and only then removed, so that a crash at any
/// point leaves it readable in one place at least; readers follow the record. So a source-replica
/// that starts later does not stand in the way of a move, but it does in that of a deletion: before
/// the first one the user is asked whether there will be one, unless that is known.
/// Threads: one process at a time (the caller holds a lock).
/// Throws: E6201 while `import data to target` has not read the change log, E6202 and E6204 for a
/// directory that can't be used, E6203 when the user does not rule a source-replica out, E6205 when
/// the place of a segment is taken by another file.
void archive_changes(const exportdir::Layout& layout, exportdir::MetaDb& meta,
                     const ArchiveOptions& options, Status& status, const std::stop_token& stop);

}  // namespace voyager::changes
