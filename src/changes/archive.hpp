// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <stop_token>
#include <vector>

#include "base/status.hpp"
#include "exportdir/layout.hpp"
#include "exportdir/meta_db.hpp"

namespace voyager::changes {

struct ArchiveOptions {
  enum class Policy : std::uint8_t { remove, archive };
  Policy policy = Policy::archive;
  std::filesystem::path directory;  ///< where segments go, for Policy::archive
  int fs_utilization_threshold =
      70;  ///< percent of the export directory's file system; Policy::remove waits for it
  bool follow = true;  ///< go on until the cutover is complete or a stop; else one pass
};

/// Segments that every registered consumer's database has applied, oldest first. Pure.
std::vector<exportdir::SegmentRecord> archivable(
    const std::vector<exportdir::SegmentRecord>& segments,
    const std::vector<exportdir::ConsumerRecord>& consumers,
    const std::vector<std::string>& expected_roles);

/// Moves or deletes segments that nobody needs any more. A moved segment is copied, made durable,
/// recorded and only then removed, so that a crash at any point leaves it readable in one place at
/// least. Throws: E6201 while it is not known who reads the change log (no importer has started).
void archive_changes(const exportdir::Layout& layout, exportdir::MetaDb& meta,
                     const ArchiveOptions& options, Status& status, const std::stop_token& stop);

}  // namespace voyager::changes
