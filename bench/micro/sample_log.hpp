// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <string>
#include <vector>

#include "model/change.hpp"

namespace voyager::bench {

/// A history in memory for the micro-benchmarks, the same in every run.
class SampleLog {
 public:
  /// As pgbench's TPC-B: each transaction updates one row of three tables (100,000 accounts, 10
  /// tellers, 1 branch) and adds one to a table without a key.
  static SampleLog small_transactions(int transactions);
  /// Transactions of a hundred changes to a table of 30 columns: inserts, updates that carry the
  /// row before as well, deletes.
  static SampleLog wide_rows(int transactions);

  const std::vector<ChangeEvent>& events() const { return events_; }
  const std::deque<Relation>& relations() const { return relations_; }
  std::size_t changes() const { return changes_; }
  std::size_t bytes() const { return bytes_; }  ///< of the values

 private:
  using Row = std::vector<std::string>;
  const Relation& relation(const std::string& name, std::size_t columns, bool key);
  void begin();
  void commit();
  void change(const Relation& relation, Operation operation, const Row& before, const Row& after);
  std::span<const Value> keep(const Row& row);
  Position position() const;

  std::deque<Relation> relations_;
  std::deque<std::string> texts_;
  std::deque<std::vector<Value>> rows_;
  std::vector<ChangeEvent> events_;
  std::size_t changes_ = 0;
  std::size_t bytes_ = 0;
  int transactions_ = 0;
};

}  // namespace voyager::bench
