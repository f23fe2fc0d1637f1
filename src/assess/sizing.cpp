// SPDX-License-Identifier: Apache-2.0
#include "assess/sizing.hpp"

#include <algorithm>
#include <cmath>
#include <map>

#include "assess/sizing_reasoning.hpp"

namespace voyager::assess {
namespace {

using engine::RelationKind;
using engine::RelationStatistics;

// ---- the load of each table

bool is_table(RelationKind kind) {
  return kind == RelationKind::table || kind == RelationKind::partitioned_table ||
         kind == RelationKind::materialized_view;
}

/// Which table carries the figures of a table.
class Roots {
 public:
  explicit Roots(const std::vector<RelationStatistics>& relations) {
    for (const RelationStatistics& one : relations)
      if (is_table(one.kind) && one.partition_of) parents_[one.name] = *one.partition_of;
  }
  QualifiedName of(const QualifiedName& table) const {
    QualifiedName root = table;
    // Bounded, because files from elsewhere may say anything.
    for (std::size_t level = 0; level < parents_.size(); ++level) {
      const auto parent = parents_.find(root);
      if (parent == parents_.end()) break;
      root = parent->second;
    }
    return root;
  }

 private:
  std::map<QualifiedName, QualifiedName> parents_;
};

void add_table(TableLoad& load, const RelationStatistics& table) {
  if (table.name != load.table) load.partitions.push_back(table.name);
  if (table.kind != RelationKind::partitioned_table) ++load.leaves;
  load.table_bytes += table.bytes;
  if (table.rows) load.rows = load.rows.value_or(0) + *table.rows;
}

void add_index(TableLoad& load, const RelationStatistics& index, bool redundant) {
  ++load.indexes;
  load.index_bytes += index.bytes;
  if (!redundant) return;
  ++load.redundant_indexes;
  load.redundant_bytes += index.bytes;
}

// ---- what a load needs

double entries_per_row(const TableLoad& table, std::int64_t without = 0) {
  const auto leaves = static_cast<double>(std::max<std::int64_t>(table.leaves, 1));
  return 1 + static_cast<double>(table.indexes - without) / leaves;
}

/// vCPUs for the table when it shares the one tablet: its writes need no transaction over several.
double colocated_vcpus(const TableLoad& table) {
  return table.reads_per_second / figures::reads.value +
         table.writes_per_second * entries_per_row(table) / figures::plain_writes.value;
}

double sharded_vcpus(const TableLoad& table) {
  if (table.indexes == 0) return colocated_vcpus(table);
  return table.reads_per_second / figures::reads.value +
         table.writes_per_second * entries_per_row(table) / figures::distributed_entries.value;
}

double relations_of(const TableLoad& table) {
  return static_cast<double>(table.leaves + table.indexes);
}

/// Fewer than YugabyteDB makes by default, see reasoning_for().
double tablets_of(const TableLoad& table) {
  const double by_size =
      std::ceil(static_cast<double>(table.bytes()) / figures::tablet_bytes.value);
  return std::max(by_size, relations_of(table));
}

/// The smallest tables first, so that as many as possible share the tablet.
Placement place(const std::vector<const TableLoad*>& by_size, const NodeSize& node) {
  Placement placement;
  const double vcpus = figures::colocated_share.value * node.vcpus;
  for (const TableLoad* table : by_size) {
    const auto bytes = static_cast<double>(table->bytes());
    const double needed = colocated_vcpus(*table);
    if (bytes > figures::colocated_table.value) {
      placement.sharded.push_back({table, WhySharded::too_large});
    } else if (placement.colocated_vcpus + needed > vcpus) {
      placement.sharded.push_back({table, WhySharded::too_busy});
    } else if (placement.colocated_bytes + bytes > figures::colocated_bytes.value) {
      placement.sharded.push_back({table, WhySharded::no_room});
    } else {
      placement.colocated.push_back(table);
      placement.colocated_bytes += bytes;
      placement.colocated_vcpus += needed;
    }
  }
  return placement;
}

Demand demand_of(const Placement& placement) {
  Demand demand;
  double bytes = placement.colocated_bytes;
  double tablets = placement.colocated.empty() ? 0 : 1;
  demand.vcpus = placement.colocated_vcpus;
  for (const ShardedTable& one : placement.sharded) {
    bytes += static_cast<double>(one.table->bytes());
    tablets += tablets_of(*one.table);
    demand.relations += relations_of(*one.table);
    demand.vcpus += sharded_vcpus(*one.table);
  }
  demand.replicas = tablets * figures::replicas.value;
  demand.vcpus += demand.replicas * figures::replica_overhead.value;
  demand.disk_bytes = bytes * figures::replicas.value * figures::disk_growth.value;
  return demand;
}

std::int64_t nodes_for(const Demand& demand, const NodeSize& node) {
  const double needed = std::max(
      {figures::replicas.value, demand.vcpus / node.vcpus, demand.replicas / node.tablet_replicas,
       demand.disk_bytes / (figures::node_disk.value * figures::disk_fill.value)});
  return static_cast<std::int64_t>(std::ceil(needed));
}

/// The smallest machine of which three are enough; else as many of the largest as it takes.
Cluster choose(const std::vector<const TableLoad*>& by_size) {
  Cluster cluster;
  for (const NodeSize& node : node_sizes) {
    cluster.node = &node;
    cluster.placement = place(by_size, node);
    cluster.demand = demand_of(cluster.placement);
    cluster.nodes = nodes_for(cluster.demand, node);
    if (static_cast<double>(cluster.nodes) <= figures::replicas.value) break;
  }
  return cluster;
}

// ---- the import

double import_seconds(const TableLoad& table, double vcpus, bool without_redundant) {
  const std::int64_t without = without_redundant ? table.redundant_indexes : 0;
  const std::int64_t saved = without_redundant ? table.redundant_bytes : 0;
  const double entries =
      static_cast<double>(table.rows.value_or(0)) * entries_per_row(table, without);
  const auto bytes = static_cast<double>(table.bytes() - saved);
  return std::max(entries / figures::plain_writes.value, bytes / figures::load_bytes.value) / vcpus;
}

/// One after the other: what shares the tablet has the vCPUs of one node, the rest those of all.
double import_minutes(const Cluster& cluster, bool without_redundant) {
  const double node_vcpus = cluster.node->vcpus;
  const auto nodes = static_cast<double>(cluster.nodes);
  double seconds = 0;
  for (const TableLoad* table : cluster.placement.colocated)
    seconds += import_seconds(*table, node_vcpus, without_redundant);
  for (const ShardedTable& one : cluster.placement.sharded)
    seconds += import_seconds(*one.table, node_vcpus * nodes, without_redundant);
  return std::ceil(seconds / 60);
}

void append_names(const TableLoad& table, std::vector<QualifiedName>& names) {
  names.push_back(table.table);
  names.insert(names.end(), table.partitions.begin(), table.partitions.end());
}

std::vector<const TableLoad*> sorted_by_size(const std::vector<TableLoad>& tables) {
  std::vector<const TableLoad*> sorted;
  sorted.reserve(tables.size());
  for (const TableLoad& table : tables) sorted.push_back(&table);
  std::sort(sorted.begin(), sorted.end(), [](const TableLoad* one, const TableLoad* other) {
    return std::pair(one->bytes(), one->table) < std::pair(other->bytes(), other->table);
  });
  return sorted;
}

int connections_of(const NodeSize& node) {
  return std::min(static_cast<int>(figures::connections.value * node.vcpus), node.connections);
}

}  // namespace

std::vector<TableLoad> table_loads(const Metadata& metadata,
                                   const std::set<QualifiedName>& redundant) {
  const Roots roots(metadata.relations);
  std::map<QualifiedName, TableLoad> loads;
  for (const RelationStatistics& one : metadata.relations) {
    if (!is_table(one.kind)) continue;
    const QualifiedName root = roots.of(one.name);
    TableLoad& load = loads[root];
    load.table = root;
    add_table(load, one);
  }
  for (const RelationStatistics& one : metadata.relations) {
    if (one.kind != RelationKind::index || !one.table) continue;
    const auto found = loads.find(roots.of(*one.table));
    if (found != loads.end()) add_index(found->second, one, redundant.count(one.name) > 0);
  }
  for (const Throughput& one : throughput(metadata)) {
    const auto found = loads.find(roots.of(one.name));
    if (found == loads.end()) continue;
    found->second.reads_per_second += one.reads_per_second;
    found->second.writes_per_second += one.writes_per_second;
  }
  std::vector<TableLoad> all;
  all.reserve(loads.size());
  for (auto& [name, load] : loads) all.push_back(std::move(load));
  return all;
}

Sizing recommend(const std::vector<TableLoad>& tables) {
  const Cluster cluster = choose(sorted_by_size(tables));
  Sizing sizing;
  for (const TableLoad* table : cluster.placement.colocated) append_names(*table, sizing.colocated);
  for (const ShardedTable& one : cluster.placement.sharded)
    append_names(*one.table, sizing.sharded);
  std::sort(sizing.colocated.begin(), sizing.colocated.end());
  std::sort(sizing.sharded.begin(), sizing.sharded.end());
  sizing.nodes = cluster.nodes;
  sizing.vcpus_per_node = cluster.node->vcpus;
  sizing.memory_gib_per_node = cluster.node->memory_gib;
  sizing.select_connections_per_node = connections_of(*cluster.node);
  sizing.insert_connections_per_node = connections_of(*cluster.node);
  sizing.import_minutes = import_minutes(cluster, false);
  sizing.import_minutes_without_redundant_indexes = import_minutes(cluster, true);
  sizing.reasoning = reasoning_for(cluster);
  return sizing;
}

}  // namespace voyager::assess
