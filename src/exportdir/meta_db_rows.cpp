// SPDX-License-Identifier: Apache-2.0
#include "exportdir/meta_db_rows.hpp"

#include <SQLiteCpp/SQLiteCpp.h>
#include <fmt/format.h>

#include <array>

#include "base/error.hpp"
#include "exportdir/table_json.hpp"

namespace voyager::exportdir::rows {
namespace {

constexpr ErrorCode damaged{2202};
constexpr ErrorCode not_recorded{2205};

template <typename Enum, std::size_t size>
Enum enum_from(const std::array<const char*, size>& names, const std::string& name) {
  for (std::size_t i = 0; i < size; ++i) {
    if (name == names[i]) return static_cast<Enum>(i);
  }
  fail(damaged, fmt::format("meta.db holds the unknown word \"{}\"", name));
}

constexpr std::array table_states{"pending", "exporting", "exported"};
constexpr std::array chunk_states{"planned", "exported"};
constexpr std::array formats{"binary", "csv"};

template <typename Enum, std::size_t size>
const char* word_for(const std::array<const char*, size>& names, Enum value) {
  return names.at(static_cast<std::size_t>(value));
}

}  // namespace

int run(SQLite::Database& db, const char* sql, std::initializer_list<Parameter> parameters) {
  SQLite::Statement statement(db, sql);
  int index = 0;
  for (const Parameter& parameter : parameters) {
    ++index;
    std::visit([&](const auto& value) { statement.bind(index, value); }, parameter);
  }
  return statement.exec();
}

void run_on_row(SQLite::Database& db, const char* sql,
                std::initializer_list<Parameter> parameters) {
  if (run(db, sql, parameters) != 1)
    fail(not_recorded, fmt::format("meta.db has no such row: {}", sql));
}

std::string word_of(TableState state) {
  return word_for(table_states, state);
}

TableRecord table_record(SQLite::Statement& row) {
  TableRecord record;
  record.id = row.getColumn("id").getInt64();
  record.table = table_from_json(row.getColumn("definition").getString());
  record.format = enum_from<ChunkFormat>(formats, row.getColumn("format").getString());
  read_progress(row, record);
  return record;
}

void read_progress(SQLite::Statement& row, TableRecord& record) {
  record.state = enum_from<TableState>(table_states, row.getColumn("state").getString());
  record.generation = row.getColumn("generation").getInt64();
  record.snapshot_position.text = row.getColumn("snapshot_position").getString();
}

ChunkRecord chunk_record(SQLite::Statement& row) {
  ChunkRecord record;
  record.id = row.getColumn("id").getInt64();
  record.table_id = row.getColumn("table_id").getInt64();
  record.generation = row.getColumn("generation").getInt64();
  record.leaf = {row.getColumn("leaf_schema").getString(), row.getColumn("leaf_name").getString()};
  record.range = row.getColumn("range").getString();
  record.file = row.getColumn("file").getString();
  record.state = enum_from<ChunkState>(chunk_states, row.getColumn("state").getString());
  record.estimated_bytes = row.getColumn("estimated_bytes").getInt64();
  record.rows = row.getColumn("rows").getInt64();
  record.bytes = row.getColumn("bytes").getInt64();
  if (const auto checksum = row.getColumn("checksum"); !checksum.isNull())
    record.checksum = checksum.getUInt();
  return record;
}

SegmentRecord segment_record(SQLite::Statement& row) {
  SegmentRecord record;
  record.number = row.getColumn("segment_no").getInt64();
  record.exporter_role = row.getColumn("exporter_role").getString();
  record.first_vsn = row.getColumn("first_vsn").getInt64();
  record.last_vsn = row.getColumn("last_vsn").getInt64();
  record.committed_bytes = row.getColumn("size_committed").getInt64();
  record.sealed = row.getColumn("sealed").getInt() != 0;
  record.archived = row.getColumn("archived").getInt() != 0;
  record.deleted = row.getColumn("deleted").getInt() != 0;
  record.archive_location = row.getColumn("archive_location").getString();
  return record;
}

void add_table(SQLite::Database& db, const TableRecord& record) {
  run(db,
      "INSERT INTO tables (schema_name, table_name, definition, format, state, generation,"
      " snapshot_position) VALUES (?, ?, ?, ?, ?, ?, ?)",
      {record.table.name.schema, record.table.name.name, table_to_json(record.table),
       word_for(formats, record.format), word_for(table_states, record.state), record.generation,
       record.snapshot_position.text});
}

void add_chunk(SQLite::Database& db, const Layout& layout, const TableRecord& table,
               const ChunkRecord& chunk) {
  run(db,
      "INSERT INTO chunks (table_id, generation, leaf_schema, leaf_name, range, file, state,"
      " estimated_bytes, rows, bytes) VALUES (?, ?, ?, ?, ?, '', ?, ?, ?, ?)",
      {table.id, table.generation, chunk.leaf.schema, chunk.leaf.name, chunk.range,
       word_for(chunk_states, chunk.state), chunk.estimated_bytes, chunk.rows, chunk.bytes});
  const std::int64_t id = db.getLastInsertRowid();
  const auto path = layout.chunk(table.table.name, id, table.format);
  run(db, "UPDATE chunks SET file = ? WHERE id = ?", {path.filename().string(), id});
}

void upsert_segment(SQLite::Database& db, const Layout& layout, const SegmentRecord& segment) {
  const auto path = layout.segment(segment.number).lexically_relative(layout.root());
  run(db,
      "INSERT OR REPLACE INTO queue_segment_meta (segment_no, file_path, exporter_role, first_vsn,"
      " last_vsn, size_committed, sealed, archived, deleted, archive_location)"
      " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
      {segment.number, path.string(), segment.exporter_role, segment.first_vsn, segment.last_vsn,
       segment.committed_bytes, static_cast<int>(segment.sealed),
       static_cast<int>(segment.archived), static_cast<int>(segment.deleted),
       segment.archive_location});
}

void add_counts(SQLite::Database& db, const std::string& exporter_role,
                const std::map<QualifiedName, ChangeCounts>& counts, std::int64_t through_vsn) {
  for (const auto& [table, add] : counts) {
    run(db,
        "INSERT INTO exported_events_stats_per_table (exporter_role, schema_name, table_name,"
        " num_inserts, num_updates, num_deletes, num_truncates) VALUES (?, ?, ?, ?, ?, ?, ?)"
        " ON CONFLICT DO UPDATE SET num_inserts = num_inserts + excluded.num_inserts,"
        " num_updates = num_updates + excluded.num_updates,"
        " num_deletes = num_deletes + excluded.num_deletes,"
        " num_truncates = num_truncates + excluded.num_truncates",
        {exporter_role, table.schema, table.name, add.inserts, add.updates, add.deletes,
         add.truncates});
  }
  run(db, "INSERT OR REPLACE INTO exported_events_counted (id, through_vsn) VALUES (1, ?)",
      {through_vsn});
}

TableRecord table_by_id(SQLite::Database& db, std::int64_t id) {
  SQLite::Statement statement(db, "SELECT * FROM tables WHERE id = ?");
  statement.bind(1, id);
  if (!statement.executeStep())
    fail(not_recorded, fmt::format("meta.db has no table with id {}", id));
  return table_record(statement);
}

}  // namespace voyager::exportdir::rows
