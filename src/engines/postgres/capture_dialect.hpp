// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <functional>
#include <string>
#include <vector>

#include "engines/postgres/connection.hpp"
#include "model/table.hpp"

namespace voyager::postgres {

/// How changes are captured from one kind of server, as data: nobody asks "is it YugabyteDB?" to
/// decide. Sources: PostgreSQL 15 documentation, sections 31.7 and 55.4; YugabyteDB documentation,
/// "CDC using logical replication".
struct CaptureDialect {
  std::string plugin = "pgoutput";
  /// The plug-in streams tables with REPLICA IDENTITY CHANGE (YugabyteDB's default).
  bool change_identity = false;
  std::string slot_options = "NOEXPORT_SNAPSHOT";
  std::string stream_options;       ///< further options of START_REPLICATION, ", name 'value'"
  std::string publication_options;  ///< " WITH (...)" of CREATE PUBLICATION
  bool publishes_roots = true;      ///< else each leaf of a partition tree is named
  /// Barriers are logical messages; else rows of the barrier table, which is then published too.
  bool logical_messages = true;
  /// Positions are places in the server's log: streams may start at one, and the server says where
  /// its log ends. Else they are counters of one slot, known from its stream alone, and none of
  /// pg_current_wal_lsn(), pg_wal_lsn_diff() and IDENTIFY_SYSTEM exists.
  bool wal_positions = true;
  bool confirms_keep_alives =
      true;                    ///< what the server sent is gone once a keep-alive is beyond it
  bool row_versions = true;    ///< system column xmin can be read
  bool shows_blockers = true;  ///< pg_locks tells who holds back a new slot
  /// Of a row s of pg_replication_slots: it can't deliver any more.
  std::string slot_lost = "false";
  /// Errors of class XX end the stream for a while only.
  bool internal_errors_pass = false;
  std::string lost_remedy;  ///< when the slot can't deliver what is missing
  /// How long a slot may count as in use after its last consumer has gone; 0: no longer than it is.
  std::chrono::seconds slot_release{0};
  /// A new slot starts at a point that may lie in the future: a marker must come out of it within
  /// this time before it counts as made; 0: at once.
  std::chrono::milliseconds opening_limit{0};
  std::chrono::milliseconds clock_skew{0};  ///< between the servers of a cluster, at most
  /// When nothing was confirmed for so long, something is written that can be; 0: never.
  std::chrono::milliseconds heartbeat{0};

  using Lines = std::vector<std::string>;
  /// What stands in the way of capture, one line for each thing to do.
  Lines (*obstacles)(Connection& connection, const std::vector<Table>& tables) = nullptr;
  /// What works but needs attention.
  Lines (*cautions)(Connection& connection) = nullptr;
};

using ChooseDialect = std::function<CaptureDialect(Connection&)>;

CaptureDialect dialect_of_postgresql(Connection& connection);
/// Asks the server what it is. Throws: E1002 when YB_VOYAGER_OUTPUT_PLUGIN, which chooses
/// YugabyteDB's plug-in, is neither yboutput nor pgoutput.
CaptureDialect dialect_of(Connection& connection);

/// Pure. `version_number` as Connection::server_version().
CaptureDialect postgresql_dialect(int version_number);
CaptureDialect yugabytedb_dialect(const std::string& plugin);

}  // namespace voyager::postgres
