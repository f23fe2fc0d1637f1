// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "model/table.hpp"

namespace voyager::postgres {

/// An index as far as it says what makes a row unique.
struct IndexFacts {
  std::string name;
  std::vector<std::string>
      columns;  ///< key columns in index order; empty when one is an expression
  bool unique = false;
  bool primary = false;
  bool replica_identity = false;  ///< chosen by REPLICA IDENTITY USING INDEX
  bool partial = false;
  bool immediate = true;  ///< not deferrable: only such a primary key serves as replica identity
  bool attached = false;  ///< part of an index of the partition root
};

/// A table, partition root or leaf.
struct RelationFacts {
  std::uint32_t oid = 0;
  QualifiedName name;
  char kind = 'r';              ///< relkind: r table, p partitioned, f foreign
  char replica_identity = 'd';  ///< relreplident: d default, i index, f full, n nothing;
                                ///< c change: YugabyteDB's default, key and what was set
  std::int64_t rows = 0;
  std::int64_t bytes = 0;
  std::vector<IndexFacts> indexes;
};

/// A table with the relations that hold its rows (itself, when it is plain).
struct TreeFacts {
  RelationFacts root;
  std::vector<RelationFacts> leaves;
  /// Columns that decide which leaf a row belongs to, at all levels.
  std::vector<std::string> partition_columns;
  bool partitioned_by_expression = false;
};

const IndexFacts* primary_key(const RelationFacts& relation);
const IndexFacts* replica_identity_index(const RelationFacts& relation);

/// Table::key: the columns that identify a row in the change stream; empty when there are none.
std::vector<std::string> choose_key(const TreeFacts& tree);
/// Whether the leaf's replica identity, as it is now, delivers the old values of these columns; for
/// an empty key, of all columns.
bool identifies_rows(const RelationFacts& leaf, const std::vector<std::string>& key);
/// Unique constraints and indexes apart from the key; those of single leaves included.
std::vector<UniqueKey> unique_keys(const TreeFacts& tree, const std::vector<std::string>& key);

}  // namespace voyager::postgres
