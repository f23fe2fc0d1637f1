// SPDX-License-Identifier: Apache-2.0
#include "snapshot/export_snapshot.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <variant>

#include "base/failpoint.hpp"
#include "base/log.hpp"
#include "base/retry.hpp"
#include "base/worker_group.hpp"
#include "exportdir/wait_notice.hpp"
#include "model/roles.hpp"
#include "snapshot/chunk_file.hpp"
#include "snapshot/errors.hpp"
#include "snapshot/export_schedule.hpp"
#include "snapshot/import_snapshot.hpp"

namespace voyager::snapshot {
namespace {

using engine::ChunkPlan;
using engine::SnapshotReader;
using exportdir::ChunkRecord;
using exportdir::MetaDb;
using exportdir::TableRecord;
using exportdir::TableState;

/// What all workers of one export share.
struct Shared {
  const exportdir::Layout& layout;
  MetaDb& meta;
  engine::SourceEngine& source;
  const engine::SnapshotHolder& holder;
  const ExportOptions& options;
  Status& status;
  ExportSchedule schedule;
  exportdir::WaitNotice notice;
  Mutex steps;  // held while a step is counted and shown, so that a bar never goes back
  std::set<QualifiedName> rewritten GUARDED_BY(steps);
};

/// Thrown by snapshot_reader() and its methods when the holder's transaction is gone: no new
/// connection can bring that back.
constexpr ErrorCode snapshot_lost{3203};

std::vector<TableRecord> not_exported(const MetaDb& meta) {
  std::vector<TableRecord> tables = meta.tables();
  tables.erase(std::remove_if(
                   tables.begin(), tables.end(),
                   [](const TableRecord& record) { return record.state == TableState::exported; }),
               tables.end());
  return tables;
}

/// The estimate is the server's and may be below the truth; only a finished table may show as
/// complete.
void show_progress(Shared& shared, const TableRecord& record,
                   const ExportSchedule::Progress& progress) {
  const auto rows = static_cast<std::uint64_t>(progress.rows);
  const auto estimate =
      static_cast<std::uint64_t>(std::max<std::int64_t>(0, record.table.estimated_rows));
  const std::uint64_t total = progress.table_done ? rows : std::max(estimate, rows + 1);
  shared.status.progress(record.table.name.display(), rows, total);
}

/// One thread of the export, with its own connection in the shared snapshot.
class ExportWorker {
 public:
  ExportWorker(Shared& shared, std::stop_token stop) : shared_(shared), stop_(std::move(stop)) {}

  void run() {
    rules_.drop_connection = [this] { reader_.reset(); };
    rules_.waiting = [this](const Error& error, std::chrono::milliseconds next_try) {
      shared_.notice.waiting("snapshot export", error.line(), next_try);
    };
    while (const auto task = shared_.schedule.next(stop_)) {
      if (!std::visit([this](const auto& one) { return carry_out(one); }, *task)) return;
      shared_.notice.over();
    }
  }

 private:
  /// False: stopped before it was done.
  bool carry_out(const ExportSchedule::Plan& task) {
    std::vector<const TableRecord*> unplanned;
    for (const TableRecord* record : task.tables) {
      const std::vector<ChunkRecord> chunks = planned_before(*record);
      if (chunks.empty())
        unplanned.push_back(record);
      else
        hand_out(*record, chunks);
    }
    return unplanned.empty() || plan(unplanned);
  }

  bool carry_out(const ExportSchedule::Copy& task) {
    std::vector<SnapshotReader::Copied> copied;
    const auto copy_them = [&] { copied = copy(task.parts); };
    if (!in_snapshot(export_of(tables_of(task)), copy_them)) return false;
    for (std::size_t i = 0; i < copied.size(); ++i)
      if (copied[i].rewritten) give_up(*task.parts[i].table, *copied[i].rewritten);
    MutexLock lock(shared_.steps);
    std::vector<Step> steps;
    for (std::size_t i = 0; i < copied.size(); ++i) {
      if (copied[i].rewritten) continue;
      const TableRecord& table = *task.parts[i].table;
      const auto rows = static_cast<std::int64_t>(copied[i].rows);
      steps.push_back({&table, shared_.schedule.copied(table.id, rows), TableState::exporting});
    }
    show(steps);
    return true;
  }

  static std::vector<const TableRecord*> tables_of(const ExportSchedule::Copy& task) {
    std::vector<const TableRecord*> tables;
    for (const ExportSchedule::Part& part : task.parts)
      if (std::find(tables.begin(), tables.end(), part.table) == tables.end())
        tables.push_back(part.table);
    return tables;
  }

  static std::string export_of(const TableRecord& record) {
    return "export of table " + record.table.name.display();
  }

  static std::string export_of(const std::vector<const TableRecord*>& records) {
    const std::string first = export_of(*records.front());
    return records.size() == 1 ? first : fmt::format("{} and {} more", first, records.size() - 1);
  }

  bool in_snapshot(const std::string& doing, const std::function<void()>& work) {
    return run_with_retries(rules_, stop_, [&] {
      try {
        if (reader_ == nullptr) reader_ = shared_.source.snapshot_reader(shared_.holder.id());
        work();
      } catch (const Error& error) {
        const Error named = error.within(doing);
        if (error.code() == snapshot_lost)
          throw Error(snapshot_lost, Action::give_up, named.what(), named.remedy());
        throw named;
      }
    });
  }

  /// The chunks of an earlier run are kept.
  std::vector<ChunkRecord> planned_before(const TableRecord& record) {
    if (record.state == TableState::pending) return {};
    std::vector<ChunkRecord> chunks = shared_.meta.chunks_of(record.id);
    if (!chunks.empty() && record.snapshot_position != shared_.holder.position()) {
      fail(begun_in_other_snapshot,
           export_of(record) + ": a part of it was exported in an earlier snapshot",
           "Begin anew with --start-clean true");
    }
    return chunks;
  }

  bool plan(const std::vector<const TableRecord*>& records) {
    std::vector<const Table*> tables;
    tables.reserve(records.size());
    for (const TableRecord* record : records) tables.push_back(&record->table);
    std::vector<engine::TablePlan> plans;
    const auto plan_them = [&] {
      if (plans.empty()) {  // else the try before this one has recorded them
        auto made = reader_->plan(tables, shared_.options.chunk_bytes);
        begin(records, made);
        plans = std::move(made);
      }
      VOYAGER_FAILPOINT("snapshot.table.planned");
    };
    if (!in_snapshot(export_of(records), plan_them)) return false;
    for (std::size_t i = 0; i < records.size(); ++i) {
      const TableRecord& record = *records[i];
      if (plans[i].rewritten) {
        give_up(record, *plans[i].rewritten);
        continue;
      }
      log::info("table {}: {} chunks planned", record.table.name.display(), plans[i].chunks.size());
      hand_out(record, plans[i].chunks.empty() ? std::vector<ChunkRecord>()
                                               : shared_.meta.chunks_of(record.id));
    }
    return true;
  }

  void begin(const std::vector<const TableRecord*>& records,
             const std::vector<engine::TablePlan>& plans) {
    std::map<std::int64_t, std::vector<ChunkRecord>> begun;
    for (std::size_t i = 0; i < records.size(); ++i) {
      if (plans[i].rewritten) continue;
      std::vector<ChunkRecord>& chunks = begun[records[i]->id];
      for (const ChunkPlan& part : plans[i].chunks) {
        ChunkRecord& chunk = chunks.emplace_back();
        chunk.table_id = records[i]->id;
        chunk.generation = records[i]->generation;
        chunk.leaf = part.leaf;
        chunk.range = part.range;
        chunk.estimated_bytes = part.estimated_bytes;
      }
    }
    shared_.meta.begin_tables(begun, shared_.holder.position());
  }

  std::vector<SnapshotReader::Copied> copy(const std::vector<ExportSchedule::Part>& parts) {
    std::deque<ChunkFileWriter> files;
    std::vector<engine::ChunkRead> reads;
    for (const auto& [table, chunk] : parts) {
      ChunkFileWriter& file = files.emplace_back(shared_.layout.data() / chunk.file);
      reads.push_back({&table->table,
                       {chunk.leaf, chunk.range, chunk.estimated_bytes},
                       table->format,
                       [&](std::string_view piece) {
                         if (stop_.stop_requested()) fail(snapshot_stopped, "stopped");
                         file.write(piece);
                       }});
    }
    std::vector<SnapshotReader::Copied> copied = reader_->read(reads);
    publish(parts, copied, files);
    return copied;
  }

  void publish(const std::vector<ExportSchedule::Part>& parts,
               const std::vector<SnapshotReader::Copied>& copied,
               std::deque<ChunkFileWriter>& files) {
    for (ChunkFileWriter& file : files) file.drain();
    std::map<std::int64_t, MetaDb::ChunkContent> contents;
    for (std::size_t i = 0; i < parts.size(); ++i) {
      if (copied[i].rewritten) continue;
      files[i].publish();
      contents[parts[i].chunk.id] = {static_cast<std::int64_t>(copied[i].rows),
                                     static_cast<std::int64_t>(files[i].bytes()),
                                     files[i].checksum()};
    }
    if (contents.empty()) return;
    sync_directory(shared_.layout.data());
    shared_.meta.set_chunks_exported(contents);
    VOYAGER_FAILPOINT("snapshot.chunk.after_record");
    for (std::size_t i = 0; i < parts.size(); ++i) {
      if (copied[i].rewritten) continue;
      log::info("table {}: {} has {} rows, {} bytes", parts[i].table->table.name.display(),
                parts[i].chunk.file, copied[i].rows, files[i].bytes());
    }
  }

  void give_up(const TableRecord& record, const Error& error) {
    log::warn("{}", error.within(export_of(record)).line());
    shared_.schedule.given_up(record.id);
    MutexLock lock(shared_.steps);
    shared_.rewritten.insert(record.table.name);
  }

  void hand_out(const TableRecord& record, const std::vector<ChunkRecord>& chunks) {
    MutexLock lock(shared_.steps);
    show({{&record, shared_.schedule.planned(record.id, chunks),
           chunks.empty() ? TableState::exported : TableState::exporting}});
  }

  struct Step {
    const TableRecord* table = nullptr;
    ExportSchedule::Progress progress;
    TableState recorded = TableState::exporting;
  };

  void show(const std::vector<Step>& steps) VOYAGER_TSA(requires_capability(shared_.steps)) {
    std::vector<std::int64_t> done;
    for (const Step& step : steps)
      if (step.progress.table_done && step.recorded != TableState::exported)
        done.push_back(step.table->id);
    if (!done.empty()) shared_.meta.set_tables_exported(done);
    for (const Step& step : steps) {
      if (step.progress.table_done) {
        VOYAGER_FAILPOINT("snapshot.table.exported");
        log::info("table {}: exported, {} rows", step.table->table.name.display(),
                  step.progress.rows);
      }
      show_progress(shared_, *step.table, step.progress);
    }
  }

  Shared& shared_;
  const std::stop_token stop_;
  RetryRules rules_;
  std::unique_ptr<SnapshotReader> reader_;
};

bool any_importer_has_all(const MetaDb& meta) {
  const std::array importers{roles::target_db_importer, roles::source_replica_db_importer};
  return std::any_of(importers.begin(), importers.end(), [&](std::string_view role) {
    return meta.setting(snapshot_loaded_setting(role)).has_value();
  });
}

bool is_whole(const exportdir::Layout& layout, const std::vector<ChunkRecord>& chunks) {
  return std::all_of(chunks.begin(), chunks.end(), [&](const ChunkRecord& chunk) {
    return chunk.state != exportdir::ChunkState::exported ||
           chunk_file_is_there(layout.data() / chunk.file, static_cast<std::uint64_t>(chunk.bytes));
  });
}

void remove_leftovers(const exportdir::Layout& layout, const MetaDb& meta) {
  std::vector<std::string> used;
  for (const ChunkRecord& chunk : meta.chunks()) used.push_back(chunk.file);
  remove_stale_chunk_files(layout.data(), used);
}

}  // namespace

std::vector<QualifiedName> reopen_damaged_tables(const exportdir::Layout& layout, MetaDb& meta) {
  remove_leftovers(layout, meta);
  std::vector<QualifiedName> reopened;
  if (any_importer_has_all(meta)) return reopened;
  for (const TableRecord& record : meta.tables()) {
    if (record.state != TableState::exported || is_whole(layout, meta.chunks_of(record.id)))
      continue;
    meta.set_table_state(record.id, TableState::exporting);
    reopened.push_back(record.table.name);
  }
  return reopened;
}

std::vector<QualifiedName> export_snapshot(const exportdir::Layout& layout, MetaDb& meta,
                                           engine::SourceEngine& source,
                                           const engine::SnapshotHolder& holder,
                                           const ExportOptions& options, Status& status,
                                           const std::stop_token& stop) {
  std::vector<TableRecord> tables = not_exported(meta);
  log::info("snapshot export: {} tables left, {} workers", tables.size(), options.parallel_jobs);
  Shared shared{layout,
                meta,
                source,
                holder,
                options,
                status,
                ExportSchedule(std::move(tables)),
                {meta, std::string(roles::source_db_exporter), status},
                {},
                {}};
  WorkerGroup workers;
  const std::stop_callback pass_stop_on(stop, [&workers] { workers.stop(); });
  workers.start(static_cast<std::size_t>(std::max(1, options.parallel_jobs)),
                [&shared](std::size_t, const std::stop_token& worker_stop) {
                  ExportWorker(shared, worker_stop).run();
                });
  workers.wait();
  if (snapshot_exported(meta)) remove_leftovers(layout, meta);
  MutexLock lock(shared.steps);
  return {shared.rewritten.begin(), shared.rewritten.end()};
}

}  // namespace voyager::snapshot
