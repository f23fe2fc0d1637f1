// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <memory_resource>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "changes/schedule.hpp"
#include "engine/target.hpp"
#include "model/change.hpp"

namespace voyager::changes {

/// Keeps copies of values until clear(); views into it stay valid while it grows.
class Arena {
 public:
  std::string_view keep(std::string_view bytes);
  /// Room for so many bytes; never null.
  char* room(std::size_t bytes);
  /// Room for so many values, all `unchanged`.
  std::span<Value> values(std::size_t count);
  std::size_t bytes() const { return total_; }
  void clear();

 private:
  std::pmr::monotonic_buffer_resource memory_;
  std::size_t total_ = 0;
};

/// Where a piece's work goes: engine::ChangeApplier::write().
using PieceSink = std::function<void(const engine::RowSet&)>;

/// The net effect of some changes, with all the memory that it needs, so that another thread can
/// write it. The sets point into it: it may be moved, not copied.
struct Piece {
  std::unique_ptr<Arena> values;
  std::deque<Relation> relations;
  std::vector<engine::RowSet> free;  ///< may be written before earlier batches are committed
  std::vector<engine::RowSet> held;  ///< must be written after that, and after `free`
  std::size_t bytes = 0;
};

/// Merges row changes to their net effect for each row: what a row was before the piece and what it
/// is after it, however often it changed in between.
///
/// For each table there are removes first, then updates (one set for each combination of
/// columns), then inserts, so that a unique value that one row gives up is free for another. Each
/// set is in the order of its keys, so that the target finds neighbours together. Rows of tables
/// without a key are counted by their whole image: what came and went leaves nothing, the rest goes
/// out as removes (an image as often as it has to go) and inserts. No I/O. Memory: the added
/// values, until drain().
class Compactor {
 public:
  enum class Added : std::uint8_t {
    yes,
    drain_first,  ///< can't be merged with what is there: drain(), then add it again
    alone,        ///< must be written on its own, after a drain(): its full new row is not known
  };
  Added add(const Relation& relation, const RowChange& change);
  bool empty() const { return changes_ == 0; }
  std::size_t changes() const { return changes_; }
  /// What the piece will need.
  std::size_t bytes() const { return arena_->bytes(); }
  /// For tables in `rewrite`, an update whose whole new row is known goes out as a remove and an
  /// insert: so rows can exchange unique values, which no order of single updates allows.
  void drain(const PieceSink& sink, const std::set<QualifiedName>& rewrite = {});
  /// As drain(), for another thread. Rows that meet an earlier batch of the schedule are held, and
  /// so is all of a table with one of them if unique values may move between its rows: the order
  /// of removes, updates and inserts matters there.
  Piece take(const std::set<QualifiedName>& rewrite,
             const std::set<QualifiedName>& with_unique_keys, Schedule& schedule);
  void clear();

 private:
  using Row = std::span<Value>;  ///< in the arena
  struct Entry {
    bool remove_first = false;  ///< the target has a row with this key that must go
    enum class Then : std::uint8_t { nothing, insert, update } then = Then::nothing;
    std::size_t key_hash = 0;
    Row key;
    Row row;  ///< in the order of the table's relation
  };
  struct OwnedChange {
    Operation operation = Operation::insert;
    Row before, after;
  };
  struct Image {
    Row row;
    std::int64_t net = 0;  ///< copies that come (positive) or go
  };
  struct TablePiece {
    Relation relation;  ///< the first one seen; leaves with another column order are mapped to it
    std::vector<std::uint16_t> all_columns;
    std::vector<std::uint16_t> key_columns;
    std::unordered_map<std::string, std::size_t> index;
    std::vector<Entry> entries;
    std::vector<Image> images;  ///< of a table without a key; `index` finds them
  };
  TablePiece& piece_of(const Relation& relation);
  Row copy(const TablePiece& piece, const Relation& relation, std::span<const Value> values);
  Added add_keyed(TablePiece& piece, const OwnedChange& change);
  Added add_images(TablePiece& piece, const OwnedChange& change);
  void count_image(TablePiece& piece, Row row, std::int64_t copies);
  Added change_key(TablePiece& piece, const OwnedChange& change, const std::string& old_key);
  Entry& entry(TablePiece& piece, const std::string& key, Row row);
  static Entry* find(TablePiece& piece, const std::string& key);
  static Added insert(Entry& entry, Row row);
  static Added update(Entry& entry, Row row);
  static Added remove(Entry& entry);
  struct KeyedSets;
  static void sort_entry(const Entry& entry, bool rewrite, KeyedSets& sets);
  static void sort_keyed(const TablePiece& piece, const std::vector<const Entry*>& entries,
                         bool rewrite, std::vector<engine::RowSet>& into);
  static std::vector<const Entry*> by_key(const TablePiece& piece);
  static void images(const TablePiece& piece, Operation operation,
                     std::vector<engine::RowSet>& into);
  static void take_keyed(const TablePiece& table, bool rewrite, bool has_unique_keys,
                         Schedule& schedule, Piece& piece);
  static void take_images(const TablePiece& table, Schedule& schedule, Piece& piece);

  std::unique_ptr<Arena> arena_ = std::make_unique<Arena>();
  std::map<QualifiedName, TablePiece> tables_;
  std::unordered_map<std::uint32_t, TablePiece*> by_relation_;  ///< where each id's last row went
  std::size_t changes_ = 0;
  std::string key_;  ///< of the change at hand; a member for its memory
};

}  // namespace voyager::changes
