// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <vector>

#include "exportdir/meta_db.hpp"
#include "model/change.hpp"

namespace voyager::exportdir::change_log {

/// Counts a table's events on their way: open transaction, then committed, then durable, then
/// recorded. Threads: one.
class ExportedCounts {
 public:
  struct Table {
    ChangeCounts open, committed, durable;
  };
  /// The counter of a table; stays at its place for the life of this object.
  Table* table(const QualifiedName& name);

  void row(Table* table, Operation operation);
  void truncate(Table* table);

  void commit();
  void discard();
  void make_durable();

  std::map<QualifiedName, ChangeCounts> durable() const;
  void forget_durable();

 private:
  void touch(Table* table);

  std::map<QualifiedName, Table> tables_;
  std::vector<Table*> touched_;  ///< by the open transaction
};

}  // namespace voyager::exportdir::change_log
