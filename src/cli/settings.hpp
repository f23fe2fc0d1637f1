// SPDX-License-Identifier: Apache-2.0
#pragma once

/// Names of the settings in meta.db that the data commands share (docs/formats/meta-db.md).
namespace voyager::cli::settings {

// Where the databases are, without passwords; recorded by the commands that are told.
inline constexpr const char* source_endpoint = "source_endpoint";
inline constexpr const char* target_endpoint = "target_endpoint";
inline constexpr const char* source_replica_endpoint = "source_replica_endpoint";

/// What the exported schema is of: {"database": ..., "server_version": ...}.
inline constexpr const char* exported_schema = "exported_schema";
inline constexpr const char* export_type = "export_type";          ///< frozen at the first run
inline constexpr const char* capture_created = "capture_created";  ///< slot and publication exist
inline constexpr const char* snapshot_sequences =
    "snapshot_sequences";  ///< of a snapshot-only export
/// The tables as the target's catalog describes them, for the capture of its changes.
inline constexpr const char* target_tables = "target_tables";

// What was changed for the migration and is to be put back: replica identities,
inline constexpr const char* source_changes = "source_changes";
inline constexpr const char* target_changes = "target_changes";
// and triggers, foreign keys, identity columns that were switched off for an import.
inline constexpr const char* target_suspended = "target_suspended";
inline constexpr const char* source_replica_suspended = "source_replica_suspended";
inline constexpr const char* source_suspended = "source_suspended";

// An import has begun there.
inline constexpr const char* import_started = "import_started";
inline constexpr const char* source_replica_started = "source_replica_started";
inline constexpr const char* source_import_started = "source_import_started";
/// The user said, for archive changes, that there will be no source-replica.
inline constexpr const char* no_source_replica = "no_source_replica";

inline constexpr const char* end_reports_saved = "end.reports_saved";
inline constexpr const char* end_source_done = "end.source_done";
inline constexpr const char* end_target_done = "end.target_done";
inline constexpr const char* end_source_replica_done = "end.source_replica_done";

}  // namespace voyager::cli::settings
