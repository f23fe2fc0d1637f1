// SPDX-License-Identifier: Apache-2.0
#include "engines/postgres/capture_control.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <thread>

#include "base/failpoint.hpp"
#include "base/log.hpp"
#include "base/text.hpp"
#include "engines/postgres/barrier_table.hpp"
#include "engines/postgres/held_snapshot.hpp"
#include "engines/postgres/lsn.hpp"
#include "engines/postgres/opening_proof.hpp"
#include "engines/postgres/replica_identity.hpp"
#include "engines/postgres/slot_health.hpp"
#include "engines/postgres/sqlstate.hpp"
#include "engines/postgres/stalls.hpp"

namespace voyager::postgres {
namespace {

using namespace std::chrono_literals;

/// Who keeps the session with this pid from going on; a prepared transaction has no pid.
constexpr const char* blockers_sql = R"(
SELECT holder.pid, coalesce(p.gid, ''), coalesce(a.application_name, ''), waiter.transactionid,
       coalesce(extract(epoch FROM now() - coalesce(a.xact_start, p.prepared))::bigint, 0)
  FROM pg_locks waiter
  JOIN pg_locks holder ON holder.locktype = 'transactionid' AND holder.granted
       AND holder.transactionid = waiter.transactionid
  LEFT JOIN pg_stat_activity a ON a.pid = holder.pid
  LEFT JOIN pg_prepared_xacts p ON p.transaction = waiter.transactionid
 WHERE waiter.pid = $1::int AND waiter.locktype = 'transactionid' AND NOT waiter.granted)";

/// Who holds a table that the session with this pid waits for.
constexpr const char* table_holders_sql = R"(
SELECT holder.pid, coalesce(a.application_name, ''), n.nspname || '.' || c.relname,
       coalesce(extract(epoch FROM now() - a.xact_start)::bigint, 0)
  FROM pg_locks waiter
  CROSS JOIN LATERAL unnest(pg_blocking_pids(waiter.pid)) holder (pid)
  JOIN pg_class c ON c.oid = waiter.relation
  JOIN pg_namespace n ON n.oid = c.relnamespace
  LEFT JOIN pg_stat_activity a ON a.pid = holder.pid
 WHERE waiter.pid = $1::int AND waiter.locktype = 'relation' AND NOT waiter.granted)";

std::string describe_table_holders(const Result& rows) {
  if (rows.rows() == 0) return "the server is making the publication";
  return fmt::format(
      "waiting for a lock on table {}, which process {} (application \"{}\") has "
      "locked in a transaction that is open for {}",
      rows.text(0, 2), rows.text(0, 0), rows.text(0, 1), short_duration(rows.integer(0, 3)));
}

std::string describe_blockers(const Result& rows) {
  std::vector<std::string> blockers;
  for (int row = 0; row < rows.rows(); ++row) {
    const std::string who =
        rows.is_null(row, 0)
            ? fmt::format("prepared transaction {}", quote_literal(rows.text(row, 1)))
            : fmt::format("process {} (application \"{}\")", rows.text(row, 0), rows.text(row, 2));
    blockers.push_back(fmt::format("transaction {} of {}, open for {}", rows.text(row, 3), who,
                                   short_duration(rows.integer(row, 4))));
  }
  if (blockers.empty()) return "the server is looking for a consistent point in its log";
  return "waiting for the end of " + join(blockers, "; ");
}

constexpr const char* unknown_object = "42704";

/// What the server's refusal to make a slot means.
Error slot_error(const Error& error) {
  struct Refusal {
    std::string_view sqlstate;
    const char* remedy;
  };
  constexpr std::array refusals{
      Refusal{
          "42501",
          "Give the user the right to replicate: ALTER ROLE ... REPLICATION; if the message names "
          "a library, add that to output_plugin_libraries of the server"},
      Refusal{"58P01",
              "The server lacks this output plug-in: upgrade YugabyteDB to 2024.1.1 or later"},
      Refusal{"53400",
              "Raise max_replication_slots of the server, or drop a slot that is not used"},
      Refusal{"0A000", "Upgrade YugabyteDB to 2024.1.1 or later"}};
  const auto refusal = std::find_if(refusals.begin(), refusals.end(), [&](const Refusal& known) {
    return known.sqlstate == error.sqlstate();
  });
  if (refusal == refusals.end()) return error;
  return Error(slot_refused, Action::give_up,
               fmt::format("the server does not make a replication slot: {}", error.what()),
               refusal->remedy)
      .with_sqlstate(error.sqlstate());
}

constexpr const char* replication_right =
    "Give the user the right to replicate: ALTER ROLE ... REPLICATION (on Amazon RDS: GRANT "
    "rds_replication)";

/// Slots are made and dropped over a connection that needs a right of its own.
Connection replication_session(const engine::Endpoint& endpoint) {
  try {
    return Connection(endpoint, ConnectionKind::replication);
  } catch (const Error& error) {
    // libpq gives no SQLSTATE for a failed connection; since PostgreSQL 16 the text is the second.
    const std::string_view message = error.what();
    if (message.find("replication role") == std::string_view::npos &&
        message.find("start WAL sender") == std::string_view::npos)
      throw;
    throw Error(slot_refused, Action::give_up, error.what(), replication_right);
  }
}

class Control final : public engine::CaptureControl {
 public:
  Control(const engine::Endpoint& endpoint, const ChooseDialect& choose)
      : endpoint_(endpoint), connection_(endpoint), dialect_(choose(connection_)) {}

  std::vector<std::string> preflight(const std::vector<Table>& tables) override {
    return dialect_.obstacles(connection_, tables);
  }
  std::vector<std::string> cautions() override { return dialect_.cautions(connection_); }
  void prepare_identities(const std::vector<Table>& tables,
                          const std::function<void(const engine::SourceChange&)>& record) override {
    make_rows_identifiable(connection_, tables, dialect_.change_identity, record);
  }
  void restore_identity(const engine::SourceChange& change) override {
    put_back_identity(connection_, change);
  }
  void create(const engine::CaptureNames& names, const std::vector<Table>& tables,
              const engine::Waiting& waiting) override;
  bool usable(const engine::CaptureNames& names, const Position& from) override;
  std::optional<engine::SlotHealth> health(const engine::CaptureNames& names) override {
    return slot_health(connection_, dialect_, names.slot);
  }
  Stall sender_stall(const engine::CaptureNames& names) override {
    return dialect_.wal_positions ? postgres::sender_stall(connection_, names.slot) : Stall{};
  }
  Position confirmed(const engine::CaptureNames& names) override;
  void drop(const engine::CaptureNames& names, const engine::Waiting& waiting) override;

  std::unique_ptr<engine::SnapshotHolder> create_with_snapshot(const engine::CaptureNames& names,
                                                               const std::vector<Table>& tables,
                                                               const engine::Waiting& waiting);
  std::unique_ptr<engine::SnapshotHolder> renew_snapshot();

 private:
  void require_primary();
  void create_publication(const std::string& name, const std::vector<Table>& tables,
                          const engine::Waiting& waiting);
  Result make_slot(Connection& replication, const std::string& options,
                   const engine::Waiting& waiting);
  std::unique_ptr<engine::SnapshotHolder> make_slot_with_snapshot(const std::string& options,
                                                                  const engine::Waiting& waiting);
  void remove(const engine::CaptureNames& names, const engine::Waiting& waiting);
  void drop_slot(const std::string& slot, const engine::Waiting& waiting);
  void end_stale_stream(const std::string& slot);
  void wait_and_drop(const std::string& slot, const engine::Waiting& waiting);
  bool try_drop(const std::string& slot);
  void drop_when_released(const std::string& slot, const engine::Waiting& waiting);

  engine::Endpoint endpoint_;
  Connection connection_;
  CaptureDialect dialect_;
};

/// A session of its own, so that this one can ask what it waits for. Only what locks a whole table
/// makes it wait, and while it does, nobody who reads or writes rows waits for it.
void Control::create_publication(const std::string& name, const std::vector<Table>& tables,
                                 const engine::Waiting& waiting) {
  std::vector<std::string> members;
  // ONLY: children by inheritance are tables of their own, perhaps not chosen.
  const auto add = [&](const QualifiedName& relation) {
    members.push_back("ONLY " + relation.quoted());
  };
  for (const Table& table : tables) {
    if (dialect_.publishes_roots) {
      add(table.name);
    } else {
      std::for_each(table.leaves.begin(), table.leaves.end(), add);
    }
  }
  if (!dialect_.logical_messages) add(barriers::table_name());
  Connection session(endpoint_);
  const std::string pid = std::to_string(session.backend_pid());
  const std::string sql = fmt::format("CREATE PUBLICATION {} {} {}{}", quote_identifier(name),
                                      members.empty() ? "" : "FOR TABLE", join(members, ", "),
                                      dialect_.publication_options);
  session.execute_waiting(sql, 1s, [&] {
    waiting(dialect_.shows_blockers
                ? describe_table_holders(connection_.query(table_holders_sql, {pid}))
                : "the server is making the publication");
  });
}

/// `options`: name, TEMPORARY, and what comes behind the plug-in. The old syntax of the command is
/// understood by every version.
Result Control::make_slot(Connection& replication, const std::string& options,
                          const engine::Waiting& waiting) {
  const std::string pid = std::to_string(replication.backend_pid());
  try {
    return replication.execute_waiting("CREATE_REPLICATION_SLOT " + options, 1s, [&] {
      waiting(dialect_.shows_blockers ? describe_blockers(connection_.query(blockers_sql, {pid}))
                                      : "the server is making the replication slot");
    });
  } catch (const Error& error) {
    throw slot_error(error);
  }
}

std::unique_ptr<engine::SnapshotHolder> Control::make_slot_with_snapshot(
    const std::string& options, const engine::Waiting& waiting) {
  Connection replication = replication_session(endpoint_);
  const Result made = make_slot(replication, options, waiting);
  // The exported snapshot lives until the next command of the replication session, which ends only
  // when the holder has taken it over.
  return hold_snapshot(endpoint_, made.string(0, 2), to_position(parse_lsn(made.text(0, 1))));
}

void Control::create(const engine::CaptureNames& names, const std::vector<Table>& tables,
                     const engine::Waiting& waiting) {
  remove(names, waiting);
  if (!dialect_.logical_messages) barriers::create(connection_, dialect_.change_identity);
  create_publication(names.publication, tables, waiting);
  VOYAGER_FAILPOINT("slot.publication_created");
  {
    Connection replication = replication_session(endpoint_);
    make_slot(replication,
              fmt::format("{} LOGICAL {} {}", quote_identifier(names.slot), dialect_.plugin,
                          dialect_.slot_options),
              waiting);
  }
  VOYAGER_FAILPOINT("slot.created");
  if (dialect_.opening_limit.count() > 0)
    prove_opening(connection_, names, tables, dialect_, waiting);
}

std::unique_ptr<engine::SnapshotHolder> Control::create_with_snapshot(
    const engine::CaptureNames& names, const std::vector<Table>& tables,
    const engine::Waiting& waiting) {
  remove(names, waiting);
  create_publication(names.publication, tables, waiting);
  VOYAGER_FAILPOINT("slot.publication_created");
  return make_slot_with_snapshot(
      fmt::format("{} LOGICAL pgoutput EXPORT_SNAPSHOT", quote_identifier(names.slot)), waiting);
}

std::unique_ptr<engine::SnapshotHolder> Control::renew_snapshot() {
  return make_slot_with_snapshot(
      fmt::format("yb_voyager_snapshot_{} TEMPORARY LOGICAL pgoutput EXPORT_SNAPSHOT",
                  connection_.backend_pid()),
      [](const std::string& reason) { log::info("snapshot: {}", reason); });
}

/// In a failover the address may lead to the new server before that is promoted.
void Control::require_primary() {
  if (connection_.scalar("SELECT pg_is_in_recovery()") != "t") return;
  throw Error(
      server_in_recovery, Action::reconnect,
      fmt::format("{}:{} is a standby that has not been promoted", endpoint_.host, endpoint_.port),
      "Promote it, or let the address lead to the primary");
}

bool Control::usable(const engine::CaptureNames& names, const Position& from) {
  if (dialect_.wal_positions) require_primary();
  const Result slot = connection_.query(
      fmt::format("SELECT {} FROM pg_replication_slots s WHERE s.slot_name = $1 AND s.plugin IN "
                  "('pgoutput', 'yboutput') AND s.database = current_database() AND EXISTS (SELECT "
                  "FROM pg_publication WHERE pubname = $2)",
                  dialect_.slot_lost),
      {names.slot, names.publication});
  if (slot.rows() == 0 || slot.boolean(0, 0)) return false;
  if (!dialect_.wal_positions) return true;
  // The slot may well be confirmed beyond `from`: by its end, or by keep-alives of an idle source.
  // A position ahead of the server's own log, though, belongs to another server (a restored one).
  const auto end = connection_.scalar("SELECT pg_current_wal_lsn()");
  return from_position(from) <= parse_lsn(end.value_or("0/0"));
}

Position Control::confirmed(const engine::CaptureNames& names) {
  // Whether the catalog counts as the stream does is not known of a server with counters.
  if (!dialect_.wal_positions) return {};
  const auto lsn = connection_.scalar(
      "SELECT confirmed_flush_lsn FROM pg_replication_slots WHERE slot_name = $1 AND "
      "confirmed_flush_lsn IS NOT NULL",
      {names.slot});
  return lsn ? to_position(parse_lsn(*lsn)) : Position();
}

void Control::end_stale_stream(const std::string& slot) {
  // A walsender that has not noticed yet that its client is gone. Any other user of the slot is
  // left alone.
  connection_.query(
      "SELECT pg_terminate_backend(a.pid) FROM pg_replication_slots s JOIN pg_stat_activity a "
      "ON a.pid = s.active_pid WHERE s.slot_name = $1 AND a.application_name = $2",
      {slot, connection_.scalar("SELECT current_setting('application_name')")});
}

void Control::wait_and_drop(const std::string& slot, const engine::Waiting& waiting) {
  int seconds = 0;
  Connection replication = replication_session(endpoint_);
  const auto still_in_use = [&] {
    waiting(fmt::format("replication slot {} is still in use", slot));
    if (++seconds < 30) return;
    throw Error(slot_busy, Action::retry,
                fmt::format("replication slot {} is in use by process {}", slot,
                            connection_
                                .scalar("SELECT active_pid FROM pg_replication_slots WHERE "
                                        "slot_name = $1",
                                        {slot})
                                .value_or("?")),
                "End that process, then run the same command again");
  };
  try {
    replication.execute_waiting(
        fmt::format("DROP_REPLICATION_SLOT {} WAIT", quote_identifier(slot)), 1s, still_in_use);
  } catch (const Error& error) {
    // One that was still being made goes with the session that made it.
    if (error.sqlstate() != unknown_object) throw;
  }
}

/// False when the server counts the slot as in use; a slot that is gone is fine.
bool Control::try_drop(const std::string& slot) {
  try {
    connection_.query("SELECT pg_drop_replication_slot($1)", {slot});
    return true;
  } catch (const Error& error) {
    constexpr const char* in_use = "55006";
    if (error.sqlstate() != in_use && error.sqlstate() != unknown_object) throw;
    return error.sqlstate() == unknown_object;
  }
}

void Control::drop_when_released(const std::string& slot, const engine::Waiting& waiting) {
  const auto deadline = std::chrono::steady_clock::now() + dialect_.slot_release;
  while (!try_drop(slot)) {
    if (std::chrono::steady_clock::now() >= deadline) {
      throw Error(slot_busy, Action::retry, fmt::format("replication slot {} stays in use", slot),
                  "End the program that reads it, then run the same command again");
    }
    waiting(
        fmt::format("replication slot {} counts as in use for a minute or more after its last "
                    "reader has gone",
                    slot));
    std::this_thread::sleep_for(1s);
  }
}

void Control::drop_slot(const std::string& slot, const engine::Waiting& waiting) {
  const auto active =
      connection_.scalar("SELECT active FROM pg_replication_slots WHERE slot_name = $1", {slot});
  if (!active) return;
  if (active == "t") end_stale_stream(slot);
  if (dialect_.slot_release.count() > 0) {
    drop_when_released(slot, waiting);
  } else if (active == "t") {
    wait_and_drop(slot, waiting);
  } else {
    connection_.query("SELECT pg_drop_replication_slot($1)", {slot});
  }
}

void Control::remove(const engine::CaptureNames& names, const engine::Waiting& waiting) {
  drop_slot(names.slot, waiting);
  VOYAGER_FAILPOINT("slot.dropped");
  connection_.execute("DROP PUBLICATION IF EXISTS " + quote_identifier(names.publication));
}

void Control::drop(const engine::CaptureNames& names, const engine::Waiting& waiting) {
  remove(names, waiting);
  if (!dialect_.logical_messages) barriers::forget(connection_, names.publication);
}

}  // namespace

std::unique_ptr<engine::CaptureControl> make_capture_control(const engine::Endpoint& endpoint,
                                                             const ChooseDialect& choose) {
  return std::make_unique<Control>(endpoint, choose);
}

std::unique_ptr<engine::SnapshotHolder> create_capture_with_snapshot(
    const engine::Endpoint& endpoint, const engine::CaptureNames& names,
    const std::vector<Table>& tables, const engine::Waiting& waiting) {
  return Control(endpoint, dialect_of_postgresql).create_with_snapshot(names, tables, waiting);
}

std::unique_ptr<engine::SnapshotHolder> renew_snapshot(const engine::Endpoint& endpoint) {
  return Control(endpoint, dialect_of_postgresql).renew_snapshot();
}

}  // namespace voyager::postgres
