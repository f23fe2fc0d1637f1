// SPDX-License-Identifier: Apache-2.0
#include "cli/flow_steps.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <memory>
#include <utility>

#include "base/bell.hpp"
#include "base/error.hpp"
#include "base/failpoint.hpp"
#include "base/retry.hpp"
#include "cli/settings.hpp"
#include "cutover/records.hpp"
#include "exportdir/wait_notice.hpp"

namespace voyager::cli {
namespace {

constexpr ErrorCode stopped_waiting{5014};
constexpr ErrorCode no_import_rights{7013};

bool names(const std::vector<engine::SuspendedObject>& objects,
           const engine::SuspendedObject& wanted) {
  return std::any_of(objects.begin(), objects.end(), [&](const auto& object) {
    return object.kind == wanted.kind && object.table == wanted.table && object.name == wanted.name;
  });
}

/// A wait that is over when nobody can report it any more.
struct ShownWait {
  exportdir::WaitNotice notice;
  ShownWait(exportdir::MetaDb& meta, std::string role, Status& status)
      : notice(meta, std::move(role), status) {}
  ~ShownWait() { notice.over(); }
  ShownWait(const ShownWait&) = delete;
  ShownWait& operator=(const ShownWait&) = delete;
};

}  // namespace

engine::Waiting Flow::waiting(const std::string& doing, std::string_view role,
                              const std::stop_token& stop) const {
  const auto shown = std::make_shared<ShownWait>(meta, std::string(role), status);
  return [shown, doing, stop](const std::string& reason) {
    if (stop.stop_requested()) {
      fail(stopped_waiting, fmt::format("stopped while {} waited: {}", doing, reason),
           "The same command goes on from here");
    }
    shown->notice.waiting(doing, reason);
  };
}

bool outlast_outages(const Flow& flow, std::string_view role, const std::string& doing,
                     const std::stop_token& stop, const std::function<void()>& step) {
  exportdir::WaitNotice notice(flow.meta, std::string(role), flow.status);
  RetryRules rules;
  rules.retries = 0;
  rules.reconnects = -1;
  rules.waiting = [&](const Error& error, std::chrono::milliseconds next_try) {
    notice.waiting(doing, error.line(), next_try);
  };
  const bool done = run_with_retries(rules, stop, step);
  notice.over();
  return done;
}

bool await_state(const Flow& flow, std::string_view role, cutover::Journal& journal,
                 cutover::CutoverState state, const std::string& waits_for,
                 const std::stop_token& stop) {
  exportdir::WaitNotice notice(flow.meta, std::string(role), flow.status);
  notice.waiting("cutover", "waiting for " + waits_for);
  Bell bell(flow.layout.bell());
  const bool reached = journal.wait_for(state, bell, stop);
  notice.over();
  return reached;
}

engine::CaptureNames source_capture_names(std::string migration_uuid) {
  std::replace(migration_uuid.begin(), migration_uuid.end(), '-', '_');
  return {"voyager_" + migration_uuid, "voyager_dbz_publication_" + migration_uuid};
}

engine::CaptureNames target_capture_names(const std::string& migration_uuid) {
  engine::CaptureNames names = source_capture_names(migration_uuid);
  names.slot += "_back";
  return names;
}

std::vector<Table> migrating_tables(const exportdir::MetaDb& meta) {
  std::vector<Table> tables;
  for (exportdir::TableRecord& record : meta.tables()) tables.push_back(std::move(record.table));
  return tables;
}

void prepare_identities(const Flow& flow, engine::CaptureControl& control,
                        const std::vector<Table>& tables, const char* setting) {
  std::vector<engine::SourceChange> changed;
  if (const auto before = flow.meta.setting(setting))
    changed = cutover::source_changes_from_json(*before);
  control.prepare_identities(tables, [&](const engine::SourceChange& change) {
    changed.push_back(change);
    flow.meta.set_setting(setting, cutover::to_json(changed));
    VOYAGER_FAILPOINT("identity.recorded");
    flow.status.line(
        fmt::format("{}: its REPLICA IDENTITY is changed so that rows can be told apart; it is put "
                    "back at the end",
                    change.table.display()));
  });
}

void restore_identities(exportdir::MetaDb& meta, engine::CaptureControl& control,
                        const char* setting) {
  const auto recorded = meta.setting(setting);
  if (!recorded) return;
  for (const auto& change : cutover::source_changes_from_json(*recorded)) {
    control.restore_identity(change);
    VOYAGER_FAILPOINT("identity.restored");
  }
  meta.remove_setting(setting);
}

void require_import_rights(const Flow& flow, engine::TargetEngine& database,
                           std::string_view place) {
  const auto control = database.session_control();
  const std::vector<Table> tables = migrating_tables(flow.meta);
  for (const std::string& caution : control->cautions(tables)) flow.status.warning(caution);
  const auto obstacles = control->obstacles(tables);
  if (obstacles.empty()) return;
  for (const std::string& obstacle : obstacles) flow.status.warning(obstacle);
  fail(no_import_rights,
       fmt::format("the {} is not ready for the import: {}", place, obstacles.front()),
       "Mend it, then run the same command again");
}

void suspend_disturbing(const Flow& flow, engine::TargetEngine& database, std::string_view place,
                        const char* setting) {
  const auto control = database.session_control();
  std::vector<engine::SuspendedObject> recorded;
  if (const auto before = flow.meta.setting(setting))
    recorded = cutover::suspended_from_json(*before);
  const auto found = control->to_suspend(migrating_tables(flow.meta));
  if (found.empty()) return;
  // What an earlier run has recorded is how it was; a kill in the middle of putting things back may
  // have left it otherwise.
  std::copy_if(found.begin(), found.end(), std::back_inserter(recorded),
               [known = recorded](const auto& object) { return !names(known, object); });
  flow.meta.set_setting(setting, cutover::to_json(recorded));
  for (const engine::SuspendedObject& object : found) {
    VOYAGER_FAILPOINT("suspend.recorded");
    control->suspend(object);
  }
  std::vector<std::vector<std::string>> cells;
  cells.reserve(found.size());
  for (const engine::SuspendedObject& object : found)
    cells.push_back({object.table.display(), object.kind, object.name});
  flow.status.line(
      fmt::format("{} objects of the {} are switched off until the import is over, and restored "
                  "then (or by end migration):\n{}",
                  found.size(), place, format_table({"TABLE", "KIND", "NAME"}, cells)));
}

void restore_suspended(exportdir::MetaDb& meta, engine::SessionControl& control,
                       const char* setting) {
  const auto recorded = meta.setting(setting);
  if (!recorded) return;
  for (const auto& object : cutover::suspended_from_json(*recorded)) {
    control.restore(object);
    VOYAGER_FAILPOINT("suspend.restored");
  }
  meta.remove_setting(setting);
}

void set_sequences(const Flow& flow, engine::TargetEngine& database, std::string_view place,
                   const std::string& sequences_json) {
  const auto missing =
      database.session_control()->set_sequences(cutover::sequences_from_json(sequences_json));
  for (const QualifiedName& name : missing) {
    flow.status.warning(
        fmt::format("sequence {} does not exist on the {}; it was not set", name.display(), place));
  }
}

void say_new_name(const Flow& flow, std::string_view old_command, std::string_view new_command) {
  flow.status.line(
      fmt::format("This {} process is {} from now on. If it ends before its time, start it again "
                  "with:\n  yb-voyager {} --export-dir {}",
                  old_command, new_command, new_command, flow.layout.root().string()));
}

}  // namespace voyager::cli
