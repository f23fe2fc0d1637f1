// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.hpp"
#include "engine/target.hpp"

namespace voyager::verify {

enum class DifferenceKind : std::uint8_t { missing, extra, changed };
std::string_view name_of(DifferenceKind kind);

/// A row that is not the same on both sides; its key, never its data.
struct Difference {
  QualifiedName table;
  std::string key;  ///< text of the key columns; for a table without key, the row's hash
  DifferenceKind kind = DifferenceKind::missing;  ///< seen from the right side
};

struct TableResult {
  QualifiedName table;
  std::int64_t left_rows = 0;
  std::int64_t right_rows = 0;
  std::int64_t differences = 0;  ///< all of them; `listed` holds the first
  std::vector<Difference> listed;
  bool settled = true;  ///< false: still moving when the time was over
  bool equal() const { return differences == 0 && settled; }
};

struct VerifyOptions {
  int parallel_jobs = 2;
  std::int64_t list_limit = 1000;  ///< differences listed for one table
  std::chrono::seconds settle_timeout{
      0};                            ///< re-check differing ranges this long (while changes flow)
  std::string left_name = "source";  ///< what the status lines call the sides
  std::string right_name = "target";
};

/// Compares the stored columns of each table on both sides by order-free hashes per key range,
/// narrowed to rows where they differ. Exact when neither side is being written. Memory: bounded by
/// the buckets of a few tables. While changes flow, rows that differ are looked at again during
/// settle_timeout until each was seen equal once. Tells the status each table's result and a sum. A
/// lost connection is tried again ten times. Throws: E8003 when stopped before the end.
std::vector<TableResult> verify_tables(engine::TargetEngine& left, engine::TargetEngine& right,
                                       const std::vector<Table>& tables,
                                       const VerifyOptions& options, Status& status,
                                       const std::stop_token& stop);

/// The report as JSON text (tables, rows, differences by table, key and kind; no data).
std::string to_json(const std::vector<TableResult>& results, const std::string& left_name,
                    const std::string& right_name);

}  // namespace voyager::verify
