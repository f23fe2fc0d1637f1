// SPDX-License-Identifier: Apache-2.0
#include "snapshot/export_schedule.hpp"

#include <algorithm>
#include <utility>

namespace voyager::snapshot {
namespace {

using exportdir::ChunkRecord;
using exportdir::ChunkState;
using exportdir::TableRecord;

/// The plan of a small table is a question about its size; so many go in one.
constexpr std::size_t tables_of_a_plan = 100;
constexpr std::int64_t small_table_bytes = 1 << 20;

/// So much together, or one chunk alone. Each has files of its own open meanwhile.
constexpr std::size_t parts_of_a_copy = 50;
constexpr std::int64_t small_copy_bytes = 1 << 20;

std::vector<TableRecord> largest_first(std::vector<TableRecord> tables) {
  std::stable_sort(tables.begin(), tables.end(), [](const TableRecord& a, const TableRecord& b) {
    return a.table.bytes > b.table.bytes;
  });
  return tables;
}

}  // namespace

ExportSchedule::ExportSchedule(std::vector<TableRecord> tables)
    : tables_(largest_first(std::move(tables))) {}

std::optional<ExportSchedule::Task> ExportSchedule::next(const std::stop_token& stop) {
  MutexLock lock(mutex_);
  changed_.wait(mutex_, stop, [this]() VOYAGER_TSA(no_thread_safety_analysis) {
    return !ready_.empty() || next_table_ < tables_.size() || planning_ == 0;
  });
  if (stop.stop_requested()) return std::nullopt;
  if (!ready_.empty()) return next_copy();
  if (next_table_ == tables_.size()) return std::nullopt;
  return next_plan();
}

ExportSchedule::Copy ExportSchedule::next_copy() {
  Copy copy;
  std::int64_t bytes = 0;
  std::int64_t next = 0;
  do {
    // Of chunks of one size the first: both servers like neighbours.
    const auto largest = ready_.lower_bound(std::prev(ready_.end())->first);
    bytes += largest->first;
    copy.parts.push_back(std::move(largest->second));
    ready_.erase(largest);
    // 0: there is none, or it is of a size that nobody knows.
    next = ready_.empty() ? 0 : std::prev(ready_.end())->first;
  } while (next > 0 && bytes + next <= small_copy_bytes && copy.parts.size() < parts_of_a_copy);
  return copy;
}

ExportSchedule::Plan ExportSchedule::next_plan() {
  Plan plan;
  do {
    const TableRecord& record = tables_[next_table_++];
    plan.tables.push_back(&record);
    progress_[record.id] = {&record, true};
  } while (next_table_ < tables_.size() && plan.tables.size() < tables_of_a_plan &&
           plan.tables.front()->table.bytes <= small_table_bytes);
  planning_ += plan.tables.size();
  return plan;
}

void ExportSchedule::end_planning(TableProgress& table) {
  if (std::exchange(table.being_planned, false)) --planning_;
}

ExportSchedule::Progress ExportSchedule::planned(std::int64_t table_id,
                                                 const std::vector<ChunkRecord>& chunks) {
  MutexLock lock(mutex_);
  TableProgress& table = progress_.at(table_id);
  end_planning(table);
  for (const ChunkRecord& chunk : chunks) {
    if (chunk.state == ChunkState::exported) {
      table.rows += chunk.rows;
      continue;
    }
    ++table.unfinished;
    ready_.emplace(chunk.estimated_bytes, Part{table.record, chunk});
  }
  changed_.notify_all();
  return progress_of(table);
}

ExportSchedule::Progress ExportSchedule::copied(std::int64_t table_id, std::int64_t rows) {
  MutexLock lock(mutex_);
  TableProgress& table = progress_.at(table_id);
  --table.unfinished;
  table.rows += rows;
  return progress_of(table);
}

void ExportSchedule::given_up(std::int64_t table_id) {
  MutexLock lock(mutex_);
  TableProgress& table = progress_.at(table_id);
  end_planning(table);
  table.given_up = true;
  std::erase_if(ready_, [&](const auto& one) { return one.second.table == table.record; });
  changed_.notify_all();
}

ExportSchedule::Progress ExportSchedule::progress_of(const TableProgress& table) {
  return {table.rows, table.unfinished == 0 && !table.given_up};
}

}  // namespace voyager::snapshot
