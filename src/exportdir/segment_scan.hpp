// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>

#include "exportdir/change_log_format.hpp"
#include "exportdir/meta_db.hpp"

namespace voyager::exportdir::change_log {

/// What a segment holds up to its last commit; what follows is a torn tail.
struct SegmentContent {
  SegmentHead head;
  std::uint64_t committed_bytes = 0;
  std::int64_t last_vsn = 0;
  Position last_position;
  bool ended = false;           ///< its last record says that a next segment follows
  std::uint64_t end_bytes = 0;  ///< behind that record
  std::map<std::uint32_t, Relation> relations;  ///< as of the last commit
  /// Events of committed transactions with a vsn above `counted_through`.
  std::map<QualifiedName, ChangeCounts> uncounted;
};

/// Reads a segment from its first byte and checks every record.
/// Throws: E2102 when it has no head, or is damaged below `durable_bytes`.
SegmentContent scan_segment(const std::filesystem::path& segment, std::int64_t counted_through,
                            std::uint64_t durable_bytes);

/// Whether the file is a segment with a committed transaction. Reads no further than that.
bool has_transactions(const std::filesystem::path& segment);

}  // namespace voyager::exportdir::change_log
