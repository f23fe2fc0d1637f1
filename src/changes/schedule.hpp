// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <unordered_map>

#include "model/name.hpp"

namespace voyager::changes {

/// Says which rows of a batch may be written while earlier batches are not yet committed: those
/// that no such batch writes. The others wait until all earlier batches are in the target, so that
/// each row's changes stay in their order.
///
/// Every row() and whole() also takes the place: it is what later batches are measured by. A row is
/// known by a hash of its key, so that two rows may be taken for one (the second waits in vain) but
/// never one for two. What can't be seen here, such as a unique value that moves from one row to
/// another, is for the target to object to.
///
/// No I/O, no threads. Memory: 60 bytes for each row of the batches that are not committed, and 20
/// MB at most: beyond it a batch takes its tables as a whole.
class Schedule {
 public:
  /// What is claimed from here on belongs to this batch. Numbers grow, from 1.
  void begin(std::uint64_t batch);
  /// All batches up to this one are in the target.
  void committed(std::uint64_t batch);

  // True: nothing of an earlier batch stands in the way.
  bool row(const QualifiedName& table, std::size_t key_hash);
  /// Rows that are added to a table without a key meet nobody but what claims the whole table.
  bool append(const QualifiedName& table);
  /// The table as a whole: TRUNCATE, rows found by their image, changes that must be written
  /// singly.
  bool whole(const QualifiedName& table);

 private:
  /// The last two batches that claimed something; 0: none.
  struct Mark {
    std::uint64_t latest = 0;
    std::uint64_t before = 0;
  };
  struct Claims {
    Mark whole;
    Mark any_row;
    Mark appended;
    std::unordered_map<std::size_t, Mark> rows;
  };
  void claim(Mark& mark) const;
  bool passed(const Mark& mark) const;
  void forget_committed();
  void make_room(Claims& claims);

  std::map<QualifiedName, Claims> tables_;
  std::size_t rows_ = 0;       ///< in all tables
  std::size_t forget_at_ = 0;  ///< rows_ at which it is worth looking for what is committed
  std::uint64_t current_ = 0;
  std::uint64_t committed_ = 0;
};

}  // namespace voyager::changes
