// SPDX-License-Identifier: Apache-2.0
#include "engines/postgres/peer_check.hpp"

#include <algorithm>
#include <cstdlib>

#include "base/error.hpp"
#include "base/log.hpp"
#include "base/text.hpp"
#include "engines/postgres/connection.hpp"

namespace voyager::postgres {
namespace {

constexpr const char* patience_variable = "YB_VOYAGER_NETWORK_PATIENCE";
constexpr std::int64_t usual_patience_seconds = 60;

/// No row: another server. No session there: it has ended. Waiting for its client: what either side
/// sent did not arrive. Without track_activities nothing is known, so it counts as working.
constexpr const char* session_sql =
    "SELECT a.pid IS NOT NULL AND (a.state IS NULL OR a.state IN ('disabled', '') OR "
    "(a.state = 'active' AND coalesce(a.wait_event_type, '') <> 'Client')) "
    "FROM (SELECT 1) one LEFT JOIN pg_catalog.pg_stat_activity a ON a.pid = $1::int "
    "WHERE pg_catalog.pg_postmaster_start_time()::text = $2";

/// The server answers, though not with a session.
bool is_full(const std::string& reason) {
  return reason.find("too many clients") != std::string::npos ||
         reason.find("connection slots are reserved") != std::string::npos;
}

}  // namespace

std::chrono::seconds network_patience() {
  const char* value = std::getenv(patience_variable);
  const auto given = parse_int(value != nullptr ? value : "");
  return std::chrono::seconds(std::max<std::int64_t>(1, given.value_or(usual_patience_seconds)));
}

bool still_works(const engine::Endpoint& endpoint, const ServedBy& session) {
  try {
    Connection asking(endpoint, ConnectionKind::asking);
    const Result row = asking.query(session_sql, {session.pid, session.server_start});
    if (row.rows() == 0 || row.boolean(0, 0)) return true;
    log::warn("process {} of the server waits for us, as we do for it: it is ended", session.pid);
    asking.query("SELECT pg_catalog.pg_terminate_backend($1::int)", {session.pid});
    return false;
  } catch (const Error& error) {
    log::warn("no answer came, and asking for it failed: {}", error.line());
    return error.action() != Action::reconnect || is_full(error.what());
  }
}

}  // namespace voyager::postgres
