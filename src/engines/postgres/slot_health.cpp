// SPDX-License-Identifier: Apache-2.0
#include "engines/postgres/slot_health.hpp"

#include <string_view>

namespace voyager::postgres {
namespace {

using engine::SlotHealth;

SlotHealth::State state_of(std::string_view wal_status) {
  if (wal_status == "extended") return SlotHealth::State::extended;
  if (wal_status == "unreserved") return SlotHealth::State::endangered;
  if (wal_status == "lost") return SlotHealth::State::lost;
  return SlotHealth::State::safe;
}

std::optional<std::int64_t> number(const Result& row, int column) {
  if (row.is_null(0, column)) return std::nullopt;
  return row.integer(0, column);
}

constexpr const char* log_sql = R"(
SELECT CASE WHEN s.restart_lsn IS NULL THEN 'lost' ELSE s.wal_status END,
       pg_wal_lsn_diff(pg_current_wal_lsn(), s.restart_lsn)::bigint, s.safe_wal_size
  FROM pg_replication_slots s WHERE s.slot_name = $1)";

/// Before version 13 nothing bounds what a slot keeps.
constexpr const char* unbounded_log_sql = R"(
SELECT CASE WHEN s.restart_lsn IS NULL THEN 'lost' ELSE 'reserved' END,
       pg_wal_lsn_diff(pg_current_wal_lsn(), s.restart_lsn)::bigint, NULL::bigint
  FROM pg_replication_slots s WHERE s.slot_name = $1)";

constexpr const char* exists_sql = "SELECT FROM pg_replication_slots WHERE slot_name = $1";

constexpr int first_version_with_limit = 130000;

}  // namespace

std::optional<SlotHealth> slot_health(Connection& connection, const CaptureDialect& dialect,
                                      const std::string& slot) {
  const bool tells = dialect.wal_positions;
  const bool bounded = connection.server_version() >= first_version_with_limit;
  const Result row =
      connection.query(tells ? (bounded ? log_sql : unbounded_log_sql) : exists_sql, {slot});
  if (row.rows() == 0) return SlotHealth{SlotHealth::State::lost, std::nullopt, std::nullopt};
  if (!tells) return std::nullopt;
  return SlotHealth{state_of(row.text(0, 0)), number(row, 1), number(row, 2)};
}

}  // namespace voyager::postgres
