// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/bell.hpp"
#include "base/error.hpp"
#include "base/failpoint.hpp"
#include "base/log.hpp"
#include "base/text.hpp"
#include "changes/apply.hpp"
#include "cli/flow_steps.hpp"
#include "cli/flows.hpp"
#include "cli/settings.hpp"
#include "cutover/journal.hpp"
#include "cutover/records.hpp"
#include "exportdir/lock.hpp"
#include "exportdir/meta_db.hpp"
#include "model/roles.hpp"
#include "snapshot/import_snapshot.hpp"

namespace voyager::cli {
namespace {

using cutover::CutoverFact;
using cutover::CutoverState;

/// One run of `import data to target`: what its steps share.
class TargetImport {
 public:
  TargetImport(const ImportDataRequest& request, exportdir::MetaDb& meta,
               engine::TargetEngine& target, Status& status)
      : request_(request),
        meta_(meta),
        target_(target),
        status_(status),
        journal_(meta, "target"),
        bell_(request.layout.bell()) {}

  void run(const std::stop_token& stop);

 private:
  bool wait_for_tables(const std::stop_token& stop);
  void suspend();
  bool load_snapshot(const std::stop_token& stop);
  bool apply_changes(const std::stop_token& stop);
  void set_sequences(const std::string& sequences);

  const ImportDataRequest& request_;
  exportdir::MetaDb& meta_;
  engine::TargetEngine& target_;
  Status& status_;
  cutover::Journal journal_;
  Bell bell_;
};

bool TargetImport::wait_for_tables(const std::stop_token& stop) {
  const auto ready = [this] {
    return !meta_.tables().empty() && meta_.setting(settings::export_type).has_value();
  };
  if (!ready()) status_.line("waiting for export data from source to plan its tables...");
  while (!ready()) {
    if (stop.stop_requested()) return false;
    bell_.wait(std::chrono::seconds(5), stop);
  }
  return true;
}

/// What would disturb loading and applying is recorded first and switched off then, so that it can
/// be put back after a crash too.
void TargetImport::suspend() {
  std::vector<Table> tables;
  for (const auto& record : meta_.tables()) tables.push_back(record.table);
  const auto control = target_.session_control();
  std::vector<engine::SuspendedObject> recorded;
  if (const auto before = meta_.setting(settings::target_suspended))
    recorded = cutover::suspended_from_json(*before);
  const std::vector<engine::SuspendedObject> found = control->to_suspend(tables);
  if (found.empty()) return;
  recorded.insert(recorded.end(), found.begin(), found.end());
  meta_.set_setting(settings::target_suspended, cutover::to_json(recorded));
  for (const engine::SuspendedObject& object : found) control->suspend(object);
  status_.line(fmt::format("{} objects of the target are switched off until the data is there:",
                           found.size()));
  for (const engine::SuspendedObject& object : found)
    status_.line(fmt::format("  {} {} on {}", object.kind, object.name, object.table.display()));
}

bool TargetImport::load_snapshot(const std::stop_token& stop) {
  snapshot::ImportOptions options;
  options.parallel_jobs =
      request_.parallel_jobs > 0 ? request_.parallel_jobs : target_.default_parallel_jobs();
  options.role = std::string(roles::target_db_importer);
  options.start_clean = request_.start_clean;
  options.truncate_tables = request_.truncate_tables;
  const bool loaded =
      snapshot::import_snapshot(request_.layout, meta_, target_, options, status_, stop);
  if (loaded) status_.line("snapshot data import complete");
  return loaded;
}

bool TargetImport::apply_changes(const std::stop_token& stop) {
  status_.line("streaming changes to the target...");
  changes::ApplyOptions options;
  options.role = std::string(roles::target_db_importer);
  options.max_retries = request_.max_retries_streaming;
  changes::Apply apply(request_.layout, meta_, target_, options, status_);
  return apply.run(
      [this]() -> std::optional<std::int64_t> {
        const auto vsn = journal_.detail(CutoverFact::capture_barrier);
        return vsn ? parse_int(*vsn) : std::nullopt;
      },
      stop);
}

void TargetImport::set_sequences(const std::string& sequences) {
  const auto missing =
      target_.session_control()->set_sequences(cutover::sequences_from_json(sequences));
  for (const QualifiedName& name : missing)
    status_.warning(fmt::format(
        "sequence {} of the source does not exist on the target; it was not set", name.display()));
}

void TargetImport::run(const std::stop_token& stop) {
  if (journal_.state() >= CutoverState::importer_done) {
    status_.line(
        "The cutover to the target is done on this side: there is nothing left to import.");
    return;
  }
  if (!wait_for_tables(stop)) return;
  if (request_.run_guardrails) {
    snapshot::check_target_tables(meta_, target_, status_,
                                  request_.start_clean && request_.truncate_tables);
  }
  target_.prepare_ledger();
  meta_.set_setting(settings::import_started, "true");
  suspend();
  if (!load_snapshot(stop)) return;
  if (meta_.setting(settings::export_type) == "snapshot-only") {
    if (const auto sequences = meta_.setting(settings::snapshot_sequences))
      set_sequences(*sequences);
    restore_target(meta_, *target_.session_control());
    return;
  }
  if (!apply_changes(stop)) return;
  status_.line("cutover: everything up to the barrier is applied; setting sequences...");
  if (!journal_.wait_for(CutoverState::sequences_read, bell_, stop)) return;
  set_sequences(*journal_.detail(CutoverFact::read_sequences));
  VOYAGER_FAILPOINT("cutover.after_sequences_set");
  restore_target(meta_, *target_.session_control());
  VOYAGER_FAILPOINT("cutover.after_restore");
  journal_.record(CutoverFact::finish_import, "");
  status_.line("cutover: the target has everything; sequences and identity columns are set");
}

}  // namespace

void import_data_to_target(const ImportDataRequest& request, const engine::Registry& registry,
                           Status& status, const std::stop_token& stop) {
  const auto lock = exportdir::RoleLock::take(request.layout, roles::target_db_importer);
  exportdir::MetaDb meta = exportdir::MetaDb::open(request.layout, false);
  const auto target = registry.target(request.target, meta.migration_uuid());
  record_endpoint(meta, settings::target_endpoint, request.target);
  TargetImport(request, meta, *target, status).run(stop);
}

}  // namespace voyager::cli
