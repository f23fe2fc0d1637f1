// SPDX-License-Identifier: Apache-2.0
#include "snapshot/import_schedule.hpp"

#include <algorithm>
#include <utility>

namespace voyager::snapshot {
namespace {

/// A transaction that loads small chunks has so much at most. Each has a file open meanwhile, and
/// the locks on its table's relations stay to the end.
constexpr std::size_t chunks_together = 50;
constexpr std::int64_t bytes_together = 1 << 20;
constexpr std::int64_t small_chunk_bytes = 256 << 10;

}  // namespace

using exportdir::ChunkRecord;
using exportdir::ChunkState;
using exportdir::TableRecord;
using exportdir::TableState;

void ImportSchedule::resume(std::map<std::int64_t, std::int64_t> generations) {
  MutexLock lock(mutex_);
  generations_ = std::move(generations);
}

std::vector<const ChunkRecord*> ImportSchedule::of_generation(const TableRecord& record,
                                                              const ChunksByTable& chunks) {
  std::vector<const ChunkRecord*> ready;
  const auto found = chunks.find(record.id);
  if (found == chunks.end()) return ready;
  for (const ChunkRecord* chunk : found->second)
    if (chunk->generation == record.generation) ready.push_back(chunk);
  return ready;
}

ImportSchedule::Step ImportSchedule::look(const std::vector<TableRecord>& tables,
                                          const std::vector<ChunkRecord>& chunks) {
  ChunksByTable by_table;
  for (const ChunkRecord& chunk : chunks)
    if (chunk.state == ChunkState::exported) by_table[chunk.table_id].push_back(&chunk);
  Step step;
  step.complete = !tables.empty();
  MutexLock lock(mutex_);
  for (const TableRecord& record : tables) {
    State& state = states_[record.id];
    if (state.table.name.name.empty()) state.table = record.table;
    if (const auto known = generations_.find(record.id); known != generations_.end())
      state.generation = known->second;
    take(record, by_table, state, step);
    step.complete = step.complete && state.ended;
  }
  std::stable_sort(step.load.begin(), step.load.end(),
                   [](const Task& a, const Task& b) { return a.chunk.bytes > b.chunk.bytes; });
  return step;
}

void ImportSchedule::take(const TableRecord& record, const ChunksByTable& chunks, State& state,
                          Step& step) {
  const std::vector<const ChunkRecord*> ready = of_generation(record, chunks);
  const bool begun = state.generation != 0;
  if (!begun && !ready.empty()) return step.begin.push_back(record);
  if (begun && state.generation < record.generation) {
    if (state.in_flight == 0) step.discard.push_back(record);
    return;
  }
  state.rows_exported = 0;
  for (const ChunkRecord* chunk : ready) {
    state.rows_exported += chunk->rows;
    if (!state.taken.insert(chunk->id).second) continue;
    ++state.in_flight;
    ++in_flight_;
    step.load.push_back({&state.table, record.format, *chunk});
  }
  if (record.state != TableState::exported || state.in_flight != 0 || state.ended) return;
  state.ended = true;
  step.ended.push_back(progress_of(state));
}

void ImportSchedule::begun(const TableRecord& table) {
  MutexLock lock(mutex_);
  generations_[table.id] = table.generation;
  State& state = states_[table.id];
  state.taken.clear();
  state.rows_loaded = 0;
  state.ended = false;
}

ImportSchedule::Progress ImportSchedule::loaded(const Task& task) {
  MutexLock lock(mutex_);
  State& state = states_.at(task.chunk.table_id);
  --state.in_flight;
  --in_flight_;
  state.rows_loaded += task.chunk.rows;
  return progress_of(state);
}

std::size_t ImportSchedule::in_flight() {
  MutexLock lock(mutex_);
  return in_flight_;
}

ImportSchedule::Progress ImportSchedule::progress_of(const State& state) {
  Progress progress;
  progress.table = &state.table;
  progress.rows = static_cast<std::uint64_t>(state.rows_loaded);
  const std::int64_t expected =
      std::max({state.table.estimated_rows, state.rows_exported, state.rows_loaded + 1});
  progress.total = state.ended ? progress.rows : static_cast<std::uint64_t>(expected);
  return progress;
}

std::vector<std::vector<ImportSchedule::Task>> share_out(std::vector<ImportSchedule::Task> tasks,
                                                         std::size_t workers) {
  const auto is_small = [](const ImportSchedule::Task& task) {
    return task.chunk.bytes <= small_chunk_bytes;
  };
  const auto small = static_cast<std::size_t>(std::count_if(tasks.begin(), tasks.end(), is_small));
  const std::size_t most = std::clamp<std::size_t>(small / workers, 1, chunks_together);
  std::vector<std::vector<ImportSchedule::Task>> shares;
  std::int64_t room = 0;
  for (ImportSchedule::Task& task : tasks) {
    const std::int64_t bytes = task.chunk.bytes;
    const bool joins = is_small(task) && bytes <= room && shares.back().size() < most;
    if (!joins) {
      shares.emplace_back();
      room = is_small(task) ? bytes_together : 0;
    }
    room -= bytes;
    shares.back().push_back(std::move(task));
  }
  return shares;
}

}  // namespace voyager::snapshot
