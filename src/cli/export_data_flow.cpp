// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <atomic>
#include <functional>
#include <utility>

#include "base/error.hpp"
#include "base/failpoint.hpp"
#include "base/log.hpp"
#include "base/text.hpp"
#include "base/worker_group.hpp"
#include "changes/source_history.hpp"
#include "cli/capture_side.hpp"
#include "cli/flows.hpp"
#include "cli/settings.hpp"
#include "cli/sides.hpp"
#include "cli/way_back.hpp"
#include "cutover/records.hpp"
#include "exportdir/lock.hpp"
#include "exportdir/meta_db.hpp"
#include "model/roles.hpp"

namespace voyager::cli {
namespace {

using cutover::CutoverState;

constexpr ErrorCode other_export_type{5010};
constexpr ErrorCode preflight_failed{5011};
constexpr ErrorCode slot_lost{5012};
constexpr ErrorCode table_rewritten{3210};

/// The first round of `export data from source`: the snapshot, and its changes up to the cutover.
class SourceExport {
 public:
  SourceExport(const Flow& flow, const ExportDataRequest& request, engine::SourceEngine& source)
      : request_(request),
        flow_(flow),
        meta_(flow.meta),
        status_(flow.status),
        source_(source),
        names_(source_capture_names(flow.meta.migration_uuid())),
        journal_(flow.meta, cutover::Direction::to_target, 1),
        capture_(source.capture_control()) {}

  void start_clean();
  void freeze();
  void snapshot_only(const std::stop_token& stop);
  /// True when the cutover is complete.
  bool with_changes(const std::stop_token& stop);

 private:
  std::unique_ptr<engine::SnapshotHolder> begin_capture(const std::stop_token& stop);
  std::unique_ptr<engine::SnapshotHolder> resume_capture();
  std::unique_ptr<engine::SnapshotHolder> renew_snapshot();
  void reopen_damaged_tables();
  void restart_tables(const engine::SnapshotHolder& holder,
                      const std::function<bool(const exportdir::TableRecord&)>& which);
  void copy_snapshot(std::unique_ptr<engine::SnapshotHolder> holder, const std::stop_token& stop);
  bool snapshot_and_stream(CaptureSide& side, std::unique_ptr<engine::SnapshotHolder> holder,
                           const std::stop_token& stop);
  CaptureSide side() const;

  const ExportDataRequest& request_;
  const Flow& flow_;
  exportdir::MetaDb& meta_;
  Status& status_;
  engine::SourceEngine& source_;
  engine::CaptureNames names_;
  cutover::Journal journal_;
  std::unique_ptr<engine::CaptureControl> capture_;
};

CaptureSide SourceExport::side() const {
  return {
      flow_,
      {source_, names_, migrating_tables(meta_), request_.source.schemas, settings::source_changes},
      cutover::Direction::to_target,
      1};
}

void SourceExport::start_clean() {
  if (meta_.tables().empty()) return;
  if (journal_.state() != CutoverState::not_initiated) {
    fail(other_export_type, "a cutover of this migration was initiated: it can't begin anew",
         "Run end migration, then start a new one");
  }
  if (!status_.confirm(
          "Data is already exported. Are you sure you want to clean the data directory "
          "and start afresh?"))
    fail(other_export_type, "stopped: the data directory was not cleaned");
  capture_->drop(names_, flow_.waiting("removing the replication slot", roles::source_db_exporter));
  restore_identities(meta_, *capture_, settings::source_changes);
  VOYAGER_FAILPOINT("start_clean.source_cleaned");
  // Files first: a change log that meta.db does not know would be refused as newer than it. The
  // tables last: while they are there, a run after a kill begins here once more.
  std::filesystem::remove_all(request_.layout.data());
  request_.layout.create();
  VOYAGER_FAILPOINT("start_clean.files_removed");
  meta_.remove_setting(settings::capture_created);
  meta_.remove_setting(settings::export_type);
  VOYAGER_FAILPOINT("start_clean.settings_removed");
  meta_.clear_data();
}

void SourceExport::freeze() {
  const std::string type = request_.with_changes ? "snapshot-and-changes" : "snapshot-only";
  const auto recorded = meta_.setting(settings::export_type);
  if (recorded && *recorded != type) {
    fail(other_export_type,
         fmt::format("this migration was begun with --export-type {}, not {}", *recorded, type),
         "Use the same type, or --start-clean true");
  }
  const auto catalog = source_.catalog();
  const std::vector<Table> selected =
      snapshot::select_tables(catalog->tables(request_.source.schemas), request_.selection);
  if (request_.with_changes && request_.run_guardrails &&
      !meta_.setting(settings::capture_created)) {
    const std::vector<std::string> problems = capture_->preflight(selected);
    for (const std::string& problem : problems) status_.warning(problem);
    if (!problems.empty()) {
      fail(preflight_failed,
           fmt::format("the source is not ready for change capture: {}", problems.front()),
           problems.size() > 1
               ? fmt::format("{} more problems are listed above", problems.size() - 1)
               : "");
    }
  }
  const auto records = snapshot::freeze_tables(meta_, selected, request_.format);
  meta_.set_setting(settings::export_type, type);
  std::vector<std::string> names;
  names.reserve(records.size());
  for (const auto& record : records) names.push_back(record.table.name.display());
  status_.line(fmt::format("num tables to export: {}", names.size()));
  status_.line(fmt::format("table list for data export: [{}]", join(names, " ")));
}

void SourceExport::reopen_damaged_tables() {
  for (const QualifiedName& table : snapshot::reopen_damaged_tables(request_.layout, meta_))
    status_.warning(
        fmt::format("{}: a file of its exported rows is gone or was cut; the table is "
                    "exported again",
                    table.display()));
}

/// All at once: each by itself would cost a sync.
void SourceExport::restart_tables(const engine::SnapshotHolder& holder,
                                  const std::function<bool(const exportdir::TableRecord&)>& which) {
  std::vector<std::int64_t> chosen;
  for (const auto& record : meta_.tables()) {
    if (which(record)) chosen.push_back(record.id);
  }
  meta_.restart_tables(chosen, holder.position());
}

void SourceExport::snapshot_only(const std::stop_token& stop) {
  reopen_damaged_tables();
  if (snapshot::snapshot_exported(meta_)) {
    status_.line("The snapshot is exported already.");
    return;
  }
  auto holder = source_.hold_snapshot();
  restart_tables(*holder, [](const exportdir::TableRecord& record) {
    return record.state == exportdir::TableState::exporting;
  });
  copy_snapshot(std::move(holder), stop);
  if (!snapshot::snapshot_exported(meta_)) return;
  // After the rows: a sequence may be ahead of its column's values, never behind.
  meta_.set_setting(settings::snapshot_sequences,
                    cutover::to_json(source_.catalog()->sequences(request_.source.schemas)));
}

/// With changes, a table that was rewritten under the snapshot gets a later one of its own, as
/// after a crash; without, there is one point for all tables.
void SourceExport::copy_snapshot(std::unique_ptr<engine::SnapshotHolder> holder,
                                 const std::stop_token& stop) {
  snapshot::ExportOptions options;
  options.parallel_jobs = request_.parallel_jobs;
  while (true) {
    const std::vector<QualifiedName> rewritten =
        snapshot::export_snapshot(request_.layout, meta_, source_, *holder, options, status_, stop);
    if (rewritten.empty() || stop.stop_requested()) break;
    if (!request_.with_changes) {
      fail(table_rewritten,
           fmt::format("table {} was emptied or written anew (TRUNCATE, VACUUM FULL, CLUSTER or "
                       "ALTER TABLE) before its rows were copied",
                       rewritten.front().display()),
           "Run the same command again: tables that are not complete are copied again");
    }
    holder = renew_snapshot();
  }
  if (snapshot::snapshot_exported(meta_)) status_.line("snapshot export is complete");
}

std::unique_ptr<engine::SnapshotHolder> SourceExport::begin_capture(const std::stop_token& stop) {
  prepare_identities(flow_, *capture_, migrating_tables(meta_), settings::source_changes);
  VOYAGER_FAILPOINT("export.before_create_slot");
  auto holder = source_.create_capture(
      names_, migrating_tables(meta_),
      flow_.waiting("creating the replication slot", roles::source_db_exporter, stop));
  VOYAGER_FAILPOINT("export.after_create_slot");
  restart_tables(*holder, [](const exportdir::TableRecord&) { return true; });
  changes::forget_slot(meta_, names_.slot);
  meta_.put_confirmed(names_.slot, holder->position());
  VOYAGER_FAILPOINT("export.before_capture_recorded");
  meta_.set_setting(settings::capture_created, holder->position().text);
  status_.line(fmt::format("replication slot {} and its snapshot begin at position {}", names_.slot,
                           holder->position().text));
  return holder;
}

/// After a crash: the slot is there; tables not copied completely are copied again in a later
/// snapshot, and changes that this one holds already are passed over for them.
std::unique_ptr<engine::SnapshotHolder> SourceExport::resume_capture() {
  const Position start{*meta_.setting(settings::capture_created)};
  if (!capture_->usable(names_, {})) {
    fail(slot_lost,
         fmt::format(
             "replication slot {} is gone or was invalidated, so changes since then are lost",
             names_.slot),
         "Start the data migration again with --start-clean true");
  }
  changes::require_own_slot(meta_, *capture_, names_, "source");
  reopen_damaged_tables();
  log::info("export: resuming, capture began at {}", start.text);
  if (snapshot::snapshot_exported(meta_)) return nullptr;
  return renew_snapshot();
}

std::unique_ptr<engine::SnapshotHolder> SourceExport::renew_snapshot() {
  auto holder = source_.renew_snapshot();
  restart_tables(*holder, [this](const exportdir::TableRecord& record) {
    if (record.state == exportdir::TableState::exported) return false;
    status_.line(fmt::format("{}: copied again from the start, at a later consistent point",
                             record.table.name.display()));
    return true;
  });
  return holder;
}

bool SourceExport::snapshot_and_stream(CaptureSide& side,
                                       std::unique_ptr<engine::SnapshotHolder> holder,
                                       const std::stop_token& stop) {
  std::atomic<bool> copying = holder != nullptr;
  bool captured = false;
  WorkerGroup group;
  const std::stop_callback stop_both(stop, [&group] { group.stop(); });
  group.start(1, [&](std::size_t, const std::stop_token& token) {
    captured = side.stream([&] { return copying.load(); }, token);
  });
  if (copying) {
    group.start(1, [&](std::size_t, const std::stop_token& token) {
      copy_snapshot(std::move(holder), token);
      if (!token.stop_requested()) status_.line("streaming changes to the change log...");
      copying = false;
    });
  }
  group.wait();
  return captured;
}

bool SourceExport::with_changes(const std::stop_token& stop) {
  CaptureSide captured = side();
  if (journal_.state() < CutoverState::barrier_captured) {
    auto holder = meta_.setting(settings::capture_created) ? resume_capture() : begin_capture(stop);
    tell_about_import_to_source(flow_, request_.source);
    if (!snapshot_and_stream(captured, std::move(holder), stop)) return false;
  }
  return captured.finish(stop);
}

void start_clean(const Flow& flow, const ExportDataRequest& request) {
  const auto lock = exportdir::RoleLock::take(request.layout, roles::source_db_exporter);
  // What an importer is reading, or has begun to load, must not go from under it.
  const auto target_lock = exportdir::RoleLock::take(request.layout, roles::target_db_importer);
  const auto replica_lock =
      exportdir::RoleLock::take(request.layout, roles::source_replica_db_importer);
  const auto archive_lock = exportdir::RoleLock::take(request.layout, archive_changes_lock);
  const auto source = flow.registry.source(request.source);
  SourceExport(flow, request, *source).start_clean();
}

}  // namespace

void export_data_from_source(const ExportDataRequest& request, const engine::Registry& registry,
                             Status& status, const std::stop_token& stop) {
  request.layout.create();
  exportdir::MetaDb meta = exportdir::MetaDb::open(request.layout, true);
  const Flow flow{request.layout, meta, registry, status};
  const SourceSide side{request.source, {request.max_retries_streaming}};
  if (request.start_clean) start_clean(flow, request);
  const auto export_first_round = [&](const std::stop_token& token) {
    const auto source = registry.source(request.source);
    SourceExport run(flow, request, *source);
    record_endpoint(meta, settings::source_endpoint, request.source);
    run.freeze();
    if (request.with_changes) return run.with_changes(token);
    run.snapshot_only(token);
    return false;
  };
  run_source_side(flow, side, "export data from source", export_first_round, stop);
}

}  // namespace voyager::cli
