// SPDX-License-Identifier: Apache-2.0
#include "exportdir/meta_db_schema.hpp"

#include <SQLiteCpp/SQLiteCpp.h>
#include <fmt/format.h>

#include <array>

namespace voyager::exportdir {
namespace {

constexpr const char* version_1 = R"sql(
CREATE TABLE migration (
  id INTEGER PRIMARY KEY CHECK (id = 1),
  uuid TEXT NOT NULL,
  created_micros INTEGER NOT NULL
);
CREATE TABLE json_objects (
  key TEXT PRIMARY KEY,
  json_text TEXT NOT NULL
) WITHOUT ROWID;
CREATE TABLE tables (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  schema_name TEXT NOT NULL,
  table_name TEXT NOT NULL,
  definition TEXT NOT NULL,
  format TEXT NOT NULL,
  state TEXT NOT NULL,
  generation INTEGER NOT NULL,
  snapshot_position TEXT NOT NULL,
  UNIQUE (schema_name, table_name)
);
CREATE TABLE chunks (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  table_id INTEGER NOT NULL REFERENCES tables (id),
  generation INTEGER NOT NULL,
  leaf_schema TEXT NOT NULL,
  leaf_name TEXT NOT NULL,
  range TEXT NOT NULL,
  file TEXT NOT NULL,
  state TEXT NOT NULL,
  estimated_bytes INTEGER NOT NULL,
  rows INTEGER NOT NULL,
  bytes INTEGER NOT NULL
);
CREATE INDEX chunks_of_table ON chunks (table_id, id);
CREATE TABLE queue_segment_meta (
  segment_no INTEGER PRIMARY KEY,
  file_path TEXT NOT NULL,
  exporter_role TEXT NOT NULL,
  first_vsn INTEGER NOT NULL,
  last_vsn INTEGER NOT NULL,
  total_events INTEGER GENERATED ALWAYS AS (last_vsn - first_vsn + 1) VIRTUAL,
  size_committed INTEGER NOT NULL,
  sealed INTEGER NOT NULL,
  archived INTEGER NOT NULL,
  deleted INTEGER NOT NULL,
  archive_location TEXT NOT NULL
);
CREATE TABLE exported_events_stats_per_table (
  exporter_role TEXT NOT NULL,
  schema_name TEXT NOT NULL,
  table_name TEXT NOT NULL,
  num_total INTEGER GENERATED ALWAYS AS
    (num_inserts + num_updates + num_deletes + num_truncates) VIRTUAL,
  num_inserts INTEGER NOT NULL,
  num_updates INTEGER NOT NULL,
  num_deletes INTEGER NOT NULL,
  num_truncates INTEGER NOT NULL,
  PRIMARY KEY (exporter_role, schema_name, table_name)
);
CREATE TABLE exported_events_counted (
  id INTEGER PRIMARY KEY CHECK (id = 1),
  through_vsn INTEGER NOT NULL
);
CREATE TABLE consumers (
  role TEXT PRIMARY KEY,
  applied_vsn INTEGER NOT NULL,
  applied_source_micros INTEGER NOT NULL,
  updated_micros INTEGER NOT NULL
);
CREATE TABLE journal (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  unix_micros INTEGER NOT NULL,
  fact TEXT NOT NULL,
  detail TEXT NOT NULL
);
CREATE TABLE figures (
  role TEXT NOT NULL,
  name TEXT NOT NULL,
  value TEXT NOT NULL,
  PRIMARY KEY (role, name)
) WITHOUT ROWID;
)sql";

/// migrations[n] leads from version n to n + 1. Released ones are never edited.
constexpr std::array<const char*, meta_db_version> migrations{version_1};

}  // namespace

int schema_version_of(SQLite::Database& database) {
  return database.execAndGet("PRAGMA user_version").getInt();
}

void migrate_schema(SQLite::Database& database) {
  for (int version = schema_version_of(database); version < meta_db_version; ++version) {
    SQLite::Transaction transaction(database, SQLite::TransactionBehavior::IMMEDIATE);
    database.exec(migrations[static_cast<std::size_t>(version)]);
    database.exec(fmt::format("PRAGMA user_version = {}", version + 1));
    transaction.commit();
  }
}

}  // namespace voyager::exportdir
