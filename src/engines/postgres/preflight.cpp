// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <array>

#include "engines/postgres/complaints.hpp"
#include "engines/postgres/preflight.hpp"

namespace voyager::postgres {
namespace {

using Lines = std::vector<std::string>;

constexpr const char* server_sql = R"(
SELECT current_setting('wal_level'), pg_is_in_recovery(), current_database(), current_user,
       has_database_privilege(current_database(), 'CREATE'),
       r.rolsuper OR r.rolreplication
         OR EXISTS (SELECT FROM pg_roles g WHERE g.rolname = 'rds_replication'
                    AND pg_has_role(current_user, g.oid, 'MEMBER')),
       current_setting('max_replication_slots')::int - (SELECT count(*) FROM pg_replication_slots),
       current_setting('max_wal_senders')::int - (SELECT count(*) FROM pg_stat_replication),
       current_setting('server_version')
  FROM pg_roles r WHERE r.rolname = current_user)";

/// Each row: what is wrong (a key of `complaints`), and with which relation or schema.
/// CASE, because the planner is free to ask has_sequence_privilege() before it looks at relkind.
constexpr const char* tables_sql = R"(
WITH wanted AS (
  SELECT DISTINCT c.oid, n.oid AS schema, n.nspname, c.relname, c.relkind, c.relpersistence,
         c.relowner
    FROM unnest($1::text[], $2::text[]) AS w (schema, name)
    JOIN pg_namespace n ON n.nspname = w.schema
    JOIN pg_class c ON c.relnamespace = n.oid AND c.relname = w.name)
SELECT problem, nspname, relname FROM (
  SELECT 'missing' AS problem, w.schema AS nspname, w.name AS relname
    FROM unnest($1::text[], $2::text[]) AS w (schema, name)
   WHERE NOT EXISTS (SELECT FROM wanted WHERE nspname = w.schema AND relname = w.name)
  UNION
  SELECT 'owner', nspname, relname FROM wanted
   WHERE NOT pg_has_role(relowner, 'USAGE')
  UNION ALL
  SELECT 'select', nspname, relname FROM wanted WHERE NOT has_table_privilege(oid, 'SELECT')
  UNION ALL
  SELECT DISTINCT 'usage', nspname, '' FROM wanted WHERE NOT has_schema_privilege(schema, 'USAGE')
  UNION ALL
  SELECT 'unlogged', nspname, relname FROM wanted WHERE relpersistence = 'u'
  UNION ALL
  SELECT 'foreign', nspname, relname FROM wanted WHERE relkind = 'f'
  UNION ALL
  SELECT 'policy', nspname, relname FROM wanted WHERE row_security_active(oid)
  UNION ALL
  SELECT 'sequence', n.nspname, c.relname
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
   WHERE c.relkind = 'S' AND c.relpersistence <> 't' AND c.relnamespace IN (SELECT schema FROM wanted)
     AND CASE c.relkind WHEN 'S' THEN NOT has_sequence_privilege(c.oid, 'SELECT') END) AS found
 ORDER BY problem, nspname, relname)";

/// An old prepared transaction would keep the slot from ever reaching its starting point.
constexpr const char* prepared_sql = R"(
SELECT gid FROM pg_prepared_xacts WHERE prepared < now() - interval '1 minute' ORDER BY prepared)";

constexpr std::array complaints{

    Complaint{
        "missing",
        "These tables are not there: {0}. Create them as import schema did, then run the command "
        "again."},
    Complaint{
        "owner",
        "User {1} is neither owner of these tables nor a member of their owner: {0}. Grant it the "
        "role "
        "that owns them (GRANT <owner> TO {1})."},
    Complaint{"select", "User {1} may not read these tables: {0}. GRANT SELECT ON them TO {1}."},
    Complaint{"usage",
              "User {1} may not use these schemas: {0}. GRANT USAGE ON SCHEMA them TO {1}."},
    Complaint{"sequence",
              "User {1} may not read these sequences: {0}. GRANT SELECT ON them TO {1}."},
    Complaint{"unlogged",
              "Changes of unlogged tables can't be captured: {0}. Run ALTER TABLE ... SET LOGGED, "
              "or leave "
              "them out with --exclude-table-list."},
    Complaint{
        "foreign",
        "Changes of foreign tables can't be captured: {0}. Detach these partitions, or leave their "
        "tables out with --exclude-table-list."},
    Complaint{"policy",
              "Row-level security hides rows of these tables from user {1}: {0}. ALTER ROLE {1} "
              "BYPASSRLS, "
              "or "
              "make it a member of their owner."},
};

void add_server_lines(Connection& connection, const Result& server, Lines& lines) {
  const auto require = [&](bool fine, const std::string& line) {
    if (!fine) lines.push_back(line);
  };
  const std::string user = quote_identifier(server.text(0, 3));
  require(server.text(0, 0) == "logical",
          fmt::format("wal_level is {}. Set wal_level = logical (Amazon RDS: "
                      "rds.logical_replication = 1) and restart "
                      "the server.",
                      server.text(0, 0)));
  require(!server.boolean(0, 1), "The server is a standby. Connect to the primary.");
  require(connection.server_version() >= 140000,
          fmt::format("PostgreSQL {} can't carry the cutover marker in its change stream. Live "
                      "migration needs PostgreSQL 14 or later.",
                      server.text(0, 8)));
  require(server.boolean(0, 4),
          fmt::format("User {} may not create a publication. GRANT CREATE ON DATABASE {} TO {}.",
                      user, quote_identifier(server.text(0, 2)), user));
  require(
      server.boolean(0, 5),
      fmt::format("User {0} may not replicate. ALTER ROLE {0} REPLICATION (on Amazon RDS: GRANT "
                  "rds_replication TO {0}).",
                  user));
  require(
      server.integer(0, 6) > 0,
      "No replication slot is free. Raise max_replication_slots and restart the server, or drop a "
      "slot that is not used.");
  require(
      server.integer(0, 7) > 0,
      "No WAL sender is free. Raise max_wal_senders and restart the server, or end a client that "
      "is not used.");
}

}  // namespace

void add_table_obstacles(Connection& connection, const std::vector<Table>& tables,
                         const std::string& user, Lines& lines) {
  std::vector<QualifiedName> names;
  for (const Table& table : tables) {
    names.push_back(table.name);
    names.insert(names.end(), table.leaves.begin(), table.leaves.end());
  }
  add_complaints(connection, tables_sql, names, complaints, user, lines);
}

std::vector<std::string> postgresql_obstacles(Connection& connection,
                                              const std::vector<Table>& tables) {
  Lines lines;
  const Result server = connection.query(server_sql);
  add_server_lines(connection, server, lines);
  add_table_obstacles(connection, tables, quote_identifier(server.text(0, 3)), lines);
  Lines prepared;
  const Result transactions = connection.query(prepared_sql);
  for (int row = 0; row < transactions.rows(); ++row)
    prepared.push_back(quote_literal(transactions.text(row, 0)));
  if (!prepared.empty())
    lines.push_back(
        fmt::format("Prepared transactions keep change capture from starting: {}. COMMIT "
                    "PREPARED or ROLLBACK PREPARED them.",
                    listed_names(prepared)));
  return lines;
}

}  // namespace voyager::postgres
