// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>

namespace SQLite {  // NOLINT(readability-identifier-naming): the library's
class Database;
}

namespace voyager::exportdir {

/// The version of the schema that this program writes (PRAGMA user_version).
inline constexpr int meta_db_version = 2;

/// 0 in a file that has no schema yet.
int schema_version_of(SQLite::Database& database);
/// Brings the schema from its version to meta_db_version, each step in a transaction of its own.
void migrate_schema(SQLite::Database& database);

/// Gives the connection the function that computes the checksums of rows. Every connection that
/// writes needs it.
void add_checksum_function(SQLite::Database& database);
/// What is wrong with the file's structure or with the checksum of a row; nothing: all is well.
/// Reads the whole file: SQLite itself keeps no checksums of its pages.
std::optional<std::string> find_damage(SQLite::Database& database);

}  // namespace voyager::exportdir
