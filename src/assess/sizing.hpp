// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "assess/metadata.hpp"

namespace voyager::assess {

/// A table or materialized view with all that moves with it: its indexes, and its partitions with
/// theirs.
struct TableLoad {
  QualifiedName table;
  std::vector<QualifiedName> partitions;  ///< of all levels
  std::int64_t leaves = 0;                ///< tables with rows: itself, or partitions
  std::optional<std::int64_t> rows;       ///< none when no part of it was analysed
  /// Without the primary key's index, which in YugabyteDB is the table.
  std::int64_t table_bytes = 0;
  std::int64_t index_bytes = 0;
  std::int64_t indexes = 0;  ///< of all leaves, without primary keys
  double reads_per_second = 0;
  double writes_per_second = 0;
  // Of the indexes, those that can go.
  std::int64_t redundant_indexes = 0;
  std::int64_t redundant_bytes = 0;

  std::int64_t bytes() const { return table_bytes + index_bytes; }
};

/// A cluster and a placement of the tables.
struct Sizing {
  /// Sorted; partitioned tables with their partitions, which always stand on the same side.
  std::vector<QualifiedName> colocated;  ///< share one tablet
  std::vector<QualifiedName> sharded;
  std::int64_t nodes = 0;
  int vcpus_per_node = 0;
  int memory_gib_per_node = 0;
  int select_connections_per_node = 0;
  int insert_connections_per_node = 0;
  double import_minutes = 0;  ///< estimated, rows and indexes; whole minutes
  double import_minutes_without_redundant_indexes = 0;
  /// Why these tables are colocated and those not, and why that cluster: sentences.
  std::vector<std::string> reasoning;
};

/// Tables of the metadata by name; roots of partition trees carry the figures of their leaves, and
/// leaves do not stand alone. `redundant`: indexes that can go.
std::vector<TableLoad> table_loads(const Metadata& metadata,
                                   const std::set<QualifiedName>& redundant);

/// Decides by the limits in sizing_limits.hpp, which are data with their sources. Never fails: no
/// tables need the smallest cluster. Pure.
Sizing recommend(const std::vector<TableLoad>& tables);

}  // namespace voyager::assess
