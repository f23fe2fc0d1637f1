// SPDX-License-Identifier: Apache-2.0
#include "assess/metadata.hpp"

#include <map>

namespace voyager::assess {
namespace {

/// How much a counter grew; one that is smaller now was reset in between.
double growth(std::int64_t before, std::int64_t after, double seconds) {
  const std::int64_t grown = after >= before ? after - before : after;
  return static_cast<double>(grown) / seconds;
}

using Totals = std::map<QualifiedName, Throughput>;

void add_node(Totals& totals, const NodeMetadata& node, bool primary) {
  if (node.interval_seconds <= 0) return;
  std::map<QualifiedName, const engine::RelationActivity*> before;
  for (const engine::RelationActivity& one : node.before) before[one.name] = &one;
  for (const engine::RelationActivity& now : node.after) {
    const auto found = before.find(now.name);
    const engine::RelationActivity none;
    const engine::RelationActivity& then = found == before.end() ? none : *found->second;
    Throughput& total = totals[now.name];
    total.name = now.name;
    total.kind = now.kind;
    total.reads_per_second += growth(then.reads, now.reads, node.interval_seconds);
    if (primary) total.writes_per_second = growth(then.writes, now.writes, node.interval_seconds);
  }
}

}  // namespace

std::vector<Throughput> throughput(const Metadata& metadata) {
  Totals totals;
  for (const NodeMetadata& node : metadata.nodes)
    add_node(totals, node, &node == &metadata.nodes.front());
  std::vector<Throughput> all;
  all.reserve(totals.size());
  for (auto& [name, one] : totals) all.push_back(std::move(one));
  return all;
}

}  // namespace voyager::assess
