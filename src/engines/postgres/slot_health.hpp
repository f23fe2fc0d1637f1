// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>

#include "engine/source.hpp"
#include "engines/postgres/capture_dialect.hpp"
#include "engines/postgres/connection.hpp"

namespace voyager::postgres {

/// Nothing where the server does not tell how it keeps its log (YugabyteDB keeps changes for a
/// time, cdc_intent_retention_ms); a slot that is missing is lost anywhere.
/// Source: PostgreSQL 15 documentation, section 54.19 pg_replication_slots: wal_status (reserved,
/// extended, unreserved, lost) and safe_wal_size, both since version 13. Any user may read it.
std::optional<engine::SlotHealth> slot_health(Connection& connection, const CaptureDialect& dialect,
                                              const std::string& slot);

}  // namespace voyager::postgres
