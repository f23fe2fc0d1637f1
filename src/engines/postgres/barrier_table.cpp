// SPDX-License-Identifier: Apache-2.0
#include "engines/postgres/barrier_table.hpp"

#include <fmt/format.h>

#include "base/error.hpp"
#include "engines/postgres/ledger_tables.hpp"

namespace voyager::postgres::barriers {
namespace {

constexpr const char* heartbeat_id = "heartbeat";

bool exists(Connection& connection) {
  return connection.scalar("SELECT pg_catalog.to_regclass($1)", {table}).has_value();
}

void use_common_identity(Connection& connection) {
  const auto changes = connection.scalar(
      "SELECT 1 FROM pg_class WHERE oid = pg_catalog.to_regclass($1) AND relreplident = 'c'",
      {table});
  if (changes) connection.execute(fmt::format("ALTER TABLE {} REPLICA IDENTITY DEFAULT", table));
}

}  // namespace

QualifiedName table_name() {
  return {"ybvoyager_metadata", "ybvoyager_barriers"};
}

void create(Connection& connection, bool change_identity) {
  // First of all: CREATE ... IF NOT EXISTS asks for the right to create even when there is nothing
  // to do.
  if (!exists(connection)) {
    ledger::create_schema(connection);
    connection.execute(
        fmt::format("CREATE TABLE IF NOT EXISTS {} (publication text, id text, written_at "
                    "timestamptz DEFAULT clock_timestamp(), PRIMARY KEY (publication, id, "
                    "written_at))",
                    table));
  }
  if (!change_identity) use_common_identity(connection);
}

void forget(Connection& connection, const std::string& publication) {
  if (!exists(connection)) return;
  connection.query(fmt::format("DELETE FROM {} WHERE publication = $1", table), {publication});
  drop_if_unused(connection);
  ledger::drop_empty_schema(connection);
}

void drop_if_unused(Connection& connection) {
  if (!exists(connection)) return;
  const auto needed = connection.scalar(
      fmt::format("SELECT 1 WHERE EXISTS (SELECT FROM {}) OR EXISTS (SELECT FROM "
                  "pg_publication_rel WHERE prrelid = pg_catalog.to_regclass($1))",
                  table),
      {table});
  if (!needed) connection.execute(fmt::format("DROP TABLE IF EXISTS {}", table));
}

void write(Connection& connection, const std::string& publication, const std::string& id) {
  connection.query(fmt::format("INSERT INTO {} (publication, id) VALUES ($1, $2)", table),
                   {publication, id});
}

void write_heartbeat(Connection& connection, const std::string& publication) {
  Transaction transaction(connection);
  connection.query(fmt::format("DELETE FROM {} WHERE publication = $1 AND id = $2", table),
                   {publication, heartbeat_id});
  write(connection, publication, heartbeat_id);
  transaction.commit();
}

std::string opening_id(const std::string& slot) {
  return slot + ":opened";
}

bool Rows::describe(const pgoutput::RelationMessage& message) {
  const QualifiedName own = table_name();
  if (message.schema != own.schema || message.name != own.name) return false;
  relation_ = message.id;
  for (std::size_t i = 0; i < message.columns.size(); ++i) {
    if (message.columns[i].name == "publication") publication_column_ = i;
    if (message.columns[i].name == "id") id_column_ = i;
  }
  return true;
}

std::optional<std::string> Rows::id_of(const RowChange& change) const {
  if (change.operation != Operation::insert) return std::nullopt;
  if (change.after[publication_column_].text != names_.publication) return std::nullopt;
  return std::string(change.after[id_column_].text);
}

bool Rows::is_barrier(const std::string& id) const {
  return id != heartbeat_id && id != opening_id(names_.slot);
}

}  // namespace voyager::postgres::barriers
