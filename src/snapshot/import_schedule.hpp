// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <set>
#include <vector>

#include "base/mutex.hpp"
#include "exportdir/meta_db.hpp"

namespace voyager::snapshot {

/// Decides, from what the export directory says at a moment, what an import has to do next.
///
/// A table is begun (its generation recorded) when it has a chunk to load, and before that is
/// loaded; a table whose generation grew since is emptied first, and that only while none of its
/// chunks is being loaded. Threads: resume(), look() and begun() from the owner; loaded() from any.
class ImportSchedule {
 public:
  struct Task {
    const Table* table = nullptr;  ///< lives as long as the schedule
    ChunkFormat format = ChunkFormat::csv;
    exportdir::ChunkRecord chunk;
  };
  struct Progress {
    const Table* table = nullptr;
    std::uint64_t rows = 0;
    std::uint64_t total = 0;  ///< an estimate, above rows, until the table is loaded
  };
  struct Step {
    std::vector<exportdir::TableRecord> begin;  ///< to be recorded with begun(), then look() again
    std::vector<exportdir::TableRecord> discard;  ///< to be emptied first, then the same
    std::vector<Task> load;                       ///< largest first; each is handed out once
    std::vector<Progress> ended;                  ///< tables that are now loaded; each once
    bool complete = false;                        ///< everything is exported and loaded
  };

  /// Before the first look(): the generations of tables that were begun in earlier runs, by table
  /// id.
  void resume(std::map<std::int64_t, std::int64_t> generations);
  /// `tables` must have been read before `chunks`: then a table that is exported has all its
  /// chunks.
  Step look(const std::vector<exportdir::TableRecord>& tables,
            const std::vector<exportdir::ChunkRecord>& chunks);
  void begun(const exportdir::TableRecord& table);
  /// The chunk is on the target, or is not wanted any more. Tells how far its table is.
  Progress loaded(const Task& task);
  /// Chunks handed out and not loaded yet.
  std::size_t in_flight();

 private:
  struct State {
    Table table;
    std::int64_t generation = 0;  // 0: not begun
    std::set<std::int64_t> taken;
    std::size_t in_flight = 0;
    std::int64_t rows_loaded = 0;
    std::int64_t rows_exported = 0;
    bool ended = false;
  };
  static Progress progress_of(const State& state);

  using ChunksByTable = std::map<std::int64_t, std::vector<const exportdir::ChunkRecord*>>;
  static std::vector<const exportdir::ChunkRecord*> of_generation(
      const exportdir::TableRecord& record, const ChunksByTable& chunks);
  void take(const exportdir::TableRecord& record, const ChunksByTable& chunks, State& state,
            Step& step) VOYAGER_TSA(requires_capability(mutex_));

  Mutex mutex_;
  std::map<std::int64_t, std::int64_t> generations_ GUARDED_BY(mutex_);
  std::map<std::int64_t, State> states_ GUARDED_BY(mutex_);  // nodes stay where they are
  std::size_t in_flight_ GUARDED_BY(mutex_) = 0;             // of all states
};

/// What is loaded at once: a large chunk alone, small ones together, so that each of the workers
/// gets some. In the order of `tasks`.
std::vector<std::vector<ImportSchedule::Task>> share_out(std::vector<ImportSchedule::Task> tasks,
                                                         std::size_t workers);

}  // namespace voyager::snapshot
