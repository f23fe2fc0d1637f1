// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <future>
#include <optional>

#include "base/bell.hpp"
#include "base/error.hpp"
#include "base/failpoint.hpp"
#include "cli/apply_side.hpp"
#include "cli/databases.hpp"
#include "cli/flows.hpp"
#include "cli/settings.hpp"
#include "cli/sides.hpp"
#include "cli/stalls.hpp"
#include "cli/way_back.hpp"
#include "cutover/journal.hpp"
#include "exportdir/lock.hpp"
#include "exportdir/meta_db.hpp"
#include "exportdir/wait_notice.hpp"
#include "model/roles.hpp"
#include "snapshot/import_snapshot.hpp"

namespace voyager::cli {
namespace {

using cutover::Direction;
using cutover::Journal;
using cutover::WayBack;

constexpr ErrorCode too_late_for_replica{7012};

/// What differs between the databases that the snapshot is loaded into.
struct Place {
  Database database;
  Direction direction;  ///< the cutover that ends its import
  const char* suspended_setting;
};
constexpr Place target_place{Database::target, Direction::to_target, settings::target_suspended};
constexpr Place replica_place{Database::source_replica, Direction::to_source_replica,
                              settings::source_replica_suspended};

bool changes_were_deleted(const exportdir::MetaDb& meta) {
  const auto segments = meta.segments();
  return std::any_of(segments.begin(), segments.end(),
                     [](const auto& segment) { return segment.deleted && !segment.archived; });
}

/// A source-replica must be known before the cutover to the target.
void refuse_late_replica(exportdir::MetaDb& meta) {
  if (meta.setting(settings::source_replica_started)) return;
  const Journal forward(meta, Direction::to_target, 1);
  if (forward.state() == cutover::CutoverState::not_initiated) return;
  fail(too_late_for_replica, "the cutover to the target was initiated without a source-replica",
       "Start import data to source-replica before initiate cutover to target, in a new migration");
}

/// Makes the source-replica known, once it is fit for the import, and looks then whether every
/// change is there: archive changes does it the other way round, so that one of the two notices the
/// other.
void register_replica(const exportdir::Layout& layout, exportdir::MetaDb& meta) {
  if (meta.setting(settings::source_replica_started)) return;
  {
    const auto lock = exportdir::RoleLock::take_in_turn(layout, way_back_choice);
    refuse_late_replica(meta);
    meta.set_setting(settings::source_replica_started, "true");
  }
  VOYAGER_FAILPOINT("replica.registered");
  if (!changes_were_deleted(meta)) return;
  meta.remove_setting(settings::source_replica_started);
  fail(too_late_for_replica,
       "archive changes has deleted changes that the source-replica would need",
       "A source-replica needs a new migration, or archive changes with --move-to");
}

/// One run of `import data to target` or `import data to source-replica`: the snapshot, then the
/// changes up to the cutover.
class DatabaseImport {
 public:
  DatabaseImport(const Flow& flow, const ImportDataRequest& request, const Place& place,
                 engine::TargetEngine& database)
      : flow_(flow),
        request_(request),
        place_(place),
        facts_(cutover::facts_of(place.direction)),
        database_(database) {}

  /// True when its side of the cutover is done.
  bool run(const std::stop_token& stop);

 private:
  bool wait_for_tables(const std::stop_token& stop);
  snapshot::ImportOptions snapshot_options() const;
  bool prepare(const std::stop_token& stop);
  void prepare_database();
  bool load_snapshot(const std::stop_token& stop);
  void finish_without_changes();
  void look_ahead();
  void open_way_back(WayBack way, const std::stop_token& stop);

  const Flow& flow_;
  const ImportDataRequest& request_;
  const Place& place_;
  const cutover::DirectionFacts& facts_;
  engine::TargetEngine& database_;
  std::optional<AdaptiveJobs> jobs_;  ///< of the snapshot
};

bool DatabaseImport::wait_for_tables(const std::stop_token& stop) {
  const auto ready = [this] {
    return !flow_.meta.tables().empty() && flow_.meta.setting(settings::export_type).has_value();
  };
  if (ready()) return true;
  exportdir::WaitNotice notice(flow_.meta, std::string(facts_.importer_role), flow_.status);
  Bell bell(flow_.layout.bell());
  while (!ready()) {
    if (stop.stop_requested()) return false;
    notice.waiting("import", "waiting for export data from source to plan its tables");
    bell.wait(std::chrono::seconds(5), stop);
  }
  notice.over();
  return true;
}

/// A database that can't be reached at all is refused at once; one that is lost meanwhile is waited
/// for.
bool DatabaseImport::prepare(const std::stop_token& stop) {
  database_.catalog();
  return outlast_outages(flow_, facts_.importer_role, "import", stop,
                         [this] { prepare_database(); });
}

void DatabaseImport::prepare_database() {
  if (request_.run_guardrails) {
    snapshot::check_target_tables(flow_.meta, database_, snapshot_options(), flow_.status);
    require_import_rights(flow_, database_, facts_.place);
  }
  if (place_.direction == Direction::to_source_replica) register_replica(flow_.layout, flow_.meta);
  record_endpoint(flow_.meta, facts_of(place_.database).endpoint_setting, request_.database);
  database_.prepare_ledger();
  VOYAGER_FAILPOINT("import.ledger_prepared");
  flow_.meta.set_setting(facts_of(place_.database).started_setting, "true");
  suspend_disturbing(flow_, database_, facts_.place, place_.suspended_setting);
  jobs_.emplace(database_, request_.parallelism, flow_.status);
}

snapshot::ImportOptions DatabaseImport::snapshot_options() const {
  snapshot::ImportOptions options;
  options.role = std::string(facts_.importer_role);
  options.start_clean = request_.start_clean;
  options.truncate_tables = request_.truncate_tables;
  return options;
}

bool DatabaseImport::load_snapshot(const std::stop_token& stop) {
  snapshot::ImportOptions options = snapshot_options();
  options.parallel_jobs = jobs_->limit();
  const auto watch = watch_load(flow_, database_, facts_);
  const bool loaded =
      snapshot::import_snapshot(flow_.layout, flow_.meta, database_, options, flow_.status, stop);
  jobs_.reset();
  if (loaded) flow_.status.line("snapshot data import complete");
  return loaded;
}

void DatabaseImport::finish_without_changes() {
  if (const auto sequences = flow_.meta.setting(settings::snapshot_sequences))
    set_sequences(flow_, database_, facts_.place, *sequences);
  restore_suspended(flow_.meta, *database_.session_control(), place_.suspended_setting);
}

/// What would hinder the way back is better known now than during the cutover.
void DatabaseImport::look_ahead() {
  if (place_.direction == Direction::to_target) tell_about_target_capture(flow_, request_.database);
}

void DatabaseImport::open_way_back(WayBack way, const std::stop_token& stop) {
  if (way != WayBack::none) open_target_capture(flow_, request_.database, stop);
}

bool DatabaseImport::run(const std::stop_token& stop) {
  const Journal journal(flow_.meta, place_.direction, 1);
  std::future<void> looked;
  if (journal.state() < cutover::CutoverState::importer_done) {
    if (!wait_for_tables(stop)) return false;
    if (!prepare(stop)) return false;
    if (!load_snapshot(stop)) return false;
    if (flow_.meta.setting(settings::export_type) == "snapshot-only") {
      finish_without_changes();
      return false;
    }
    // Beside the changes: it asks a lot, and nothing waits for its answer.
    looked = std::async(std::launch::async, [this] { look_ahead(); });
  }
  return ApplySide(flow_, database_, place_.direction, 1, place_.suspended_setting,
                   {request_.max_retries_streaming, request_.parallelism})
      .run([&](WayBack way) { open_way_back(way, stop); }, stop);
}

}  // namespace

void import_data_to_target(const ImportDataRequest& request, const engine::Registry& registry,
                           Status& status, const std::stop_token& stop) {
  exportdir::MetaDb meta = exportdir::MetaDb::open(request.layout, false);
  const Flow flow{request.layout, meta, registry, status};
  const auto import_first_round = [&](const std::stop_token& token) {
    const auto target = registry.target(request.database, meta.migration_uuid());
    return DatabaseImport(flow, request, target_place, *target).run(token);
  };
  run_target_side(flow, {request.database, {request.max_retries_streaming, request.parallelism}},
                  std::string(facts_of(Direction::to_target).importer_command), import_first_round,
                  stop);
}

void import_data_to_source_replica(const ImportDataRequest& request,
                                   const engine::Registry& registry, Status& status,
                                   const std::stop_token& stop) {
  exportdir::MetaDb meta = exportdir::MetaDb::open(request.layout, false);
  const Flow flow{request.layout, meta, registry, status};
  const auto lock = exportdir::RoleLock::take(request.layout, roles::source_replica_db_importer);
  refuse_late_replica(meta);
  const auto replica = registry.target(request.database, meta.migration_uuid());
  if (DatabaseImport(flow, request, replica_place, *replica).run(stop))
    status.line("The cutover to the source-replica is done on this side: nothing is left to do.");
}

}  // namespace voyager::cli
