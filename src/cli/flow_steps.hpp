// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.hpp"
#include "cutover/direction.hpp"
#include "cutover/journal.hpp"
#include "engine/registry.hpp"
#include "exportdir/layout.hpp"
#include "exportdir/meta_db.hpp"

namespace voyager::cli {

/// Lock that is held for the moment in which a way back is chosen (initiate cutover) or a
/// source-replica makes itself known, so that each sees what the other decided.
inline constexpr std::string_view way_back_choice = "way_back_choice";

/// Lock of the one process that archives changes.
inline constexpr std::string_view archive_changes_lock = "archive_changes";

/// What every step of a running migration works with. Lives as long as its command.
struct Flow {
  const exportdir::Layout& layout;
  exportdir::MetaDb& meta;
  const engine::Registry& registry;
  Status& status;

  /// Makes the reason visible while the process of this role waits; a stop ends the wait with
  /// E5014.
  engine::Waiting waiting(const std::string& doing, std::string_view role,
                          const std::stop_token& stop = {}) const;
};

/// Does a step that may be repeated. While its database can't be reached it is tried again, without
/// limit and visibly, so that an outage does not end a process in the middle of its work. False
/// when stopped before. Throws: as the step, for any other reason.
bool outlast_outages(const Flow& flow, std::string_view role, const std::string& doing,
                     const std::stop_token& stop, const std::function<void()>& step);

/// Waits until a cutover has come to a state, while `waits_for` ("... to apply everything") is
/// shown as what the process of this role waits for. False when stopped before.
bool await_state(const Flow& flow, std::string_view role, cutover::Journal& journal,
                 cutover::CutoverState state, const std::string& waits_for,
                 const std::stop_token& stop);

/// What the capture of the source's changes leaves there, named after the migration's UUID (names
/// as the reference's documents give them).
engine::CaptureNames source_capture_names(std::string migration_uuid);
/// The same on the target. The slot has another name: slots are known to a whole server, and source
/// and target may be two databases of one.
engine::CaptureNames target_capture_names(const std::string& migration_uuid);

/// The migrating tables as frozen from the source's catalog.
std::vector<Table> migrating_tables(const exportdir::MetaDb& meta);

/// Makes the rows of these tables identifiable; what is changed is recorded under `setting` first.
void prepare_identities(const Flow& flow, engine::CaptureControl& control,
                        const std::vector<Table>& tables, const char* setting);
/// Puts back the replica identities recorded under `setting`; nothing recorded is fine.
void restore_identities(exportdir::MetaDb& meta, engine::CaptureControl& control,
                        const char* setting);

/// Throws: E7013 when this user can't import into the database, with what to do; all reasons are
/// shown as warnings.
void require_import_rights(const Flow& flow, engine::TargetEngine& database,
                           std::string_view place);

/// Switches off what would disturb an import into a database and is recorded under `setting` first,
/// and shows it as a table. `place`: "target".
void suspend_disturbing(const Flow& flow, engine::TargetEngine& database, std::string_view place,
                        const char* setting);
/// Puts back what suspend_disturbing() recorded; nothing recorded is fine.
void restore_suspended(exportdir::MetaDb& meta, engine::SessionControl& control,
                       const char* setting);

/// Warns about each sequence that does not exist there.
void set_sequences(const Flow& flow, engine::TargetEngine& database, std::string_view place,
                   const std::string& sequences_json);

/// Says that this process goes on as another command, and how that one is started by its own name.
void say_new_name(const Flow& flow, std::string_view old_command, std::string_view new_command);

}  // namespace voyager::cli
