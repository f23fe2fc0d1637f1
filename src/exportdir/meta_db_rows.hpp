// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <initializer_list>
#include <map>
#include <string>
#include <variant>

#include "exportdir/layout.hpp"
#include "exportdir/meta_db.hpp"

namespace SQLite {  // NOLINT(readability-identifier-naming): the library's
class Database;
class Statement;
}  // namespace SQLite

/// Between the records of meta_db.hpp and the rows of meta.db. Everything here runs inside the
/// caller's transaction and throws SQLite::Exception as it comes.
namespace voyager::exportdir::rows {

using Parameter = std::variant<std::int64_t, std::string>;

/// Runs one statement; gives the number of changed rows.
int run(SQLite::Database& database, const char* sql,
        std::initializer_list<Parameter> parameters = {});
/// The same for one row that must be there. Throws: E2205 when it is not.
void run_on_row(SQLite::Database& database, const char* sql,
                std::initializer_list<Parameter> parameters);

TableRecord table_record(SQLite::Statement& row);
/// What changes of a table: its state, generation and position.
void read_progress(SQLite::Statement& row, TableRecord& record);
ChunkRecord chunk_record(SQLite::Statement& row);
SegmentRecord segment_record(SQLite::Statement& row);
std::string word_of(TableState state);

void add_table(SQLite::Database& database, const TableRecord& record);
/// Throws: E2205 when there is no such table.
TableRecord table_by_id(SQLite::Database& database, std::int64_t id);
/// Gives the chunk its id and, by that, its file name.
void add_chunk(SQLite::Database& database, const Layout& layout, const TableRecord& table,
               const ChunkRecord& chunk);
void upsert_segment(SQLite::Database& database, const Layout& layout, const SegmentRecord& segment);
void add_counts(SQLite::Database& database, const std::string& exporter_role,
                const std::map<QualifiedName, ChangeCounts>& counts, std::int64_t through_vsn);

}  // namespace voyager::exportdir::rows
