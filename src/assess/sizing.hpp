// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "assess/metadata.hpp"

namespace voyager::assess {

/// A table with all that moves with it: its indexes, and its partitions' figures for a root.
struct TableLoad {
  QualifiedName table;
  std::optional<std::int64_t> rows;
  std::int64_t table_bytes = 0;
  std::int64_t index_bytes = 0;
  std::int64_t indexes = 0;  ///< without the primary key's
  std::int64_t columns = 0;
  double reads_per_second = 0;
  double writes_per_second = 0;
};

/// A cluster and a placement of the tables.
struct Sizing {
  std::vector<QualifiedName> colocated;  ///< share one tablet
  std::vector<QualifiedName> sharded;
  int nodes = 0;
  int vcpus_per_node = 0;
  int memory_gb_per_node = 0;
  int select_connections_per_node = 0;
  int insert_connections_per_node = 0;
  double import_minutes = 0;  ///< estimated, rows and indexes
  double import_minutes_without_redundant_indexes = 0;
  std::string reasoning;  ///< why these tables are colocated and those not, and why that size
};

/// Tables of the metadata by name, in the order of the schema; roots of partition trees carry the
/// figures of their leaves.
std::vector<TableLoad> table_loads(const Metadata& metadata);

/// Decides by the limits in sizing_limits.hpp, which are data with their sources. Pure.
Sizing recommend(const std::vector<TableLoad>& tables,
                 const std::map<QualifiedName, std::int64_t>& redundant_index_bytes);

}  // namespace voyager::assess
