// SPDX-License-Identifier: Apache-2.0
#include "assess/sizing_limits.hpp"

namespace voyager::assess {
namespace {

constexpr double gib = 1024.0 * 1024 * 1024;
constexpr std::string_view checklist = "https://docs.yugabyte.com/stable/deploy/checklist/";
constexpr std::string_view colocation =
    "https://docs.yugabyte.com/stable/additional-features/colocation/";
constexpr std::string_view splitting =
    "https://docs.yugabyte.com/stable/architecture/docdb-sharding/tablet-splitting/";
constexpr std::string_view million_operations =
    "https://docs.yugabyte.com/stable/benchmark/scalability/scaling-queries-ysql/";
constexpr std::string_view sysbench = "https://docs.yugabyte.com/stable/benchmark/sysbench-ysql/";

}  // namespace

namespace figures {

constexpr Figure replicas{3, "3", "copies of each row, and so the least number of nodes",
                          checklist};
constexpr Figure colocated_bytes{50 * gib, "50 GiB",
                                 "data and indexes that share one tablet, at most", colocation};
// Tablets that grow beyond this are split while there are few of them; the shared one never is.
constexpr Figure colocated_table{
    10 * gib, "10 GiB",
    "a table with its indexes that shares the tablet, at most: a tablet of its own would be split "
    "beyond that",
    splitting};
constexpr Figure colocated_share{
    0.5, "half", "of one node's vCPUs for the tables that share a tablet, at most",
    "judgement: all their reads and writes go to one node, which has other work too"};
// 2.8 million reads a second on 100 nodes of 16 vCPU, at 64 % CPU.
constexpr Figure reads{1'750, "1,750", "reads of one row for each vCPU and second",
                       million_operations};
// 1.26 million inserts a second on the same nodes, at 78 % CPU.
constexpr Figure plain_writes{787, "787",
                              "writes of a row without secondary indexes for each vCPU and second",
                              million_operations};
// oltp_insert: 6,348 rows with one secondary index each, a second on 3 nodes of 16 vCPU.
constexpr Figure distributed_entries{
    264, "264",
    "rows and index entries for each vCPU and second when a write changes a sharded table and its "
    "indexes",
    sysbench};
constexpr Figure tablet_bytes{10 * gib, "10 GiB", "a tablet of a sharded table or index, at most",
                              splitting};
constexpr Figure replica_overhead{0.4 / 1'000, "0.4", "vCPUs for 1,000 replicas of tablets",
                                  checklist};
constexpr Figure disk_growth{1.2, "1.2", "bytes on disk for each byte of data; no compression",
                             checklist};
constexpr Figure disk_fill{0.8, "80 %", "of a disk, at most", checklist};
constexpr Figure node_disk{20 * 1024 * gib, "20 TiB", "of disk for each node, at most", checklist};
// 2,400 clients on 100 nodes of 16 vCPU.
constexpr Figure connections{
    1.5, "1.5", "connections for each vCPU at which these reads and writes were measured",
    million_operations};
constexpr Figure load_bytes{
    1024.0 * 1024, "1 MiB", "of rows and index entries imported for each vCPU and second, at most",
    "judgement: between the benchmarks with small rows and what three copies leave of a network"};

}  // namespace figures

const std::vector<const Figure*>& all_figures() {
  using namespace figures;
  static const std::vector<const Figure*> all{
      &colocated_bytes, &colocated_table,     &colocated_share, &replicas,     &reads,
      &plain_writes,    &distributed_entries, &connections,     &tablet_bytes, &replica_overhead,
      &disk_growth,     &disk_fill,           &node_disk,       &load_bytes};
  return all;
}

}  // namespace voyager::assess
