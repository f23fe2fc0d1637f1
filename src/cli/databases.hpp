// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>
#include <utility>

#include "cli/command.hpp"
#include "cli/options.hpp"
#include "engine/target.hpp"
#include "exportdir/meta_db.hpp"

/// The databases of a migration, as the commands that look at them afterwards find them.
namespace voyager::cli {

enum class Database : std::uint8_t { source, target, source_replica };

inline constexpr std::array all_databases{Database::source, Database::target,
                                          Database::source_replica};

/// What is fixed for a database.
struct DatabaseFacts {
  Database database;
  std::string_view name;           ///< in options and reports: "source-replica"
  std::string_view title;          ///< in the headers of tables: "SOURCE-REPLICA"
  const char* endpoint_setting;    ///< where it is
  const char* started_setting;     ///< there once an import into it has begun
  std::string_view first_command;  ///< that records where it is
  std::optional<Secret> PasswordOptions::*password;
};
const DatabaseFacts& facts_of(Database database);
/// Nothing for a name that facts_of() does not give.
std::optional<Database> database_of(std::string_view name);
/// Of "source,target": two different names with a comma between them; else nothing.
using DatabasePair = std::pair<Database, Database>;
std::optional<DatabasePair> database_pair_of(std::string_view names);

/// The database as a place that rows are brought to, with the given password or one that is asked
/// for; null when the command that records it has not run.
std::unique_ptr<engine::TargetEngine> open_database(const Session& session,
                                                    const exportdir::MetaDb& meta,
                                                    Database database,
                                                    const PasswordOptions& passwords);

/// Whether the capture of a direction is open: from the begin of the export until the cutover that
/// ends the last direction is complete. Any two of the three databases hold an end of every
/// direction, so changes then flow into or out of each pair of them.
bool changes_flow(exportdir::MetaDb& meta);

}  // namespace voyager::cli
