// SPDX-License-Identifier: Apache-2.0
#include "cli/databases.hpp"

#include <algorithm>
#include <string>

#include "cli/flows.hpp"
#include "cli/settings.hpp"
#include "cutover/journal.hpp"

namespace voyager::cli {
namespace {

constexpr std::array databases{
    DatabaseFacts{Database::source, "source", "SOURCE", settings::source_endpoint,
                  settings::source_import_started, "export data from source",
                  &PasswordOptions::source},
    DatabaseFacts{Database::target, "target", "TARGET", settings::target_endpoint,
                  settings::import_started, "import data to target", &PasswordOptions::target},
    DatabaseFacts{Database::source_replica, "source-replica", "SOURCE-REPLICA",
                  settings::source_replica_endpoint, settings::source_replica_started,
                  "import data to source-replica", &PasswordOptions::source_replica}};

}  // namespace

const DatabaseFacts& facts_of(Database database) {
  return *std::find_if(databases.begin(), databases.end(),
                       [database](const auto& facts) { return facts.database == database; });
}

std::optional<Database> database_of(std::string_view name) {
  const auto found = std::find_if(databases.begin(), databases.end(),
                                  [name](const auto& facts) { return facts.name == name; });
  if (found == databases.end()) return std::nullopt;
  return found->database;
}

std::optional<DatabasePair> database_pair_of(std::string_view names) {
  const auto comma = names.find(',');
  if (comma == std::string_view::npos) return std::nullopt;
  const auto left = database_of(names.substr(0, comma));
  const auto right = database_of(names.substr(comma + 1));
  if (!left || !right || left == right) return std::nullopt;
  return DatabasePair{*left, *right};
}

std::unique_ptr<engine::TargetEngine> open_database(const Session& session,
                                                    const exportdir::MetaDb& meta,
                                                    Database database,
                                                    const PasswordOptions& passwords) {
  const DatabaseFacts& facts = facts_of(database);
  if (!meta.setting(facts.endpoint_setting)) return nullptr;
  const Secret password = password_or_ask(passwords.*facts.password, session,
                                          "the " + std::string(facts.name) + " database");
  engine::Endpoint endpoint = recorded_endpoint(meta, facts.endpoint_setting, password);
  endpoint.application = "yb-voyager report";
  return session.registry.target(endpoint, meta.migration_uuid());
}

bool changes_flow(exportdir::MetaDb& meta) {
  const auto type = meta.setting(settings::export_type);
  if (!type || type == "snapshot-only") return false;
  return !cutover::all_directions_closed(meta);
}

}  // namespace voyager::cli
