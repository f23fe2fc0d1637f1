// SPDX-License-Identifier: Apache-2.0
#include "optimize/optimize.hpp"

#include <utility>

#include "optimize/draft.hpp"

namespace voyager::optimize {

std::string_view title(ChangeKind kind) {
  switch (kind) {
    case ChangeKind::constraint_merged:
      return "Constraints merged into CREATE TABLE";
    case ChangeKind::redundant_index_removed:
      return "Redundant indexes removed";
    case ChangeKind::index_by_range:
      return "Indexes sharded by range";
    case ChangeKind::key_by_range:
      return "Keys sharded by range";
    case ChangeKind::table_sharded:
      return "Tables that are not colocated";
  }
  return "";
}

bool is_on(ChangeKind kind, const Switches& switches) {
  switch (kind) {
    case ChangeKind::constraint_merged:
      return switches.merge_constraints;
    case ChangeKind::redundant_index_removed:
      return switches.remove_redundant_indexes;
    case ChangeKind::index_by_range:
    case ChangeKind::key_by_range:
      return switches.range_sharding;
    case ChangeKind::table_sharded:
      return switches.colocation;
  }
  return false;
}

int fewer_statements(const Optimized& optimized) {
  int fewer = 0;
  for (const Change& change : optimized.changes) fewer -= change.statements;
  return fewer;
}

Optimized optimize(const Files& files, const Switches& switches,
                   const std::optional<std::vector<QualifiedName>>& sharded) {
  Work work(files);
  if (switches.remove_redundant_indexes) remove_redundant_indexes(work);
  if (switches.range_sharding) shard_by_range(work);
  if (switches.colocation && sharded) say_what_is_sharded(work, *sharded);
  if (switches.colocation && !sharded)
    work.notes.emplace_back("No table says whether it is colocated: there is no assessment.");
  if (switches.merge_constraints) merge_constraints(work);
  return std::move(work).finish();
}

}  // namespace voyager::optimize
