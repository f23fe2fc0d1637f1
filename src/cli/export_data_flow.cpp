// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <atomic>
#include <utility>

#include "base/bell.hpp"
#include "base/error.hpp"
#include "base/failpoint.hpp"
#include "base/log.hpp"
#include "base/text.hpp"
#include "base/worker_group.hpp"
#include "changes/capture.hpp"
#include "cli/flow_steps.hpp"
#include "cli/flows.hpp"
#include "cli/settings.hpp"
#include "cutover/journal.hpp"
#include "cutover/records.hpp"
#include "exportdir/lock.hpp"
#include "exportdir/meta_db.hpp"
#include "model/roles.hpp"

namespace voyager::cli {
namespace {

using cutover::CutoverFact;
using cutover::CutoverState;

constexpr ErrorCode other_export_type{5010};
constexpr ErrorCode preflight_failed{5011};
constexpr ErrorCode slot_lost{5012};

/// One run of `export data from source`: what its steps share.
class SourceExport {
 public:
  SourceExport(const ExportDataRequest& request, exportdir::MetaDb& meta,
               engine::SourceEngine& source, Status& status)
      : request_(request),
        meta_(meta),
        source_(source),
        status_(status),
        names_(capture_names(meta.migration_uuid())),
        journal_(meta, "target"),
        capture_(source.capture_control()) {}

  void start_clean();
  void freeze();
  void snapshot_only(const std::stop_token& stop);
  void with_changes(const std::stop_token& stop);

 private:
  std::unique_ptr<engine::SnapshotHolder> begin_capture();
  std::unique_ptr<engine::SnapshotHolder> resume_capture();
  void copy_snapshot(std::unique_ptr<engine::SnapshotHolder> holder, const std::stop_token& stop);
  bool snapshot_and_stream(std::unique_ptr<engine::SnapshotHolder> holder,
                           const std::stop_token& stop);
  void record_barrier(const changes::CapturedBarrier& barrier);
  void finish_cutover(const std::stop_token& stop);
  void report_late(const changes::LateChanges& late);
  std::vector<Table> tables() const;
  std::vector<Sequence> read_sequences();

  const ExportDataRequest& request_;
  exportdir::MetaDb& meta_;
  engine::SourceEngine& source_;
  Status& status_;
  engine::CaptureNames names_;
  cutover::Journal journal_;
  std::unique_ptr<engine::CaptureControl> capture_;
};

std::vector<Table> SourceExport::tables() const {
  std::vector<Table> all;
  for (const exportdir::TableRecord& record : meta_.tables()) all.push_back(record.table);
  return all;
}

std::vector<Sequence> SourceExport::read_sequences() {
  return source_.catalog()->sequences(request_.source.schemas);
}

void SourceExport::start_clean() {
  if (meta_.tables().empty()) return;
  if (!status_.confirm(
          "Data is already exported. Are you sure you want to clean the data directory "
          "and start afresh?"))
    fail(other_export_type, "stopped: the data directory was not cleaned");
  capture_->drop(names_);
  restore_source(meta_, *capture_);
  meta_.clear_data();
  meta_.remove_setting(settings::capture_created);
  meta_.remove_setting(settings::export_type);
  std::filesystem::remove_all(request_.layout.data());
  request_.layout.create();
}

void SourceExport::freeze() {
  const std::string type = request_.with_changes ? "snapshot-and-changes" : "snapshot-only";
  const auto recorded = meta_.setting(settings::export_type);
  if (recorded && *recorded != type)
    fail(other_export_type,
         fmt::format("this migration was begun with --export-type {}, not {}", *recorded, type),
         "Use the same type, or --start-clean true");
  const auto catalog = source_.catalog();
  const std::vector<Table> selected =
      snapshot::select_tables(catalog->tables(request_.source.schemas), request_.selection);
  if (request_.with_changes && request_.run_guardrails &&
      !meta_.setting(settings::capture_created)) {
    const std::vector<std::string> problems = capture_->preflight(selected);
    for (const std::string& problem : problems) status_.warning(problem);
    if (!problems.empty())
      fail(preflight_failed,
           fmt::format("the source is not ready for change capture: {}", problems.front()),
           problems.size() > 1
               ? fmt::format("{} more problems are listed above", problems.size() - 1)
               : "");
  }
  const auto records = snapshot::freeze_tables(meta_, selected, request_.format);
  meta_.set_setting(settings::export_type, type);
  std::vector<std::string> names;
  for (const auto& record : records) names.push_back(record.table.name.display());
  status_.line(fmt::format("num tables to export: {}", names.size()));
  status_.line(fmt::format("table list for data export: [{}]", join(names, " ")));
}

void SourceExport::snapshot_only(const std::stop_token& stop) {
  if (snapshot::snapshot_exported(meta_)) {
    status_.line("The snapshot is exported already.");
    return;
  }
  auto holder = source_.hold_snapshot();
  for (const auto& record : meta_.tables()) {
    if (record.state == exportdir::TableState::exporting)
      meta_.restart_table(record.id, holder->position());
  }
  copy_snapshot(std::move(holder), stop);
  if (!snapshot::snapshot_exported(meta_)) return;
  // After the rows: a sequence may be ahead of its column's values, never behind.
  meta_.set_setting(settings::snapshot_sequences, cutover::to_json(read_sequences()));
}

void SourceExport::copy_snapshot(std::unique_ptr<engine::SnapshotHolder> holder,
                                 const std::stop_token& stop) {
  snapshot::ExportOptions options;
  options.parallel_jobs = request_.parallel_jobs;
  snapshot::export_snapshot(request_.layout, meta_, source_, *holder, options, status_, stop);
  if (snapshot::snapshot_exported(meta_)) status_.line("snapshot export is complete");
}

std::unique_ptr<engine::SnapshotHolder> SourceExport::begin_capture() {
  std::vector<engine::SourceChange> changed;
  if (const auto before = meta_.setting(settings::source_changes))
    changed = cutover::source_changes_from_json(*before);
  capture_->prepare_identities(tables(), [&](const engine::SourceChange& change) {
    changed.push_back(change);
    meta_.set_setting(settings::source_changes, cutover::to_json(changed));
    status_.line(
        fmt::format("{}: rows are identified by all columns from now on (REPLICA IDENTITY FULL); "
                    "end migration restores the setting",
                    change.table.display()));
  });
  VOYAGER_FAILPOINT("export.before_create_slot");
  auto holder = capture_->create(names_, tables(), [this](const std::string& reason) {
    status_.line(fmt::format("creating the replication slot waits: {}", reason));
  });
  VOYAGER_FAILPOINT("export.after_create_slot");
  for (const auto& record : meta_.tables()) meta_.restart_table(record.id, holder->position());
  meta_.set_setting(settings::capture_created, holder->position().text);
  status_.line(fmt::format("replication slot {} and its snapshot begin at position {}", names_.slot,
                           holder->position().text));
  return holder;
}

/// After a crash: the slot is there; tables not copied completely are copied again in a later
/// snapshot, and changes that this one holds already are passed over for them.
std::unique_ptr<engine::SnapshotHolder> SourceExport::resume_capture() {
  const Position start{*meta_.setting(settings::capture_created)};
  if (!capture_->usable(names_, {}))
    fail(slot_lost,
         fmt::format(
             "replication slot {} is gone or was invalidated, so changes since then are lost",
             names_.slot),
         "Start the data migration again with --start-clean true");
  log::info("export: resuming, capture began at {}", start.text);
  if (snapshot::snapshot_exported(meta_)) return nullptr;
  auto holder = capture_->renew_snapshot();
  for (const auto& record : meta_.tables()) {
    if (record.state == exportdir::TableState::exported) continue;
    meta_.restart_table(record.id, holder->position());
    status_.line(fmt::format("{}: copied again from the start, at a later consistent point",
                             record.table.name.display()));
  }
  return holder;
}

bool SourceExport::snapshot_and_stream(std::unique_ptr<engine::SnapshotHolder> holder,
                                       const std::stop_token& stop) {
  std::atomic<bool> copying = holder != nullptr;
  std::optional<changes::CapturedBarrier> barrier;
  changes::Capture capture(request_.layout, meta_, source_, names_,
                           std::string(roles::source_db_exporter), status_);
  changes::Capture::Hooks hooks;
  hooks.show_panel = [&] { return !copying; };
  hooks.barrier_wanted = [&]() -> std::optional<std::string> {
    if (copying || journal_.state() != CutoverState::requested) return std::nullopt;
    return journal_.detail(CutoverFact::request);
  };
  WorkerGroup group;
  const std::stop_callback stop_both(stop, [&group] { group.stop(); });
  group.start(
      1, [&](std::size_t, const std::stop_token& token) { barrier = capture.run(hooks, token); });
  if (copying) {
    group.start(1, [&](std::size_t, const std::stop_token& token) {
      copy_snapshot(std::move(holder), token);
      if (!token.stop_requested()) status_.line("streaming changes to the change log...");
      copying = false;
    });
  }
  group.wait();
  if (barrier) record_barrier(*barrier);
  return barrier.has_value();
}

void SourceExport::record_barrier(const changes::CapturedBarrier& barrier) {
  VOYAGER_FAILPOINT("cutover.before_record_barrier");
  journal_.record(CutoverFact::capture_barrier, std::to_string(barrier.vsn));
  VOYAGER_FAILPOINT("cutover.after_record_barrier");
  ring_bell(request_.layout.committed());  // a reader that has everything waits for just this
  status_.line(
      fmt::format("cutover: everything up to the barrier (vsn {}) is captured", barrier.vsn));
}

void SourceExport::with_changes(const std::stop_token& stop) {
  if (journal_.state() == CutoverState::completed) {
    status_.line("The cutover to the target is complete: there is nothing left to export.");
    return;
  }
  if (journal_.state() < CutoverState::barrier_captured) {
    auto holder = meta_.setting(settings::capture_created) ? resume_capture() : begin_capture();
    if (!snapshot_and_stream(std::move(holder), stop)) return;
  }
  finish_cutover(stop);
}

void SourceExport::finish_cutover(const std::stop_token& stop) {
  if (journal_.state() == CutoverState::barrier_captured)
    journal_.record(CutoverFact::read_sequences, cutover::to_json(read_sequences()));
  VOYAGER_FAILPOINT("cutover.after_sequences_read");
  Bell bell(request_.layout.bell());
  if (journal_.state() < CutoverState::importer_done)
    status_.line("cutover: waiting for import data to target to apply everything...");
  if (!journal_.wait_for(CutoverState::importer_done, bell, stop)) return;
  if (journal_.state() == CutoverState::importer_done) {
    changes::Capture capture(request_.layout, meta_, source_, names_,
                             std::string(roles::source_db_exporter), status_);
    const auto late = capture.late_changes(*journal_.detail(CutoverFact::request), stop);
    if (!late) return;
    report_late(*late);
    VOYAGER_FAILPOINT("cutover.after_late_check");
  }
  capture_->drop(names_);
  restore_source(meta_, *capture_);
  VOYAGER_FAILPOINT("cutover.after_slot_dropped");
  journal_.record(CutoverFact::complete, "");
  status_.line("cutover to target is COMPLETED; the replication slot and publication are removed");
}

void SourceExport::report_late(const changes::LateChanges& late) {
  std::string detail;
  for (const auto& [table, count] : late) {
    detail += fmt::format("{}{}: {}", detail.empty() ? "" : ", ", table.display(), count);
    status_.warning(
        fmt::format("{} row changes of {} were committed on the source AFTER the barrier: they are "
                    "NOT on the target",
                    count, table.display()));
  }
  journal_.record(CutoverFact::check_late_commits, detail);
}

}  // namespace

void export_data_from_source(const ExportDataRequest& request, const engine::Registry& registry,
                             Status& status, const std::stop_token& stop) {
  request.layout.create();
  const auto lock = exportdir::RoleLock::take(request.layout, roles::source_db_exporter);
  exportdir::MetaDb meta = exportdir::MetaDb::open(request.layout, true);
  const auto source = registry.source(request.source);
  SourceExport run(request, meta, *source, status);
  record_endpoint(meta, settings::source_endpoint, request.source);
  if (request.start_clean) run.start_clean();
  run.freeze();
  if (request.with_changes) {
    run.with_changes(stop);
  } else {
    run.snapshot_only(stop);
  }
}

}  // namespace voyager::cli
