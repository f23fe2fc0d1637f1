// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <functional>
#include <utility>

#include "base/error.hpp"
#include "base/failpoint.hpp"
#include "base/file.hpp"
#include "base/log.hpp"
#include "base/text.hpp"
#include "cli/flow_steps.hpp"
#include "cli/flows.hpp"
#include "cli/ledger_rows.hpp"
#include "cli/settings.hpp"
#include "cutover/journal.hpp"
#include "exportdir/lock.hpp"
#include "exportdir/meta_db.hpp"
#include "model/roles.hpp"
#include "report/report.hpp"

namespace voyager::cli {
namespace {

namespace fs = std::filesystem;

constexpr ErrorCode not_reached{7101};
constexpr ErrorCode still_running{7102};
constexpr ErrorCode bad_backup_directory{7103};
constexpr ErrorCode not_confirmed{7104};

/// One run of `end migration`: each step is recorded when it is done, so a later run does only the
/// rest.
class EndMigration {
 public:
  EndMigration(const EndMigrationRequest& request, const engine::Registry& registry,
               exportdir::MetaDb& meta, Status& status)
      : request_(request), registry_(registry), meta_(meta), status_(status) {}

  /// Returns what is left behind, when the caller said that it is to be forgotten.
  std::vector<std::string> run();

 private:
  void check_backup_directory() const;
  void step(const char* done_setting, const std::string& what, const std::function<void()>& work);
  void clean_source();
  void clean_target();
  void clean_source_replica();
  void end_capture(const engine::Endpoint& endpoint, const engine::CaptureNames& names,
                   const char* identities_setting);
  void end_import(const engine::Endpoint& endpoint, const char* suspended_setting);
  bool wants_way_back() const;
  void back_up();
  const Secret& password_of(Database database) const;
  void save_reports();

  const EndMigrationRequest& request_;
  const engine::Registry& registry_;
  exportdir::MetaDb& meta_;
  Status& status_;
  std::vector<std::string> left_;
};

void refuse_while_running(const exportdir::Layout& layout) {
  for (const std::string_view role :
       {roles::source_db_exporter, roles::target_db_importer, roles::source_replica_db_importer,
        roles::source_db_importer, roles::target_db_exporter_ff, roles::target_db_exporter_fb,
        archive_changes_lock}) {
    if (const auto pid = exportdir::RoleLock::holder(layout, role)) {
      fail(still_running, fmt::format("{} is still running (pid {})", role, *pid),
           "Stop it, or wait for it to end; then run end migration again");
    }
  }
}

void EndMigration::check_backup_directory() const {
  const bool wanted = request_.backup_schema || request_.backup_data || request_.backup_logs ||
                      request_.save_reports;
  if (!wanted) return;
  if (request_.backup_directory.empty()) {
    fail(bad_backup_directory, "--backup-dir is missing",
         "Name a directory, or set all the backup flags to false");
  }
  if (!fs::is_directory(request_.backup_directory)) {
    fail(bad_backup_directory,
         fmt::format("the backup directory {} does not exist", request_.backup_directory),
         "Create it, then run end migration again");
  }
}

void EndMigration::step(const char* done_setting, const std::string& what,
                        const std::function<void()>& work) {
  if (meta_.setting(done_setting)) return;
  try {
    work();
    VOYAGER_FAILPOINT("end.before_recorded");
    meta_.set_setting(done_setting, "true");
    status_.line(fmt::format("{}: cleaned", what));
  } catch (const Error& error) {
    left_.push_back(fmt::format("{} ({})", what, error.what()));
    status_.warning(fmt::format("{} could not be cleaned: {}", what, error.line()));
  }
}

/// Slot and publication, then the settings that were changed for them.
void EndMigration::end_capture(const engine::Endpoint& endpoint, const engine::CaptureNames& names,
                               const char* identities_setting) {
  const auto database = registry_.change_source(endpoint);
  const auto control = database->capture_control();
  control->drop(names, [this](const std::string& reason) {
    status_.line(fmt::format("removing the replication slot waits: {}", reason));
  });
  restore_identities(meta_, *control, identities_setting);
}

/// What an import switched off, then its ledger.
void EndMigration::end_import(const engine::Endpoint& endpoint, const char* suspended_setting) {
  const auto database = registry_.target(endpoint, meta_.migration_uuid());
  restore_suspended(meta_, *database->session_control(), suspended_setting);
  database->ledger()->remove();
}

void EndMigration::clean_source() {
  const engine::Endpoint source =
      recorded_endpoint(meta_, settings::source_endpoint, request_.source_password);
  if (meta_.setting(settings::export_type) == "snapshot-and-changes")
    end_capture(source, source_capture_names(meta_.migration_uuid()), settings::source_changes);
  if (meta_.setting(settings::source_import_started))
    end_import(source, settings::source_suspended);
}

void EndMigration::clean_target() {
  const engine::Endpoint target =
      recorded_endpoint(meta_, settings::target_endpoint, request_.target_password);
  if (wants_way_back()) {
    end_capture(target, target_capture_names(meta_.migration_uuid()), settings::target_changes);
  }
  end_import(target, settings::target_suspended);
}

void EndMigration::clean_source_replica() {
  end_import(
      recorded_endpoint(meta_, settings::source_replica_endpoint, request_.source_replica_password),
      settings::source_replica_suspended);
}

bool EndMigration::wants_way_back() const {
  const cutover::Journal first(meta_, cutover::Direction::to_target, 1);
  return first.way_back() != cutover::WayBack::none;
}

const Secret& EndMigration::password_of(Database database) const {
  switch (database) {
    case Database::source:
      return request_.source_password;
    case Database::target:
      return request_.target_password;
    case Database::source_replica:
      break;
  }
  return request_.source_replica_password;
}

void EndMigration::save_reports() {
  const auto open = [this](Database database) {
    return registry_.target(
        recorded_endpoint(meta_, facts_of(database).endpoint_setting, password_of(database)),
        meta_.migration_uuid());
  };
  write_file_atomically(request_.layout.reports() / "data_migration_report.json",
                        report::migration_report_json(migration_report_rows(meta_, open, false)));
  write_file_atomically(request_.layout.reports() / "export_data_status_report.json",
                        report::export_status_json(report::export_status(meta_)));
}

void EndMigration::back_up() {
  const auto copy = [this](bool wanted, const fs::path& from, const char* name) {
    if (!wanted || !fs::exists(from)) return;
    fs::copy(from, fs::path(request_.backup_directory) / name,
             fs::copy_options::recursive | fs::copy_options::overwrite_existing);
    status_.line(fmt::format("backed up {} to {}", name,
                             (fs::path(request_.backup_directory) / name).string()));
  };
  copy(request_.backup_schema, request_.layout.schema(), "schema");
  copy(request_.backup_data, request_.layout.data(), "data");
  copy(request_.save_reports, request_.layout.reports(), "reports");
  copy(request_.backup_logs, request_.layout.logs(), "logs");
}

std::vector<std::string> EndMigration::run() {
  check_backup_directory();
  refuse_while_running(request_.layout);
  if (!status_.confirm("Migration can't be resumed or continued after this. Are you sure you want "
                       "to end the migration?"))
    fail(not_confirmed, "stopped: the migration was not ended");
  // Once only: a run that goes on would count in databases that are cleaned already.
  if (request_.save_reports && !meta_.setting(settings::end_reports_saved)) {
    try {
      save_reports();
      meta_.set_setting(settings::end_reports_saved, "true");
    } catch (const Error& error) {
      fail(not_reached, fmt::format("the reports can't be made: {}", error.what()),
           "Make the database reachable, or use --save-migration-reports false; nothing was "
           "cleaned yet");
    }
  }
  back_up();
  VOYAGER_FAILPOINT("end.after_backup");
  if (meta_.setting(settings::source_endpoint))
    step(settings::end_source_done, "source database", [this] { clean_source(); });
  if (meta_.setting(settings::target_endpoint))
    step(settings::end_target_done, "target database", [this] { clean_target(); });
  if (meta_.setting(settings::source_replica_endpoint)) {
    step(settings::end_source_replica_done, "source-replica database",
         [this] { clean_source_replica(); });
  }
  VOYAGER_FAILPOINT("end.after_databases");
  if (left_.empty() || request_.forget_unreachable) return left_;
  fail(not_reached, fmt::format("not everything could be cleaned: {}", join(left_, "; ")),
       "Make it reachable and run end migration again; what is done is not done twice. If it is "
       "gone "
       "for good, use --forget-unreachable true");
}

/// Everything of ours in the export directory; the directory itself belongs to the user.
void empty_export_directory(const exportdir::Layout& layout) {
  // The identity first: without meta.db beside it, it says that meta.db was lost. meta.db last: as
  // long as it is there, a run after a kill goes on here.
  const std::vector<fs::path> ours{layout.identity(),
                                   layout.schema(),
                                   layout.data(),
                                   layout.reports(),
                                   layout.logs(),
                                   layout.temp(),
                                   layout.root() / "assessment"};
  for (const fs::path& path : ours) {
    fs::remove_all(path);
    VOYAGER_FAILPOINT("end.path_removed");
  }
  for (const auto& entry : fs::directory_iterator(layout.root())) {
    const std::string name = entry.path().filename().string();
    if (name.starts_with(".") && name.ends_with("Lockfile.lck")) fs::remove(entry.path());
  }
  for (const auto& entry : fs::directory_iterator(layout.metainfo()))
    if (entry.path() != layout.meta_db()) fs::remove_all(entry.path());
  VOYAGER_FAILPOINT("end.path_removed");
  fs::remove(layout.meta_db());
  VOYAGER_FAILPOINT("end.meta_removed");
  fs::remove(layout.metainfo());
}

}  // namespace

void end_migration(const EndMigrationRequest& request, const engine::Registry& registry,
                   Status& status) {
  if (!fs::exists(request.layout.meta_db())) {
    std::error_code not_empty;
    fs::remove(request.layout.metainfo(), not_empty);  // a run that was killed at its very end
    status.line("There is no migration in this export directory: nothing to end.");
    return;
  }
  std::vector<std::string> left;
  {
    const auto lock = exportdir::RoleLock::take(request.layout, "end_migration");
    exportdir::MetaDb meta = exportdir::MetaDb::open(request.layout, false);
    left = EndMigration(request, registry, meta, status).run();
  }
  empty_export_directory(request.layout);
  if (left.empty()) {
    status.line(
        "The migration is ended; nothing of it is left in the databases or the export directory.");
  } else {
    status.warning(
        fmt::format("The migration is ended, but was not cleaned up in: {}. Look there "
                    "for its slot, publication and schema ybvoyager_metadata.",
                    join(left, "; ")));
  }
}

}  // namespace voyager::cli
