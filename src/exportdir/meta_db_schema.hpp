// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace SQLite {
class Database;
}

namespace voyager::exportdir {

/// The version of the schema that this program writes (PRAGMA user_version).
inline constexpr int meta_db_version = 1;

/// 0 in a file that has no schema yet.
int schema_version_of(SQLite::Database& database);
/// Brings the schema from its version to meta_db_version, each step in a transaction of its own.
void migrate_schema(SQLite::Database& database);

}  // namespace voyager::exportdir
