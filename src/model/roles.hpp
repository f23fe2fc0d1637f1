// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

namespace voyager::roles {

/// Who a process is in the migration; also the names of its lock and state in the export directory.
inline constexpr std::string_view source_db_exporter = "source_db_exporter";
inline constexpr std::string_view target_db_importer = "target_db_importer";
inline constexpr std::string_view source_replica_db_importer = "source_replica_db_importer";
inline constexpr std::string_view source_db_importer = "source_db_importer";
inline constexpr std::string_view target_db_exporter_ff = "target_db_exporter_ff";
inline constexpr std::string_view target_db_exporter_fb = "target_db_exporter_fb";

}  // namespace voyager::roles
