// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "engine/statistics.hpp"

namespace voyager::assess {

/// What was done with a table on one node while it was watched.
struct Throughput {
  QualifiedName name;
  engine::RelationKind kind = engine::RelationKind::table;
  double reads_per_second = 0;
  double writes_per_second = 0;
};

/// What one server said of itself.
struct NodeMetadata {
  std::string name;  ///< "primary", or "<host>-<port>" of a replica; fit for a file name
  std::vector<engine::RelationActivity> before, after;  ///< at both ends of the interval
  double interval_seconds = 0;               ///< between them, by a monotonic clock; 0: not watched
  std::vector<engine::RelationUsage> usage;  ///< read together with `after`
  std::vector<engine::QueryStatistics> queries;
};

/// Everything that an assessment is made from: gathered from a database now, or read from a
/// directory that an earlier run or the scripts of the Go program have filled.
struct Metadata {
  std::string database;        ///< empty: not known
  std::string server_version;  ///< empty: not known
  std::vector<std::string> schemas;
  std::vector<engine::RelationStatistics> relations;  ///< of the primary; the same on replicas
  std::vector<engine::ColumnSpread> columns;
  std::vector<NodeMetadata> nodes;  ///< the primary first
  std::string schema_sql;           ///< pg_dump --schema-only
  std::vector<std::string> notes;   ///< what is missing, for the report
  bool queries_known = false;       ///< statements were counted on at least one node
};

/// Reads and writes for each second: reads of all nodes together, writes of the primary (replicas
/// repeat them). Empty when nothing was watched.
std::vector<Throughput> throughput(const Metadata& metadata);

}  // namespace voyager::assess
