// SPDX-License-Identifier: Apache-2.0
#include "engines/postgres/ledger_tables.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <stop_token>
#include <string_view>

#include "base/backoff.hpp"
#include "base/error.hpp"
#include "base/text.hpp"
#include "engines/postgres/text_forms.hpp"

namespace voyager::postgres::ledger {
namespace {

void create_missing(Connection& connection) {
  create_schema(connection);
  connection.execute(fmt::format(
      "CREATE TABLE IF NOT EXISTS {} (migration_uuid uuid, data_file_name text, "
      "batch_number int, schema_name text, table_name text, rows_imported bigint, "
      "PRIMARY KEY (migration_uuid, data_file_name, batch_number, schema_name, table_name))",
      batches));
  connection.execute(fmt::format(
      "CREATE TABLE IF NOT EXISTS {} (migration_uuid uuid, channel_no int, "
      "last_applied_vsn bigint, num_inserts bigint, num_deletes bigint, num_updates bigint, "
      "PRIMARY KEY (migration_uuid, channel_no))",
      channels));
  connection.execute(fmt::format(
      "CREATE TABLE IF NOT EXISTS {} (migration_uuid uuid, table_name text, channel_no int, "
      "total_events bigint, num_inserts bigint, num_deletes bigint, num_updates bigint, "
      "PRIMARY KEY (migration_uuid, table_name, channel_no))",
      counts));
}

/// IF NOT EXISTS does not cover two sessions that create the same thing at the same moment.
bool somebody_else_creates_it(const Error& error) {
  constexpr std::array<std::string_view, 4> states{"23505", "42P06", "42P07", "42710"};
  return error.action() == Action::retry ||
         std::find(states.begin(), states.end(), error.sqlstate()) != states.end();
}

}  // namespace

void create_schema(Connection& connection) {
  connection.execute("CREATE SCHEMA IF NOT EXISTS ybvoyager_metadata");
}

void drop_empty_schema(Connection& connection) {
  try {
    connection.execute("DROP SCHEMA IF EXISTS ybvoyager_metadata");
  } catch (const Error& error) {
    // Something of somebody else lives in it, or it is somebody else's: not ours to drop.
    constexpr const char* others_depend_on_it = "2BP01";
    constexpr const char* not_the_owner = "42501";
    if (error.sqlstate() != others_depend_on_it && error.sqlstate() != not_the_owner) throw;
  }
}

bool exists(Connection& connection) {
  return connection
      .scalar(
          "SELECT 1 WHERE pg_catalog.to_regclass($1) IS NOT NULL "
          "AND pg_catalog.to_regclass($2) IS NOT NULL "
          "AND pg_catalog.to_regclass($3) IS NOT NULL",
          {batches, channels, counts})
      .has_value();
}

void create(Connection& connection) {
  constexpr int attempts = 12;
  Backoff backoff(std::chrono::milliseconds(50), std::chrono::seconds(1));
  for (int attempt = 1;; ++attempt) {
    try {
      // First of all: CREATE ... IF NOT EXISTS asks for the right to create even when there is
      // nothing to do.
      if (!exists(connection)) create_missing(connection);
      return;
    } catch (const Error& error) {
      if (error.action() == Action::reconnect) throw;
      if (!somebody_else_creates_it(error) || attempt == attempts) {
        fail(not_created,
             fmt::format("cannot create the schema ybvoyager_metadata in database \"{}\": {}",
                         connection.endpoint().database, error.what()),
             "Grant CREATE on the database to this user");
      }
      backoff.wait(std::stop_token());
    }
  }
}

std::optional<std::int64_t> position(Connection& connection, const std::string& migration) {
  const auto vsn = connection.scalar(
      fmt::format("SELECT last_applied_vsn FROM {} WHERE migration_uuid = $1 AND channel_no = {}",
                  channels, channel),
      {migration});
  if (!vsn) return std::nullopt;
  return parse_int(*vsn);
}

void add_counts(Connection& connection, const std::string& migration,
                std::span<const engine::TableCounts> table_counts) {
  if (table_counts.empty()) return;
  ArrayLiteral names;
  ArrayLiteral inserts;
  ArrayLiteral deletes;
  ArrayLiteral updates;
  for (const engine::TableCounts& table : table_counts) {
    names.add(Value::of(table.table.display()));
    inserts.add(Value::of(std::to_string(table.inserts)));
    deletes.add(Value::of(std::to_string(table.deletes)));
    updates.add(Value::of(std::to_string(table.updates)));
  }
  connection.queue(
      fmt::format("INSERT INTO {0} AS t (migration_uuid, table_name, channel_no, total_events, "
                  "num_inserts, num_deletes, num_updates) "
                  "SELECT $1::uuid, n, {1}, i + d + u, i, d, u "
                  "FROM unnest($2::text[], $3::bigint[], $4::bigint[], $5::bigint[]) v(n, i, d, u) "
                  "ON CONFLICT (migration_uuid, table_name, channel_no) DO UPDATE SET "
                  "total_events = t.total_events + excluded.total_events, "
                  "num_inserts = t.num_inserts + excluded.num_inserts, "
                  "num_deletes = t.num_deletes + excluded.num_deletes, "
                  "num_updates = t.num_updates + excluded.num_updates",
                  counts, channel),
      {migration, names.close(), inserts.close(), deletes.close(), updates.close()});
}

void touch(Connection& connection, const std::string& migration) {
  connection.queue(fmt::format("UPDATE {} SET last_applied_vsn = last_applied_vsn "
                               "WHERE migration_uuid = $1 AND channel_no = {}",
                               channels, channel),
                   {migration});
}

void move_position(Connection& connection, const std::string& migration, Move move,
                   std::span<const engine::TableCounts> table_counts) {
  engine::TableCounts sum;
  for (const engine::TableCounts& table : table_counts) {
    sum.inserts += table.inserts;
    sum.deletes += table.deletes;
    sum.updates += table.updates;
  }
  const std::array values{std::to_string(move.to), std::to_string(sum.inserts),
                          std::to_string(sum.deletes), std::to_string(sum.updates),
                          std::to_string(move.from)};
  connection.queue(
      fmt::format("UPDATE {} SET last_applied_vsn = $2, num_inserts = num_inserts + $3, "
                  "num_deletes = num_deletes + $4, num_updates = num_updates + $5 "
                  "WHERE migration_uuid = $1 AND channel_no = {} "
                  "AND last_applied_vsn = $6 AND last_applied_vsn < $2",
                  channels, channel),
      {migration, values[0], values[1], values[2], values[3], values[4]},
      [move](const TakeResult& moved) {
        if (moved().affected() == 1) return;
        fail(position_moved,
             fmt::format("cannot move the target's position from {} to {}: it is not where this "
                         "process left it, so another importer of this migration has applied "
                         "changes",
                         move.from, move.to),
             "Stop the other importer; then run the command again");
      });
}

}  // namespace voyager::postgres::ledger
