// SPDX-License-Identifier: Apache-2.0
#include "assess/sizing_reasoning.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "assess/report_words.hpp"
#include "base/text.hpp"

namespace voyager::assess {
namespace {

/// More are counted, not named.
constexpr std::size_t named_tables = 5;

std::string size_text(double bytes) {
  return human_bytes(static_cast<std::uint64_t>(bytes));
}

struct Totals {
  double bytes = 0;
  double reads = 0;
  double writes = 0;
  std::int64_t indexes = 0;

  void add(const TableLoad& table) {
    bytes += static_cast<double>(table.bytes());
    reads += table.reads_per_second;
    writes += table.writes_per_second;
    indexes += table.indexes;
  }
};

std::string load_text(std::size_t tables, const Totals& totals) {
  return fmt::format(
      "{} with {} ({}, {} reads/s, {} writes/s)", counted(tables, "table", "tables"),
      counted(static_cast<std::uint64_t>(totals.indexes), "secondary index", "secondary indexes"),
      size_text(totals.bytes), rate_text(totals.reads), rate_text(totals.writes));
}

std::string colocated_sentence(const Placement& placement, const NodeSize& node) {
  if (placement.colocated.empty()) return "No table is colocated.";
  Totals totals;
  for (const TableLoad* table : placement.colocated) totals.add(*table);
  return fmt::format(
      "{} on one tablet (colocated): none is larger than {}, and together they need no more "
      "than {} and {:g} of the {} vCPUs of the node that serves them.",
      load_text(placement.colocated.size(), totals), figures::colocated_table.shown,
      figures::colocated_bytes.shown, figures::colocated_share.value * node.vcpus, node.vcpus);
}

/// "public.orders (12.0 GiB), public.lines (11.0 GiB) and 3 more".
std::string names_text(const std::vector<const TableLoad*>& tables, WhySharded why) {
  std::vector<std::string> names;
  for (const TableLoad* table : tables) {
    if (names.size() == named_tables) break;
    const std::string figure =
        why == WhySharded::too_busy
            ? fmt::format("{} reads/s, {} writes/s", rate_text(table->reads_per_second),
                          rate_text(table->writes_per_second))
            : size_text(static_cast<double>(table->bytes()));
    names.push_back(fmt::format("{} ({})", table->table.display(), figure));
  }
  std::string text = join(names, ", ");
  if (tables.size() > names.size())
    text += fmt::format(" and {} more", with_thousands(tables.size() - names.size()));
  return text;
}

std::string why_text(WhySharded why, const NodeSize& node) {
  switch (why) {
    case WhySharded::too_large:
      return fmt::format("larger than {}", figures::colocated_table.shown);
    case WhySharded::too_busy:
      return fmt::format("too busy for the {:g} vCPUs that one node has for them",
                         figures::colocated_share.value * node.vcpus);
    case WhySharded::no_room:
      return fmt::format("no room left in {} for", figures::colocated_bytes.shown);
  }
  return "";
}

/// The largest (or, of the busy ones, the busiest) come first.
std::vector<const TableLoad*> sharded_because(const Placement& placement, WhySharded why) {
  std::vector<const TableLoad*> tables;
  for (const ShardedTable& one : placement.sharded)
    if (one.why == why) tables.push_back(one.table);
  const auto weight = [&](const TableLoad* table) {
    return why == WhySharded::too_busy ? table->reads_per_second + table->writes_per_second
                                       : static_cast<double>(table->bytes());
  };
  std::stable_sort(tables.begin(), tables.end(), [&](const TableLoad* one, const TableLoad* other) {
    return weight(one) > weight(other);
  });
  return tables;
}

void append_sharded(const Cluster& cluster, std::vector<std::string>& sentences) {
  if (cluster.placement.sharded.empty()) return;
  Totals totals;
  for (const ShardedTable& one : cluster.placement.sharded) totals.add(*one.table);
  std::vector<std::string> reasons;
  for (const WhySharded why : {WhySharded::too_large, WhySharded::too_busy, WhySharded::no_room}) {
    const std::vector<const TableLoad*> tables = sharded_because(cluster.placement, why);
    if (!tables.empty())
      reasons.push_back(why_text(why, *cluster.node) + ": " + names_text(tables, why));
  }
  sentences.push_back(fmt::format(
      "{} sharded: {}.", load_text(cluster.placement.sharded.size(), totals), join(reasons, "; ")));
}

std::string cluster_sentence(const Cluster& cluster) {
  const auto nodes = static_cast<double>(cluster.nodes);
  return fmt::format(
      "{} nodes of {} vCPU and {} GiB: each row has {} copies; the load needs {:.1f} of {} vCPUs; "
      "a node holds {} of at most {} tablet replicas, and needs a disk of {}.",
      cluster.nodes, cluster.node->vcpus, cluster.node->memory_gib, figures::replicas.shown,
      cluster.demand.vcpus, cluster.nodes * cluster.node->vcpus,
      with_thousands(static_cast<std::uint64_t>(std::ceil(cluster.demand.replicas / nodes))),
      with_thousands(static_cast<std::uint64_t>(cluster.node->tablet_replicas)),
      size_text(cluster.demand.disk_bytes / figures::disk_fill.value / nodes));
}

/// By default each table and index has a tablet on each node, so more nodes do not help.
void append_tablets(const Cluster& cluster, std::vector<std::string>& sentences) {
  const double replicas = cluster.demand.relations * figures::replicas.value;
  if (replicas <= cluster.node->tablet_replicas) return;
  sentences.push_back(
      fmt::format("Set ysql_num_tablets to 1 before import schema: with the default, one tablet on "
                  "each node for "
                  "each table and index, a node would hold {} tablet replicas.",
                  with_thousands(static_cast<std::uint64_t>(replicas))));
}

bool is_watched(const Placement& placement) {
  Totals totals;
  for (const TableLoad* table : placement.colocated) totals.add(*table);
  for (const ShardedTable& one : placement.sharded) totals.add(*one.table);
  return totals.reads + totals.writes > 0;
}

}  // namespace

std::vector<std::string> reasoning_for(const Cluster& cluster) {
  std::vector<std::string> sentences{colocated_sentence(cluster.placement, *cluster.node)};
  append_sharded(cluster, sentences);
  sentences.push_back(cluster_sentence(cluster));
  append_tablets(cluster, sentences);
  if (!is_watched(cluster.placement))
    sentences.emplace_back("No reads and writes were seen, so sizes alone decide.");
  const NodeSize& production = node_sizes.back();
  if (cluster.node->vcpus < production.vcpus) {
    sentences.push_back(fmt::format(
        "YugabyteDB's deployment checklist asks for {} vCPU and {} GiB a node in production; this "
        "load alone does not.",
        production.vcpus, production.memory_gib));
  }
  return sentences;
}

}  // namespace voyager::assess
