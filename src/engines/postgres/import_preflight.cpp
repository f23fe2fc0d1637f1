// SPDX-License-Identifier: Apache-2.0
#include "engines/postgres/import_preflight.hpp"

#include <fmt/format.h>

#include <array>

#include "engines/postgres/complaints.hpp"
#include "engines/postgres/ledger_tables.hpp"

namespace voyager::postgres {
namespace {

/// Through the root alone: rows of partitions are written by way of it.
constexpr const char* rights_sql = R"(
WITH wanted AS (
  SELECT c.oid, n.oid AS schema, n.nspname, c.relname
    FROM unnest($1::text[], $2::text[]) AS w (schema, name)
    JOIN pg_catalog.pg_namespace n ON n.nspname = w.schema
    JOIN pg_catalog.pg_class c ON c.relnamespace = n.oid AND c.relname = w.name)
SELECT problem, nspname, relname FROM (
  SELECT DISTINCT 'usage' AS problem, nspname, '' AS relname FROM wanted
   WHERE NOT has_schema_privilege(schema, 'USAGE')
  UNION ALL
  SELECT 'write', nspname, relname FROM wanted
   WHERE NOT (has_table_privilege(oid, 'SELECT') AND has_table_privilege(oid, 'INSERT')
              AND has_table_privilege(oid, 'UPDATE') AND has_table_privilege(oid, 'DELETE')
              AND has_table_privilege(oid, 'TRUNCATE'))) AS found
 ORDER BY problem, nspname, relname)";

constexpr const char* owners_sql = R"(
SELECT DISTINCT 'owner', n.nspname, c.relname
  FROM unnest($1::text[], $2::text[]) AS w (schema, name)
  JOIN pg_catalog.pg_namespace n ON n.nspname = w.schema
  JOIN pg_catalog.pg_class c ON c.relnamespace = n.oid AND c.relname = w.name
 WHERE NOT pg_has_role(c.relowner, 'USAGE') ORDER BY n.nspname, c.relname)";

/// CASE, because the planner is free to ask has_sequence_privilege() before it looks at relkind.
constexpr const char* sequences_sql = R"(
SELECT 'sequence', n.nspname, c.relname
  FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
 WHERE n.nspname = ANY ($1::text[]) AND cardinality($2::text[]) > 0
   AND CASE c.relkind WHEN 'S' THEN NOT has_sequence_privilege(c.oid, 'UPDATE') END
 ORDER BY n.nspname, c.relname)";

constexpr std::array rights{
    Complaint{"usage",
              "User {1} may not use these schemas: {0}. GRANT USAGE ON SCHEMA them TO {1}."},
    Complaint{"write",
              "User {1} may not write to these tables: {0}. GRANT SELECT, INSERT, UPDATE, DELETE, "
              "TRUNCATE ON them TO {1}."}};

constexpr std::array ownership{Complaint{
    "owner",
    "Triggers, foreign keys, rules or identity columns of these tables have to be switched off for "
    "the import, but user {1} neither owns them nor is a member of their owner: {0}. Grant it the "
    "role that owns them, or the right to SET session_replication_role."}};

constexpr std::array setting{
    Complaint{"sequence",
              "User {1} may not set these sequences, which the cutover has to do: {0}. GRANT "
              "UPDATE ON them TO {1}."}};

std::vector<QualifiedName> names_of(const std::vector<Table>& tables) {
  std::vector<QualifiedName> names;
  names.reserve(tables.size());
  for (const Table& table : tables) names.push_back(table.name);
  return names;
}

std::string user_of(Connection& connection) {
  return quote_identifier(connection.scalar("SELECT current_user").value_or(""));
}

}  // namespace

std::vector<std::string> import_cautions(Connection& connection, const std::vector<Table>& tables) {
  std::vector<std::string> lines;
  add_complaints(connection, sequences_sql, names_of(tables), setting, user_of(connection), lines);
  return lines;
}

std::vector<std::string> import_obstacles(Connection& connection, const std::vector<Table>& tables,
                                          const std::vector<engine::SuspendedObject>& suspended) {
  std::vector<std::string> lines;
  const std::string user = user_of(connection);
  const Result self = connection.query(
      "SELECT current_database(), has_database_privilege(current_database(), 'CREATE')");
  if (!self.boolean(0, 1) && !ledger::exists(connection)) {
    lines.push_back(
        fmt::format("User {0} may not create the schema ybvoyager_metadata, which records what is "
                    "imported. GRANT CREATE ON DATABASE {1} TO {0}.",
                    user, quote_identifier(self.text(0, 0))));
  }
  add_complaints(connection, rights_sql, names_of(tables), rights, user, lines);
  std::vector<QualifiedName> altered;
  altered.reserve(suspended.size());
  for (const engine::SuspendedObject& object : suspended) altered.push_back(object.table);
  add_complaints(connection, owners_sql, altered, ownership, user, lines);
  return lines;
}

}  // namespace voyager::postgres
