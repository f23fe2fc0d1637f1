// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "engines/postgres/connection.hpp"
#include "engines/postgres/pgoutput.hpp"
#include "model/table.hpp"

namespace voyager::postgres {

/// A Relation message that outlives its bytes.
struct StreamedRelation {
  struct Column {
    std::string name;
    std::uint32_t type = 0;
    std::int32_t modifier = 0;
    friend bool operator==(const Column&, const Column&) = default;
  };
  std::uint32_t id = 0;
  QualifiedName name;
  std::vector<Column> columns;
  friend bool operator==(const StreamedRelation&, const StreamedRelation&) = default;
};

/// Knows which migrating table each relation of the stream belongs to, and whether it still looks
/// as it was recorded when the migration began.
///
/// A partition that is new since then is found through the catalog and followed.
/// Threads: one. Throws: Error E3202 (give_up) when a relation changed in a way that can't be
/// followed.
class RelationBook {
 public:
  /// `session` opens (once) an ordinary connection for catalog look-ups. Only with row_versions
  /// (system column xmin) can a partition be refused that was attached with rows.
  RelationBook(const std::vector<Table>& tables, std::function<Connection&()> session,
               bool row_versions);

  /// Takes note of a Relation message.
  void describe(const pgoutput::RelationMessage& message);
  /// The relation, checked, when it has to be announced before its next change, else nullptr.
  /// Asking announces it.
  const Relation* announce(std::uint32_t id);

 private:
  struct Entry {
    StreamedRelation streamed;
    Relation relation;
    bool announced = false;
  };
  using TypeKey = std::pair<std::uint32_t, std::int32_t>;

  const Table& table_of(const StreamedRelation& streamed);
  const Table* find_root(std::uint32_t leaf);
  void check_attached_rows(const StreamedRelation& streamed);
  void check_columns(const Table& table, const StreamedRelation& streamed);
  void read_types(const StreamedRelation& streamed);
  Relation resolve(const StreamedRelation& streamed);
  std::string leaf_filter(std::uint32_t leaf);

  std::vector<Table> tables_;
  std::map<QualifiedName, const Table*> by_name_;  // roots and leaves
  std::function<Connection&()> session_;
  bool row_versions_;
  std::map<std::uint32_t, Entry> relations_;
  std::map<TypeKey, std::string> type_names_;
};

/// What differs between a recorded table and a relation of the stream (name → type of its columns),
/// in words; empty: nothing. Pure.
std::string describe_difference(const Table& table, std::map<std::string, std::string> streamed);

}  // namespace voyager::postgres
