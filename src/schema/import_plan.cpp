// SPDX-License-Identifier: Apache-2.0
#include "schema/import_plan.hpp"

#include <algorithm>
#include <set>

namespace voyager::schema {
namespace {

using Keys = std::set<std::string>;

Keys keys_after_data(const std::vector<FileStatement>& statements) {
  Keys keys;
  for (const FileStatement& item : statements) {
    if (item.facts.after_data) keys.insert(item.facts.defines.begin(), item.facts.defines.end());
  }
  return keys;
}

bool is_after_data(const Facts& facts, const Keys& keys) {
  return facts.after_data || facts.role == StatementRole::replica_identity ||
         std::any_of(facts.needs.begin(), facts.needs.end(),
                     [&](const std::string& key) { return keys.count(key) != 0; });
}

bool is_never_run(const Facts& facts, const PlanOptions& options) {
  return facts.role == StatementRole::session_setting ||
         (facts.role == StatementRole::replica_identity && !options.replica_identity);
}

/// Smaller runs earlier. Files keep their documented order, with room for statements that have to
/// wait for a later file.
int rank(const FileStatement& item, ImportPhase phase) {
  constexpr int step = 2;
  const auto after = [](ObjectType type) { return step * static_cast<int>(type) + 1; };
  const bool held_constraint = phase == ImportPhase::after_data && item.file == ObjectType::table;
  if (item.facts.role == StatementRole::foreign_key || held_constraint)
    return after(ObjectType::index);
  if (item.facts.role == StatementRole::sequence_owner) return after(ObjectType::table);
  return step * static_cast<int>(item.file);
}

void sort_for_import(std::vector<FileStatement>& statements, ImportPhase phase) {
  std::stable_sort(statements.begin(), statements.end(),
                   [&](const FileStatement& a, const FileStatement& b) {
                     return rank(a, phase) < rank(b, phase);
                   });
}

void sort_as_listed(std::vector<FileStatement>& statements, const std::vector<ObjectType>& types) {
  const auto place = [&](const FileStatement& item) {
    return std::find(types.begin(), types.end(), item.file) - types.begin();
  };
  std::stable_sort(
      statements.begin(), statements.end(),
      [&](const FileStatement& a, const FileStatement& b) { return place(a) < place(b); });
}

}  // namespace

ImportPlan plan_import(const std::vector<FileStatement>& statements, const PlanOptions& options) {
  const Keys keys = keys_after_data(statements);
  const bool now_after_data = options.phase == ImportPhase::after_data;
  ImportPlan plan;
  for (const FileStatement& item : statements) {
    const auto& types = options.types;
    if (std::find(types.begin(), types.end(), item.file) == types.end()) continue;
    if (is_never_run(item.facts, options)) continue;
    if (is_after_data(item.facts, keys) == now_after_data) {
      plan.run.push_back(item);
    } else if (!now_after_data) {
      ++plan.held_back[item.file];
    }
  }
  if (options.straight_order) {
    sort_as_listed(plan.run, options.types);
  } else {
    sort_for_import(plan.run, options.phase);
  }
  return plan;
}

}  // namespace voyager::schema
