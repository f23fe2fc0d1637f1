// SPDX-License-Identifier: Apache-2.0
#include "engines/postgres/stalls.hpp"

#include <fmt/format.h>

#include <string_view>
#include <vector>

#include "base/text.hpp"

namespace voyager::postgres {
namespace {

/// Of a statement only its first word: the rest may hold rows.
/// Source: PostgreSQL 15 documentation, §9.26, pg_blocking_pids() (0: a prepared transaction).
constexpr const char* holder_sql = R"(
  SELECT coalesce(b.pid, 0) AS pid, coalesce(b.application_name, '') AS application,
         coalesce(b.state, '') AS state, coalesce(upper(substring(b.query, '^\s*([A-Za-z]+)')), '') AS kind,
         coalesce(extract(epoch FROM clock_timestamp() - b.xact_start), 0)::bigint AS seconds
    FROM unnest(pg_catalog.pg_blocking_pids(w.pid)) AS holding (pid)
    LEFT JOIN pg_catalog.pg_stat_activity b ON b.pid = holding.pid)";

/// A lock on a row is waited for as one on its transaction or as one on the row; only the second
/// one names the table.
constexpr const char* waiters_sql = R"(
SELECT w.pid, coalesce((SELECT l.relation::pg_catalog.regclass::text FROM pg_catalog.pg_locks l
                         WHERE l.pid = w.pid AND l.relation IS NOT NULL
                           AND (NOT l.granted OR l.locktype = 'tuple') LIMIT 1), ''),
       h.pid, h.application, h.state, h.kind, h.seconds
  FROM pg_catalog.pg_stat_activity w CROSS JOIN LATERAL ({}) h
 WHERE w.wait_event_type = 'Lock' AND w.pid <> pg_catalog.pg_backend_pid() AND {}
 ORDER BY w.pid, h.pid LIMIT 5)";

constexpr const char* our_sessions =
    "w.datname = current_database() AND w.application_name = current_setting('application_name') "
    "AND h.application <> w.application_name";

struct Columns {
  enum : int { waiter, table, holder, application, state, kind, seconds };
};

std::string holder_text(const Result& rows, int row) {
  if (rows.text(row, Columns::holder) == "0") return "a prepared transaction";
  std::string text = fmt::format("process {} (application \"{}\"", rows.text(row, Columns::holder),
                                 rows.text(row, Columns::application));
  if (!rows.text(row, Columns::state).empty())
    text += fmt::format(", {}", rows.text(row, Columns::state));
  if (!rows.text(row, Columns::kind).empty())
    text += fmt::format(", last statement {}", rows.text(row, Columns::kind));
  return text + fmt::format(", its transaction open for {})",
                            short_duration(rows.integer(row, Columns::seconds)));
}

/// `subject`: "process".
Stall waits_for_locks(const Result& rows, std::string_view subject) {
  Stall stall;
  std::vector<std::string> lines;
  for (int row = 0; row < rows.rows(); ++row) {
    const std::string_view table = rows.text(row, Columns::table);
    lines.push_back(
        fmt::format("{} {} waits for a lock{} of {}", subject, rows.text(row, Columns::waiter),
                    table.empty() ? "" : fmt::format(" on {}", table), holder_text(rows, row)));
    stall.mark +=
        fmt::format("{}:{} ", rows.text(row, Columns::waiter), rows.text(row, Columns::holder));
  }
  stall.cause = join(lines, "; ");
  return stall;
}

Result waiters(Connection& connection, const std::string& which,
               const std::vector<std::optional<std::string>>& parameters) {
  return connection.query(fmt::format(waiters_sql, holder_sql, which), parameters);
}

/// Names of events: PostgreSQL 15 documentation, §28.2.3; WaitForStandbyConfirmation since 17.
constexpr const char* sender_sql = R"(
SELECT s.active_pid, r.sent_lsn, a.wait_event,
       pg_catalog.pg_wal_lsn_diff(pg_catalog.pg_current_wal_flush_lsn(), r.sent_lsn)::bigint
  FROM pg_catalog.pg_replication_slots s
  JOIN pg_catalog.pg_stat_replication r ON r.pid = s.active_pid
  JOIN pg_catalog.pg_stat_activity a ON a.pid = s.active_pid
 WHERE s.slot_name = $1 AND NOT pg_catalog.pg_is_in_recovery())";

}  // namespace

Stall blocked_sessions(Connection& connection) {
  return waits_for_locks(waiters(connection, our_sessions, {}), "process");
}

Stall sender_stall(Connection& connection, const std::string& slot) {
  const Result locked = waiters(
      connection,
      "w.pid = (SELECT active_pid FROM pg_catalog.pg_replication_slots WHERE slot_name = $1)",
      {slot});
  if (locked.rows() > 0) return waits_for_locks(locked, "its sender, process");
  const Result row = connection.query(sender_sql, {slot});
  if (row.rows() == 0 || row.is_null(0, 1) || row.is_null(0, 2) || row.integer(0, 3) <= 0)
    return {};
  const std::string_view event = row.text(0, 2);
  const bool idle = event == "WalSenderMain" || event == "WalSenderWaitForWAL";
  if (!idle && event != "WaitForStandbyConfirmation") return {};
  return {fmt::format("its sender, process {}, {}, and {} of log are not sent yet", row.text(0, 0),
                      idle ? "does nothing" : "waits for standbys (synchronized_standby_slots)",
                      human_bytes(static_cast<std::uint64_t>(row.integer(0, 3)))),
          row.string(0, 1)};
}

}  // namespace voyager::postgres
