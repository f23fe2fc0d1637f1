// SPDX-License-Identifier: Apache-2.0
#include "engines/postgres/table_identity.hpp"

#include <algorithm>

namespace voyager::postgres {
namespace {

using Names = std::vector<std::string>;

bool contains_all(const Names& names, const Names& wanted) {
  return std::all_of(wanted.begin(), wanted.end(), [&](const std::string& name) {
    return std::find(names.begin(), names.end(), name) != names.end();
  });
}

bool same_set(const Names& a, const Names& b) {
  return a.size() == b.size() && contains_all(a, b);
}

template <typename Predicate>
const IndexFacts* find_index(const RelationFacts& relation, Predicate matches) {
  const auto found = std::find_if(relation.indexes.begin(), relation.indexes.end(), matches);
  return found == relation.indexes.end() ? nullptr : &*found;
}

/// The columns of one leaf's identity: the chosen index, else the primary key.
Names own_key(const RelationFacts& relation) {
  const IndexFacts* chosen = replica_identity_index(relation);
  if (chosen == nullptr) chosen = primary_key(relation);
  return chosen == nullptr ? Names{} : chosen->columns;
}

/// What every leaf has in common, if that makes a row unique in the whole tree.
Names common_leaf_key(const TreeFacts& tree) {
  if (tree.leaves.empty() || tree.partitioned_by_expression) return {};
  const Names key = own_key(tree.leaves.front());
  const bool common = std::all_of(tree.leaves.begin(), tree.leaves.end(),
                                  [&](const auto& leaf) { return same_set(own_key(leaf), key); });
  return common && contains_all(key, tree.partition_columns) ? key : Names{};
}

}  // namespace

const IndexFacts* primary_key(const RelationFacts& relation) {
  return find_index(relation, [](const IndexFacts& index) { return index.primary; });
}

const IndexFacts* replica_identity_index(const RelationFacts& relation) {
  if (relation.replica_identity != 'i') return nullptr;
  return find_index(relation, [](const IndexFacts& index) { return index.replica_identity; });
}

std::vector<std::string> choose_key(const TreeFacts& tree) {
  // Rows come from the leaves under their own identity, which a partition does not take from its
  // root.
  if (tree.root.kind != 'p') return own_key(tree.root);
  const IndexFacts* primary = primary_key(tree.root);
  return primary != nullptr ? primary->columns : common_leaf_key(tree);
}

bool identifies_rows(const RelationFacts& leaf, const std::vector<std::string>& key) {
  if (leaf.replica_identity == 'f') return true;
  if (key.empty() || leaf.replica_identity == 'n') return false;
  const IndexFacts* index =
      leaf.replica_identity == 'i' ? replica_identity_index(leaf) : primary_key(leaf);
  return index != nullptr && index->immediate && contains_all(index->columns, key);
}

std::vector<UniqueKey> unique_keys(const TreeFacts& tree, const std::vector<std::string>& key) {
  std::vector<UniqueKey> keys;
  const auto add = [&](const IndexFacts& index) {
    const bool is_key = index.unique && !index.partial && same_set(index.columns, key);
    const bool known = std::any_of(keys.begin(), keys.end(), [&](const UniqueKey& other) {
      return !index.columns.empty() && other.columns == index.columns &&
             other.partial == index.partial;
    });
    if ((!is_key || key.empty()) && !known)
      keys.push_back({index.name, index.columns, index.partial});
  };
  for (const IndexFacts& index : tree.root.indexes) add(index);
  if (tree.root.kind != 'p') return keys;
  for (const RelationFacts& leaf : tree.leaves) {
    for (const IndexFacts& index : leaf.indexes) {
      if (!index.attached) add(index);
    }
  }
  return keys;
}

}  // namespace voyager::postgres
