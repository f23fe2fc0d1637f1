// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include "base/error.hpp"
#include "base/text.hpp"
#include "engines/postgres/preflight.hpp"
#include "engines/postgres/traits.hpp"
#include "engines/postgres/yb_version.hpp"
#include "model/name.hpp"

namespace voyager::postgres {
namespace {

using Lines = std::vector<std::string>;

constexpr const char* server_sql = R"(
SELECT current_database(), current_user,
       has_database_privilege(current_database(), 'CREATE'),
       r.rolsuper OR r.rolreplication
         OR EXISTS (SELECT FROM pg_roles g WHERE g.rolname = 'yb_superuser'
                    AND pg_has_role(current_user, g.oid, 'MEMBER')),
       current_setting('max_replication_slots')::int - (SELECT count(*) FROM pg_replication_slots)
  FROM pg_roles r WHERE r.rolname = current_user)";

std::optional<YbVersion> version_of(const Connection& connection) {
  return parse_yb_version(connection.parameter_status("server_version"));
}

void add_server_lines(const Connection& connection, const Result& server, Lines& lines) {
  const auto require = [&](bool fine, const std::string& line) {
    if (!fine) lines.push_back(line);
  };
  const std::string user = quote_identifier(server.text(0, 1));
  const auto version = version_of(connection);
  require(!version || streams_changes(*version),
          fmt::format("YugabyteDB {} can't stream its changes. Upgrade to 2024.1.1 or later.",
                      version ? version->text() : ""));
  require(server.boolean(0, 2),
          fmt::format("User {0} may not create a publication. GRANT CREATE ON DATABASE {1} TO {0}.",
                      user, quote_identifier(server.text(0, 0))));
  require(server.boolean(0, 3),
          fmt::format("User {0} may not replicate. ALTER ROLE {0} REPLICATION, or GRANT "
                      "yb_superuser TO {0}.",
                      user));
  require(server.integer(0, 4) > 0,
          "No replication slot is free. Raise max_replication_slots on all servers and restart "
          "them, or drop a slot that is not used.");
}

}  // namespace

Lines yugabytedb_obstacles(Connection& connection, const std::vector<Table>& tables) {
  Lines lines;
  const Result server = connection.query(server_sql);
  add_server_lines(connection, server, lines);
  add_table_obstacles(connection, tables, quote_identifier(server.text(0, 1)), lines);
  return lines;
}

Lines yugabytedb_cautions(Connection& connection) {
  Lines lines{
      "YugabyteDB keeps changes that nobody reads for some hours only (cdc_intent_retention_ms, 8 "
      "hours by default). Don't leave export data from target stopped for longer.",
      "TRUNCATE is not in YugabyteDB's change stream. Use DELETE while changes are captured."};
  if (connection.scalar("SELECT EXISTS (SELECT FROM pg_class WHERE relkind = 'p')") == "t")
    lines.emplace_back(
        "Changes of partitions that are created from now on are not captured. Create those that "
        "will be needed before the capture begins.");
  if (is_colocated(connection))
    lines.emplace_back(
        "In a colocated database an UPDATE that finds no row can make YugabyteDB's change stream "
        "fail again and again (yugabyte-db issue 27248). Check the release notes of this version.");
  if (const auto version = version_of(connection)) {
    for (std::string& line : stream_defects(*version)) lines.push_back(std::move(line));
  } else {
    lines.push_back(
        fmt::format("The version {} is not known: whether its change stream has "
                    "defects was not checked.",
                    connection.parameter_status("server_version")));
  }
  return lines;
}

}  // namespace voyager::postgres
