// SPDX-License-Identifier: Apache-2.0
#include "engines/postgres/capture_control.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <thread>

#include "base/log.hpp"
#include "base/text.hpp"
#include "engines/postgres/held_snapshot.hpp"
#include "engines/postgres/lsn.hpp"
#include "engines/postgres/replica_identity.hpp"
#include "engines/postgres/sqlstate.hpp"

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

class Control final : public engine::CaptureControl {
 public:
  explicit Control(const engine::Endpoint& endpoint) : endpoint_(endpoint), connection_(endpoint) {}

  std::vector<std::string> preflight(const std::vector<Table>& tables) override {
    return capture_obstacles(connection_, tables);
  }
  void prepare_identities(const std::vector<Table>& tables,
                          const std::function<void(const engine::SourceChange&)>& record) override {
    make_rows_identifiable(connection_, tables, record);
  }
  void restore_identity(const engine::SourceChange& change) override {
    put_back_identity(connection_, change);
  }
  std::unique_ptr<engine::SnapshotHolder> create(
      const engine::CaptureNames& names, const std::vector<Table>& tables,
      const std::function<void(const std::string&)>& waiting) override;
  std::unique_ptr<engine::SnapshotHolder> renew_snapshot() override;
  bool usable(const engine::CaptureNames& names, const Position& from) override;
  void drop(const engine::CaptureNames& names) override;

 private:
  void create_publication(const std::string& name, const std::vector<Table>& tables);
  std::unique_ptr<engine::SnapshotHolder> make_slot(
      const std::string& slot, bool temporary,
      const std::function<void(const std::string&)>& waiting);
  void end_stale_stream(const std::string& slot);
  void wait_and_drop(const std::string& slot);

  engine::Endpoint endpoint_;
  Connection connection_;
};

void Control::create_publication(const std::string& name, const std::vector<Table>& tables) {
  // Before version 13 a publication takes leaves only.
  const bool by_root = connection_.server_version() >= 130000;
  std::vector<std::string> members;
  for (const Table& table : tables) {
    const std::vector<QualifiedName> relations =
        by_root ? std::vector<QualifiedName>{table.name} : table.leaves;
    // ONLY: children by inheritance are tables of their own, perhaps not chosen.
    for (const QualifiedName& relation : relations) members.push_back("ONLY " + relation.quoted());
  }
  connection_.execute(
      fmt::format("CREATE PUBLICATION {} {} {} WITH (publish = 'insert, update, delete{}'{})",
                  quote_identifier(name), members.empty() ? "" : "FOR TABLE", join(members, ", "),
                  connection_.server_version() >= 110000 ? ", truncate" : "",
                  by_root ? ", publish_via_partition_root = false" : ""));
}

std::unique_ptr<engine::SnapshotHolder> Control::make_slot(
    const std::string& slot, bool temporary,
    const std::function<void(const std::string&)>& waiting) {
  Connection replication(endpoint_, ConnectionKind::replication);
  const std::string pid = std::to_string(replication.backend_pid());
  // The old syntax of the command is understood by every version.
  const std::string command =
      fmt::format("CREATE_REPLICATION_SLOT {} {} LOGICAL pgoutput EXPORT_SNAPSHOT",
                  quote_identifier(slot), temporary ? "TEMPORARY" : "");
  const Result made = replication.execute_waiting(
      command, 1s, [&] { waiting(describe_blockers(connection_.query(blockers_sql, {pid}))); });
  // The exported snapshot lives until the next command of the replication session, which ends only
  // when the holder has taken it over.
  return hold_snapshot(endpoint_, made.string(0, 2), to_position(parse_lsn(made.text(0, 1))));
}

std::unique_ptr<engine::SnapshotHolder> Control::create(
    const engine::CaptureNames& names, const std::vector<Table>& tables,
    const std::function<void(const std::string&)>& waiting) {
  drop(names);
  create_publication(names.publication, tables);
  return make_slot(names.slot, false, waiting);
}

std::unique_ptr<engine::SnapshotHolder> Control::renew_snapshot() {
  const std::string slot = fmt::format("yb_voyager_snapshot_{}", connection_.backend_pid());
  return make_slot(slot, true,
                   [](const std::string& reason) { log::info("snapshot: {}", reason); });
}

bool Control::usable(const engine::CaptureNames& names, const Position& from) {
  const std::string lost =
      connection_.server_version() >= 130000 ? "coalesce(s.wal_status, 'lost') = 'lost'" : "false";
  const Result slot = connection_.query(
      fmt::format("SELECT s.confirmed_flush_lsn, s.restart_lsn IS NULL OR {} FROM "
                  "pg_replication_slots s WHERE s.slot_name = $1 AND s.plugin = 'pgoutput' AND "
                  "s.database = current_database() AND EXISTS (SELECT FROM pg_publication WHERE "
                  "pubname = $2)",
                  lost),
      {names.slot, names.publication});
  if (slot.rows() == 0 || slot.boolean(0, 1)) return false;
  // The slot may well be confirmed beyond `from`: by its end, or by keep-alives of an idle source.
  // A position ahead of the server's own log, though, belongs to another server (a restored one).
  const auto end = connection_.scalar("SELECT pg_current_wal_lsn()");
  return from_position(from) <= parse_lsn(end.value_or("0/0"));
}

void Control::end_stale_stream(const std::string& slot) {
  // A walsender that has not noticed yet that its client is gone. Any other user of the slot is
  // left alone.
  connection_.query(
      "SELECT pg_terminate_backend(a.pid) FROM pg_replication_slots s JOIN pg_stat_activity a "
      "ON a.pid = s.active_pid WHERE s.slot_name = $1 AND a.application_name = $2",
      {slot, connection_.scalar("SELECT current_setting('application_name')")});
}

void Control::wait_and_drop(const std::string& slot) {
  int seconds = 0;
  Connection replication(endpoint_, ConnectionKind::replication);
  replication.execute_waiting(
      fmt::format("DROP_REPLICATION_SLOT {} WAIT", quote_identifier(slot)), 1s, [&] {
        if (++seconds < 30) return;
        throw Error(slot_busy, Action::retry,
                    fmt::format("replication slot {} is in use by process {}", slot,
                                connection_
                                    .scalar("SELECT active_pid FROM pg_replication_slots WHERE "
                                            "slot_name = $1",
                                            {slot})
                                    .value_or("?")),
                    "End that process, then run the same command again");
      });
}

void Control::drop(const engine::CaptureNames& names) {
  const auto active = connection_.scalar(
      "SELECT active FROM pg_replication_slots WHERE slot_name = $1", {names.slot});
  if (active == "t") {
    end_stale_stream(names.slot);
    wait_and_drop(names.slot);
  } else if (active) {
    connection_.query("SELECT pg_drop_replication_slot($1)", {names.slot});
  }
  connection_.execute("DROP PUBLICATION IF EXISTS " + quote_identifier(names.publication));
}

}  // namespace

std::unique_ptr<engine::CaptureControl> make_capture_control(const engine::Endpoint& endpoint) {
  return std::make_unique<Control>(endpoint);
}

}  // namespace voyager::postgres
