// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <condition_variable>
#include <cstdint>
#include <map>
#include <optional>
#include <stop_token>
#include <variant>
#include <vector>

#include "base/mutex.hpp"
#include "exportdir/meta_db.hpp"

namespace voyager::snapshot {

/// Who does what next in a snapshot export: the largest chunk that is planned, else the largest
/// tables that are not planned yet, so that planning overlaps copying and the last chunks are small
/// ones. What is small is done many at a time.
///
/// A task taken from next() must be answered: planned() for each table of a plan, copied() for each
/// chunk, or given_up() for either.
/// Threads: any.
class ExportSchedule {
 public:
  /// Tables live as long as the schedule.
  struct Plan {
    std::vector<const exportdir::TableRecord*> tables;  ///< one, or many small ones
  };
  struct Part {
    const exportdir::TableRecord* table = nullptr;
    exportdir::ChunkRecord chunk;
  };
  struct Copy {
    std::vector<Part> parts;  ///< one, or many small ones
  };
  using Task = std::variant<Plan, Copy>;
  struct Progress {
    std::int64_t rows = 0;
    bool table_done = false;
  };

  explicit ExportSchedule(std::vector<exportdir::TableRecord> tables);

  /// Waits while a table is being planned and nothing else is to do. Nothing: all is done, or
  /// stopped.
  std::optional<Task> next(const std::stop_token& stop);
  /// All chunks of the table, those exported by an earlier run too. Done at once when none is left.
  Progress planned(std::int64_t table_id, const std::vector<exportdir::ChunkRecord>& chunks);
  Progress copied(std::int64_t table_id, std::int64_t rows);
  /// Nothing more of this table: it is never done.
  void given_up(std::int64_t table_id);

 private:
  struct TableProgress {
    const exportdir::TableRecord* record = nullptr;
    bool being_planned = false;
    std::size_t unfinished = 0;
    std::int64_t rows = 0;
    bool given_up = false;
  };
  static Progress progress_of(const TableProgress& table);
  Plan next_plan() VOYAGER_TSA(requires_capability(mutex_));
  Copy next_copy() VOYAGER_TSA(requires_capability(mutex_));
  void end_planning(TableProgress& table) VOYAGER_TSA(requires_capability(mutex_));

  const std::vector<exportdir::TableRecord> tables_;  // largest first
  Mutex mutex_;
  std::condition_variable_any changed_;
  std::size_t next_table_ GUARDED_BY(mutex_) = 0;
  std::size_t planning_ GUARDED_BY(mutex_) = 0;
  std::multimap<std::int64_t, Part> ready_ GUARDED_BY(mutex_);  // by estimated bytes
  std::map<std::int64_t, TableProgress> progress_ GUARDED_BY(mutex_);
};

}  // namespace voyager::snapshot
