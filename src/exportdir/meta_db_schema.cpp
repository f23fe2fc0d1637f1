// SPDX-License-Identifier: Apache-2.0
#include "exportdir/meta_db_schema.hpp"

#include <SQLiteCpp/SQLiteCpp.h>
#include <fmt/format.h>

#include <sqlite3.h>

#include <array>
#include <string_view>

#include "base/crc32c.hpp"

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

/// Each row carries a checksum of itself, and each chunk that of its file. A computed column can't
/// be added to a table that is there: so the tables are made anew. Source:
/// sqlite.org/lang_altertable.html, section 7, and sqlite.org/gencol.html.
constexpr const char* version_2 = R"sql(
CREATE TABLE new_migration (
  id INTEGER PRIMARY KEY CHECK (id = 1),
  uuid TEXT NOT NULL,
  created_micros INTEGER NOT NULL,
  row_check INTEGER GENERATED ALWAYS AS (row_checksum(uuid, created_micros)) STORED
);
INSERT INTO new_migration (id, uuid, created_micros) SELECT id, uuid, created_micros FROM migration;
DROP TABLE migration;
ALTER TABLE new_migration RENAME TO migration;

CREATE TABLE new_json_objects (
  key TEXT PRIMARY KEY,
  json_text TEXT NOT NULL,
  row_check INTEGER GENERATED ALWAYS AS (row_checksum(key, json_text)) STORED
) WITHOUT ROWID;
INSERT INTO new_json_objects (key, json_text) SELECT key, json_text FROM json_objects;
DROP TABLE json_objects;
ALTER TABLE new_json_objects RENAME TO json_objects;

CREATE TABLE new_tables (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  schema_name TEXT NOT NULL,
  table_name TEXT NOT NULL,
  definition TEXT NOT NULL,
  format TEXT NOT NULL,
  state TEXT NOT NULL,
  generation INTEGER NOT NULL,
  snapshot_position TEXT NOT NULL,
  row_check INTEGER GENERATED ALWAYS AS (row_checksum(
    id, schema_name, table_name, definition, format, state, generation, snapshot_position)) STORED,
  UNIQUE (schema_name, table_name)
);
INSERT INTO new_tables (id, schema_name, table_name, definition, format, state, generation,
    snapshot_position)
  SELECT id, schema_name, table_name, definition, format, state, generation, snapshot_position
    FROM tables;

CREATE TABLE new_chunks (
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
  bytes INTEGER NOT NULL,
  checksum INTEGER,
  row_check INTEGER GENERATED ALWAYS AS (row_checksum(id, table_id, generation, leaf_schema, leaf_name,
    range, file, state, estimated_bytes, rows, bytes, checksum)) STORED
);
INSERT INTO new_chunks (id, table_id, generation, leaf_schema, leaf_name, range, file, state,
    estimated_bytes, rows, bytes)
  SELECT id, table_id, generation, leaf_schema, leaf_name, range, file, state, estimated_bytes,
         rows, bytes
    FROM chunks;
DELETE FROM sqlite_sequence WHERE name IN ('new_tables', 'new_chunks');
INSERT INTO sqlite_sequence (name, seq)
  SELECT 'new_' || name, seq FROM sqlite_sequence WHERE name IN ('tables', 'chunks');
DROP TABLE chunks;
DROP TABLE tables;
ALTER TABLE new_tables RENAME TO tables;
ALTER TABLE new_chunks RENAME TO chunks;
CREATE INDEX chunks_of_table ON chunks (table_id, id);

CREATE TABLE new_queue_segment_meta (
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
  archive_location TEXT NOT NULL,
  row_check INTEGER GENERATED ALWAYS AS (row_checksum(segment_no, file_path, exporter_role, first_vsn,
    last_vsn, size_committed, sealed, archived, deleted, archive_location)) STORED
);
INSERT INTO new_queue_segment_meta (segment_no, file_path, exporter_role, first_vsn, last_vsn,
    size_committed, sealed, archived, deleted, archive_location)
  SELECT segment_no, file_path, exporter_role, first_vsn, last_vsn, size_committed, sealed, archived,
         deleted, archive_location
    FROM queue_segment_meta;
DROP TABLE queue_segment_meta;
ALTER TABLE new_queue_segment_meta RENAME TO queue_segment_meta;

CREATE TABLE new_consumers (
  role TEXT PRIMARY KEY,
  applied_vsn INTEGER NOT NULL,
  applied_source_micros INTEGER NOT NULL,
  updated_micros INTEGER NOT NULL,
  row_check INTEGER GENERATED ALWAYS AS (row_checksum(
    role, applied_vsn, applied_source_micros, updated_micros)) STORED
);
INSERT INTO new_consumers (role, applied_vsn, applied_source_micros, updated_micros)
  SELECT role, applied_vsn, applied_source_micros, updated_micros FROM consumers;
DROP TABLE consumers;
ALTER TABLE new_consumers RENAME TO consumers;

CREATE TABLE new_journal (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  unix_micros INTEGER NOT NULL,
  fact TEXT NOT NULL,
  detail TEXT NOT NULL,
  row_check INTEGER GENERATED ALWAYS AS (row_checksum(id, unix_micros, fact, detail)) STORED
);
INSERT INTO new_journal (id, unix_micros, fact, detail)
  SELECT id, unix_micros, fact, detail FROM journal;
DELETE FROM sqlite_sequence WHERE name = 'new_journal';
INSERT INTO sqlite_sequence (name, seq)
  SELECT 'new_' || name, seq FROM sqlite_sequence WHERE name = 'journal';
DROP TABLE journal;
ALTER TABLE new_journal RENAME TO journal;

CREATE TABLE confirmed_positions (
  slot TEXT PRIMARY KEY,
  position TEXT NOT NULL,
  row_check INTEGER GENERATED ALWAYS AS (row_checksum(slot, position)) STORED
);
)sql";

/// migrations[n] leads from version n to n + 1. Released ones are never edited.
constexpr std::array<const char*, meta_db_version> migrations{version_1, version_2};

/// The columns that the checksum of a row is of. The counts of exported events and the figures are
/// for people, and have none.
struct CheckedTable {
  const char* name;
  const char* columns;
};
constexpr std::array checked_tables{
    CheckedTable{"migration", "uuid, created_micros"},
    CheckedTable{"json_objects", "key, json_text"},
    CheckedTable{"tables",
                 "id, schema_name, table_name, definition, format, state, generation, "
                 "snapshot_position"},
    CheckedTable{"chunks",
                 "id, table_id, generation, leaf_schema, leaf_name, range, file, state, "
                 "estimated_bytes, rows, bytes, checksum"},
    CheckedTable{"queue_segment_meta",
                 "segment_no, file_path, exporter_role, first_vsn, last_vsn, size_committed, "
                 "sealed, archived, "
                 "deleted, archive_location"},
    CheckedTable{"consumers", "role, applied_vsn, applied_source_micros, updated_micros"},
    CheckedTable{"journal", "id, unix_micros, fact, detail"},
    CheckedTable{"confirmed_positions", "slot, position"},
};

/// One value: its type, its length and its bytes, so that no two rows give the same bytes.
std::uint32_t add_value(std::uint32_t checksum, sqlite3_value* value) {
  std::string bytes(1, static_cast<char>('0' + sqlite3_value_type(value)));
  if (const auto* text = reinterpret_cast<const char*>(sqlite3_value_text(value));
      text != nullptr) {
    const auto length = static_cast<std::size_t>(sqlite3_value_bytes(value));
    bytes += std::to_string(length) + ":";
    bytes.append(text, length);
  }
  return crc32c(bytes, checksum);
}

void row_checksum(sqlite3_context* context, int count, sqlite3_value** values) {
  std::uint32_t checksum = 0;
  for (int i = 0; i < count; ++i) checksum = add_value(checksum, values[i]);
  sqlite3_result_int64(context, checksum);
}

}  // namespace

void add_checksum_function(SQLite::Database& database) {
  database.createFunction("row_checksum", -1, true, nullptr, row_checksum);
}

std::optional<std::string> find_damage(SQLite::Database& database) {
  const std::string structure = database.execAndGet("PRAGMA integrity_check(1)").getString();
  if (structure != "ok") return structure;
  for (const CheckedTable& table : checked_tables) {
    const std::string sql =
        fmt::format("SELECT EXISTS (SELECT 1 FROM {} WHERE row_check IS NOT row_checksum({}))",
                    table.name, table.columns);
    if (database.execAndGet(sql).getInt() != 0)
      return fmt::format("a row of table {} does not have its checksum", table.name);
  }
  return std::nullopt;
}

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
