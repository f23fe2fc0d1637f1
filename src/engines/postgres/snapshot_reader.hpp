// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "engine/source.hpp"

namespace voyager::postgres {

/// Reads rows in the lent snapshot, each chunk in a transaction of its own, so that no lock on a
/// table outlives the reading of a chunk.
std::unique_ptr<engine::SnapshotReader> make_snapshot_reader(const engine::Endpoint& endpoint,
                                                             const std::string& snapshot_id);

/// A leaf as large as it is now.
struct LeafSize {
  QualifiedName leaf;
  std::int64_t pages = 0;
  std::int64_t bytes = 0;    ///< with TOAST
  bool ranges = false;       ///< the server scans ranges of ctid
  bool always_read = false;  ///< its size says nothing (foreign tables, other storage)
};

/// Cuts a leaf into equal ranges of pages, of about most_bytes if it is a large one; the last one
/// is open. Pure.
std::vector<engine::ChunkPlan> plan_leaf(const LeafSize& leaf, std::int64_t most_bytes);

}  // namespace voyager::postgres
