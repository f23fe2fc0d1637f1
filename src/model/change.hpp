// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <compare>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "model/name.hpp"

namespace voyager {

/// A point between two transactions in one database's change history.
///
/// The text is made by that database's engine so that byte order is history order (PostgreSQL: the
/// commit LSN as 16 hexadecimal digits). Positions of different slots or databases are not
/// comparable.
struct Position {
  std::string text;
  bool empty() const { return text.empty(); }
  friend auto operator<=>(const Position&, const Position&) = default;
};

/// One column's value in the server's own text form.
struct Value {
  enum class Kind : std::uint8_t {
    null,
    unchanged,  ///< not in this message: TOAST that was not touched, or not part of the old key
    text,
  };
  Kind kind = Kind::null;
  std::string_view text;

  static Value of(std::string_view text) { return {Kind::text, text}; }
  friend bool operator==(const Value&, const Value&) = default;
};

/// What the rows of one table look like from here on in the stream.
struct Relation {
  struct Column {
    std::string name;
    bool key = false;  ///< part of what identifies the row
    friend bool operator==(const Column&, const Column&) = default;
  };
  std::uint32_t id = 0;  ///< chosen by the writer; valid until the stream says otherwise
  QualifiedName table;   ///< the table that migrates (the root of a partition tree)
  QualifiedName leaf;    ///< the partition that holds the rows; equal to `table` when it is plain
  std::string leaf_filter;  ///< SQL condition that selects the leaf's rows from the root, or empty
  std::vector<Column> columns;
  friend bool operator==(const Relation&, const Relation&) = default;
};

struct Begin {
  Position position;                    ///< of its commit
  std::int64_t commit_unix_micros = 0;  ///< the source's commit time
  std::uint64_t transaction_id = 0;
};

enum class Operation : std::uint8_t { insert = 'I', update = 'U', remove = 'D' };

/// One row changed. `before` is empty, or has one value for each column, where all but the known
/// old ones are `unchanged`; `after` likewise (empty for a delete). Views live until the next read.
struct RowChange {
  std::uint32_t relation = 0;
  Operation operation = Operation::insert;
  std::span<const Value> before;
  std::span<const Value> after;
};

/// All rows of some tables (or leaves) removed at once, in one statement.
struct Truncate {
  std::vector<std::uint32_t> relations;
  bool restart_identity = false;
};

/// The marker that cutover writes into the source's own log.
struct Barrier {
  std::string id;
};

struct Commit {
  Position position;
};

/// One step of the change history, in commit order: Begin, then Relations and changes, then Commit.
using ChangeEvent = std::variant<Begin, Relation, RowChange, Truncate, Barrier, Commit>;

}  // namespace voyager
