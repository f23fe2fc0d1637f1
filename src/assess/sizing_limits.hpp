// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <string_view>
#include <vector>

/// What the sizing rests on, as data.
namespace voyager::assess {

/// A machine for a node, with what YugabyteDB's own defaults let it hold.
struct NodeSize {
  int vcpus = 0;
  int memory_gib = 0;
  int tablet_replicas = 0;  ///< at most
  int connections = 0;      ///< at most
};

/// From the smallest on; always 4 GiB for each vCPU. A larger load gets more nodes of the last one.
/// Source: docs.yugabyte.com, Deployment checklist: "CPU and RAM" (16 vCPU and 64 GB for YSQL in
/// production) and the table below "Memory and tablet limits".
inline constexpr std::array node_sizes{NodeSize{4, 16, 1'250, 130}, NodeSize{8, 32, 2'700, 225},
                                       NodeSize{16, 64, 5'500, 370}};

/// A number, what it says, and who says so.
struct Figure {
  double value = 0;
  std::string_view shown;    ///< with its unit
  std::string_view meaning;  ///< for people who check a recommendation
  std::string_view source;   ///< address of a page, or "judgement" with the reason
};

namespace figures {

extern const Figure replicas;             ///< copies of each row
extern const Figure colocated_bytes;      ///< all tables that share one tablet, with indexes
extern const Figure colocated_table;      ///< one of them, bytes
extern const Figure colocated_share;      ///< of one node's vCPUs for them
extern const Figure reads;                ///< for each vCPU and second
extern const Figure plain_writes;         ///< the same, of rows without secondary indexes
extern const Figure distributed_entries;  ///< the same, of rows and index entries in transactions
                                          ///< over several tablets
extern const Figure tablet_bytes;         ///< of a sharded table's tablet
extern const Figure replica_overhead;     ///< vCPUs for one tablet replica
extern const Figure disk_growth;          ///< bytes on disk for each byte of data, at most
extern const Figure disk_fill;            ///< of a disk, at most
extern const Figure node_disk;            ///< bytes
extern const Figure connections;          ///< for each vCPU, of most throughput
extern const Figure load_bytes;           ///< for each vCPU and second of an import

}  // namespace figures

/// All of them, in the order in which a reader needs them.
const std::vector<const Figure*>& all_figures();

}  // namespace voyager::assess
