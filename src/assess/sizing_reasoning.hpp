// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "assess/sizing.hpp"
#include "assess/sizing_limits.hpp"

/// What recommend() decided, and the words for it.
namespace voyager::assess {

enum class WhySharded : std::uint8_t { too_large, too_busy, no_room };

struct ShardedTable {
  const TableLoad* table = nullptr;
  WhySharded why = WhySharded::no_room;
};

struct Placement {
  std::vector<const TableLoad*> colocated;
  std::vector<ShardedTable> sharded;
  double colocated_bytes = 0;
  double colocated_vcpus = 0;
};

/// What a placement asks of a cluster.
struct Demand {
  double vcpus = 0;
  double relations = 0;   ///< tables and indexes that are sharded
  double replicas = 0;    ///< of tablets
  double disk_bytes = 0;  ///< with all copies
};

struct Cluster {
  const NodeSize* node = nullptr;
  std::int64_t nodes = 0;
  Placement placement;
  Demand demand;
};

/// Sentences that a database administrator can check with the report's figures.
std::vector<std::string> reasoning_for(const Cluster& cluster);

}  // namespace voyager::assess
