// SPDX-License-Identifier: Apache-2.0
#include "engines/postgres/capture_dialect.hpp"

#include <fmt/format.h>

#include <cstdlib>

#include "base/error.hpp"
#include "engines/postgres/preflight.hpp"
#include "engines/postgres/traits.hpp"

namespace voyager::postgres {
namespace {

using namespace std::chrono_literals;

constexpr ErrorCode bad_value{1002};
constexpr const char* plugin_variable = "YB_VOYAGER_OUTPUT_PLUGIN";

std::string chosen_plugin() {
  const char* value = std::getenv(plugin_variable);
  const std::string plugin = value == nullptr || *value == '\0' ? "yboutput" : value;
  if (plugin != "yboutput" && plugin != "pgoutput")
    fail(bad_value, fmt::format("{} is neither yboutput nor pgoutput", plugin_variable),
         "Unset it, or correct it");
  return plugin;
}

}  // namespace

CaptureDialect postgresql_dialect(int version_number) {
  CaptureDialect dialect;
  // Before version 13 a publication takes leaves only.
  dialect.publishes_roots = version_number >= 130000;
  dialect.publication_options =
      fmt::format(" WITH (publish = 'insert, update, delete{}'{})",
                  version_number >= 110000 ? ", truncate" : "",
                  dialect.publishes_roots ? ", publish_via_partition_root = false" : "");
  dialect.stream_options = version_number >= 140000 ? ", messages 'true'" : "";
  dialect.slot_lost = version_number >= 130000
                          ? "s.restart_lsn IS NULL OR coalesce(s.wal_status, 'lost') = 'lost'"
                          : "s.restart_lsn IS NULL";
  dialect.lost_remedy =
      "The migration can't go on: run end migration, then start it again in a new export "
      "directory; check max_slot_wal_keep_size";
  dialect.obstacles = postgresql_obstacles;
  dialect.cautions = [](Connection&) { return CaptureDialect::Lines{}; };
  return dialect;
}

CaptureDialect yugabytedb_dialect(const std::string& plugin) {
  CaptureDialect dialect;
  dialect.plugin = plugin;
  dialect.change_identity = plugin != "pgoutput";
  // Subsets of operations are not supported for streaming: no option is given.
  dialect.publishes_roots = false;
  dialect.logical_messages = false;
  dialect.wal_positions = false;
  // They hold a counter of which nothing says that all before it has been sent.
  dialect.confirms_keep_alives = false;
  dialect.row_versions = false;
  dialect.shows_blockers = false;
  dialect.internal_errors_pass = true;
  dialect.lost_remedy =
      "The way back can't go on: run end migration; changes are kept only for "
      "cdc_intent_retention_ms (8 hours by default) while nobody reads them";
  // ysql_cdc_active_replication_slot_window_ms: the releases' documentation says one or five
  // minutes.
  dialect.slot_release = 6min;
  dialect.opening_limit = 60s;
  dialect.clock_skew = 1s;  // twice the default of max_clock_skew_usec
  // Much less than the time for which changes are kept, and nothing to the load.
  dialect.heartbeat = 5min;
  dialect.obstacles = yugabytedb_obstacles;
  dialect.cautions = yugabytedb_cautions;
  return dialect;
}

CaptureDialect dialect_of_postgresql(Connection& connection) {
  return postgresql_dialect(connection.server_version());
}

CaptureDialect dialect_of(Connection& connection) {
  return is_yugabytedb(connection) ? yugabytedb_dialect(chosen_plugin())
                                   : dialect_of_postgresql(connection);
}

}  // namespace voyager::postgres
