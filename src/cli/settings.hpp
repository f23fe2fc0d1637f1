// SPDX-License-Identifier: Apache-2.0
#pragma once

/// Names of the settings in meta.db that the data commands share (docs/formats/meta-db.md).
namespace voyager::cli::settings {

inline constexpr const char* source_endpoint = "source_endpoint";
inline constexpr const char* target_endpoint = "target_endpoint";
inline constexpr const char* export_type = "export_type";          ///< frozen at the first run
inline constexpr const char* capture_created = "capture_created";  ///< slot and publication exist
inline constexpr const char* source_changes = "source_changes";  ///< replica identities to put back
inline constexpr const char* snapshot_sequences =
    "snapshot_sequences";  ///< of a snapshot-only export
inline constexpr const char* target_suspended =
    "target_suspended";  ///< identity columns etc. to put back
inline constexpr const char* import_started =
    "import_started";  ///< import data to target has begun
inline constexpr const char* fall_back = "prepare_for_fall_back";
inline constexpr const char* end_source_done = "end.source_done";
inline constexpr const char* end_target_done = "end.target_done";

}  // namespace voyager::cli::settings
