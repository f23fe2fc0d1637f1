// SPDX-License-Identifier: Apache-2.0
#include "snapshot/import_snapshot.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <deque>
#include <limits>
#include <memory>
#include <optional>
#include <set>
#include <utility>

#include "base/backoff.hpp"
#include "base/bell.hpp"
#include "base/bounded_queue.hpp"
#include "base/failpoint.hpp"
#include "base/log.hpp"
#include "base/retry.hpp"
#include "base/text.hpp"
#include "base/worker_group.hpp"
#include "exportdir/wait_notice.hpp"
#include "snapshot/check_target.hpp"
#include "snapshot/chunk_file.hpp"
#include "snapshot/errors.hpp"
#include "snapshot/import_schedule.hpp"
#include "snapshot/name_list.hpp"

namespace voyager::snapshot {
namespace {

using engine::BatchId;
using engine::BulkLoader;
using exportdir::ChunkRecord;
using exportdir::MetaDb;
using exportdir::TableRecord;
using Task = ImportSchedule::Task;
using Tasks = std::vector<Task>;

// The bell wakes us; the time-outs are only for a ring that got lost with its process.
constexpr std::chrono::seconds longest_wait{10};
// The bell may ring for each chunk and each flush of the change log: reading the tables again for
// every one of them would keep a processor busy with thousands of tables.
constexpr std::chrono::milliseconds shortest_pause{100};

/// What the owner and the workers of one import share.
struct Shared {
  const exportdir::Layout& layout;
  MetaDb& meta;
  engine::TargetEngine& target;
  Status& status;
  ImportSchedule schedule;
  exportdir::WaitNotice notice;
  BoundedQueue<Tasks> queue;
  Bell bell;
  JobLimit jobs;
};

RetryRules rules_for(exportdir::WaitNotice& notice, std::unique_ptr<BulkLoader>& loader) {
  RetryRules rules;
  rules.reconnects = -1;
  rules.drop_connection = [&loader] { loader.reset(); };
  rules.waiting = [&notice](const Error& error, std::chrono::milliseconds next_try) {
    notice.waiting("snapshot import", error.line(), next_try);
  };
  return rules;
}

void show(Status& status, const ImportSchedule::Progress& progress) {
  status.progress(progress.table->name.display(), progress.rows, progress.total);
}

BatchId batch_of(const Task& task) {
  return {task.table->name, task.chunk.file, task.chunk.id};
}

/// One thread of the import, with its own connection to the target.
class ImportWorker {
 public:
  ImportWorker(Shared& shared, int number, std::stop_token stop)
      : shared_(shared), number_(number), stop_(std::move(stop)) {}

  void run() {
    const RetryRules rules = rules_for(shared_.notice, loader_);
    while (const auto tasks = next()) {
      if (!run_with_retries(rules, stop_, [&] { attempt(*tasks); })) return;
      shared_.notice.over();
      for (const Task& task : *tasks) show(shared_.status, shared_.schedule.loaded(task));
      if (shared_.schedule.in_flight() == 0) shared_.bell.ring();
    }
  }

 private:
  /// None at a stop. A worker too many has no connection; what it was handed goes to another.
  std::optional<Tasks> next() {
    while (true) {
      if (!shared_.jobs.allows(number_)) loader_.reset();
      if (!shared_.jobs.wait(number_, stop_)) return std::nullopt;
      std::optional<Tasks> tasks = shared_.queue.pop(stop_);
      if (!tasks || shared_.jobs.allows(number_)) return tasks;
      shared_.queue.push(*std::move(tasks), stop_);
    }
  }

  void attempt(const Tasks& tasks) {
    try {
      load(tasks);
    } catch (const Error& error) {
      const bool hopeless = error.action() == Action::give_up;
      if (hopeless && tasks.size() > 1) return attempt_one_by_one(tasks);
      if (hopeless && superseded(tasks.front().chunk)) return;
      throw error.within(load_of(tasks));
    }
  }

  void attempt_one_by_one(const Tasks& tasks) {
    for (const Task& task : tasks) attempt({task});
  }

  static std::string load_of(const Tasks& tasks) {
    const Task& first = tasks.front();
    const std::string more = fmt::format(" and {} more", tasks.size() - 1);
    return fmt::format("load of {} into {}{}", first.chunk.file, first.table->name.display(),
                       tasks.size() == 1 ? "" : more);
  }

  /// May be called again whatever happened the time before: the loader asks the ledger.
  void load(const Tasks& tasks) {
    if (loader_ == nullptr) loader_ = shared_.target.bulk_loader();
    VOYAGER_FAILPOINT("import.chunk.before_load");
    std::deque<ChunkFileReader> files;
    std::vector<engine::ChunkLoad> loads;
    for (const Task& task : tasks) {
      ChunkFileReader& file = files.emplace_back(
          shared_.layout.data() / task.chunk.file,
          ChunkFileRecord{static_cast<std::uint64_t>(task.chunk.bytes), task.chunk.checksum});
      loads.push_back({batch_of(task), task.table, task.format, [&](std::string& piece) {
                         if (stop_.stop_requested()) fail(snapshot_stopped, "stopped");
                         return file.next(piece);
                       }});
    }
    const std::vector<std::uint64_t> rows = loader_->load(loads);
    VOYAGER_FAILPOINT("import.chunk.after_load");
    for (std::size_t i = 0; i < tasks.size(); ++i) expect_all(tasks[i], rows[i]);
  }

  static void expect_all(const Task& task, std::uint64_t rows) {
    log::info("table {}: {} loaded, {} rows, {} bytes", task.table->name.display(), task.chunk.file,
              rows, task.chunk.bytes);
    if (rows != static_cast<std::uint64_t>(task.chunk.rows))
      fail(loaded_rows_differ,
           fmt::format("{} rows were exported, but the target took {}", task.chunk.rows, rows),
           "A rule or trigger on the target may drop rows: disable it and begin the import anew "
           "with "
           "--start-clean true --truncate-tables true");
  }

  /// The export began the table again meanwhile, and may have removed the file.
  bool superseded(const ChunkRecord& chunk) {
    const std::vector<ChunkRecord> now = shared_.meta.chunks_of(chunk.table_id);
    return std::none_of(now.begin(), now.end(),
                        [&](const ChunkRecord& other) { return other.id == chunk.id; });
  }

  Shared& shared_;
  const int number_;
  const std::stop_token stop_;
  std::unique_ptr<BulkLoader> loader_;
};

/// The owner's side: watches the export directory and hands chunks to the workers.
class ImportOwner {
 public:
  ImportOwner(Shared& shared, const ImportOptions& options, std::set<BatchId> loaded,
              std::stop_token stop)
      : shared_(shared), options_(options), loaded_(std::move(loaded)), stop_(std::move(stop)) {}

  /// True when all is loaded; false when stopped, by the user or by a worker's error.
  bool run() {
    std::vector<TableRecord> tables;
    while (!stop_.stop_requested()) {
      // Tables first: then an exported table has all its chunks in the list.
      shared_.meta.refresh(tables);
      const ImportSchedule::Step step = shared_.schedule.look(tables, shared_.meta.chunks());
      for (const auto& ended : step.ended) show(shared_.status, ended);
      if (step.complete) return true;
      const bool news = pass_over_loaded(step.load);
      if (begin_tables(step) || news) continue;
      wait();
    }
    return false;
  }

 private:
  /// Whether any was loaded by an earlier run; the others are handed out.
  bool pass_over_loaded(const std::vector<Task>& tasks) {
    bool passed = false;
    Tasks missing;
    for (const Task& task : tasks) {
      if (loaded_.contains(batch_of(task))) {
        show(shared_.status, shared_.schedule.loaded(task));
        passed = true;
      } else {
        missing.push_back(task);
      }
    }
    const auto workers = static_cast<std::size_t>(shared_.jobs.most());
    for (Tasks& share : share_out(std::move(missing), workers))
      shared_.queue.push(std::move(share), stop_);
    return passed;
  }

  bool begin_tables(const ImportSchedule::Step& step) {
    begin(step.begin);
    for (const TableRecord& record : step.discard) {
      if (!discard(record)) return false;
      begin({record});
    }
    return !step.begin.empty() || !step.discard.empty();
  }

  /// Recorded before the first chunk, so that rows of a generation are never on the target
  /// unrecorded.
  void begin(const std::vector<TableRecord>& records) {
    if (records.empty()) return;
    std::vector<std::pair<std::string, std::string>> generations;
    generations.reserve(records.size());
    for (const TableRecord& record : records)
      generations.emplace_back(generation_setting(options_.role, record.id),
                               std::to_string(record.generation));
    shared_.meta.set_settings(generations);
    VOYAGER_FAILPOINT("import.table.begun");
    for (const TableRecord& record : records) shared_.schedule.begun(record);
  }

  bool discard(const TableRecord& record) {
    const std::string table = record.table.name.display();
    shared_.status.line(
        fmt::format("table {} was exported anew: its rows on the target are discarded", table));
    std::unique_ptr<BulkLoader> loader;
    const bool done = run_with_retries(rules_for(shared_.notice, loader), stop_, [&] {
      if (loader == nullptr) loader = shared_.target.bulk_loader();
      loader->discard(record.table.name);
    });
    std::erase_if(loaded_, [&](const BatchId& one) { return one.table == record.table.name; });
    if (done) shared_.notice.over();
    return done;
  }

  void wait() {
    shared_.bell.wait(longest_wait, stop_);
    wait_unless_stopped(shortest_pause, stop_);
  }

  Shared& shared_;
  const ImportOptions& options_;
  std::set<BatchId> loaded_;  ///< by earlier runs
  const std::stop_token stop_;
};

/// An import from the beginning needs every change again. That is told to archive changes before it
/// is looked what is gone already, so that nothing goes in between.
void claim_all_changes(MetaDb& meta, const std::string& role) {
  for (const exportdir::ConsumerRecord& consumer : meta.consumers()) {
    if (consumer.role == role) meta.put_consumer({role, 0, 0, unix_micros_now()});
  }
  const auto segments = meta.segments();
  if (std::any_of(segments.begin(), segments.end(),
                  [](const auto& segment) { return segment.deleted && !segment.archived; }))
    fail(changes_deleted,
         "archive changes has deleted changes that an import from the beginning would need",
         "Run the command without --start-clean, or begin the migration anew with export data "
         "--start-clean true");
}

/// Ledger before settings: rows that the ledger counts always have a recorded generation.
void forget_progress(MetaDb& meta, engine::TargetEngine& target, const ImportOptions& options,
                     Status& status) {
  claim_all_changes(meta, options.role);
  const std::vector<TableRecord> tables = meta.tables();
  if (options.truncate_tables) {
    const auto loader = target.bulk_loader();
    for (const TableRecord& record : tables) {
      loader->discard(record.table.name);
      VOYAGER_FAILPOINT("start_clean.table_emptied");
    }
  } else {
    confirm_tables_with_rows(tables, target, status);
  }
  target.ledger()->remove();
  target.prepare_ledger();
  VOYAGER_FAILPOINT("start_clean.ledger_emptied");
  for (const TableRecord& record : tables)
    meta.remove_setting(generation_setting(options.role, record.id));
  meta.remove_setting(snapshot_loaded_setting(options.role));
  log::info("import begins anew: {} tables{}", tables.size(),
            options.truncate_tables ? ", truncated" : "");
}

std::set<BatchId> batches_on(engine::TargetEngine& target) {
  const std::vector<BatchId> batches = target.ledger()->loaded_batches();
  return {batches.begin(), batches.end()};
}

/// What earlier runs have loaded; none at a stop.
std::optional<std::set<BatchId>> prepare(Shared& shared, const ImportOptions& options,
                                         const std::stop_token& stop) {
  std::unique_ptr<BulkLoader> no_loader;
  const RetryRules rules = rules_for(shared.notice, no_loader);
  std::set<BatchId> loaded;
  const bool ready = run_with_retries(rules, stop, [&] {
    if (options.start_clean)
      forget_progress(shared.meta, shared.target, options, shared.status);
    else
      check_ledger(shared.meta, shared.target, options.role);
    loaded = batches_on(shared.target);
  });
  if (!ready) return std::nullopt;
  shared.notice.over();
  return loaded;
}

bool load_all(Shared& shared, const ImportOptions& options, std::set<BatchId> loaded,
              const std::stop_token& stop) {
  WorkerGroup workers;
  const std::stop_callback pass_stop_on(stop, [&workers] { workers.stop(); });
  workers.start(static_cast<std::size_t>(shared.jobs.most()),
                [&shared](std::size_t number, const std::stop_token& worker_stop) {
                  ImportWorker(shared, static_cast<int>(number), worker_stop).run();
                });
  const bool complete = ImportOwner(shared, options, std::move(loaded), workers.token()).run();
  workers.stop();  // nothing is being loaded any more, but they wait for more
  workers.wait();
  return complete;
}

}  // namespace

std::string snapshot_loaded_setting(std::string_view role) {
  return std::string(role) + ".snapshot_loaded";
}

bool import_snapshot(const exportdir::Layout& layout, MetaDb& meta, engine::TargetEngine& target,
                     const ImportOptions& options, Status& status, const std::stop_token& stop) {
  // The queue holds what the owner found, not rows: its size needs no bound.
  Shared shared{layout,
                meta,
                target,
                status,
                {},
                {meta, options.role, status},
                BoundedQueue<Tasks>(std::numeric_limits<std::size_t>::max()),
                Bell(layout.bell()),
                options.parallel_jobs};
  std::optional<std::set<BatchId>> loaded = prepare(shared, options, stop);
  if (!loaded) return false;
  shared.schedule.resume(begun_generations(meta, options.role));
  if (!load_all(shared, options, *std::move(loaded), stop)) return false;
  meta.set_setting(snapshot_loaded_setting(options.role), "true");
  VOYAGER_FAILPOINT("import.snapshot_loaded");
  return true;
}

}  // namespace voyager::snapshot
