// SPDX-License-Identifier: Apache-2.0
#include "engines/postgres/replica_identity.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "engines/postgres/array_text.hpp"
#include "engines/postgres/sqlstate.hpp"

namespace voyager::postgres {
namespace {

/// Of each table: relreplident, with the name of the index behind "i "; and whether the primary key
/// has the columns $3. In the order of the tables; nothing of those that are not there.
constexpr const char* identity_sql = R"(
SELECT t.number, CASE c.relreplident WHEN 'i' THEN coalesce('i ' || (
         SELECT x.relname FROM pg_index i JOIN pg_class x ON x.oid = i.indexrelid
          WHERE i.indrelid = c.oid AND i.indisreplident), 'n')
       ELSE c.relreplident::text END,
       cardinality(t.key::text[]) > 0 AND EXISTS (
         SELECT FROM pg_index i
          WHERE i.indrelid = c.oid AND i.indisprimary AND i.indisvalid AND i.indimmediate
            AND NOT EXISTS (
              SELECT FROM unnest(t.key::text[]) AS wanted (name)
               WHERE NOT EXISTS (SELECT FROM pg_attribute a WHERE a.attrelid = c.oid
                                  AND a.attname = wanted.name AND a.attnum = ANY (i.indkey))))
  FROM unnest($1::text[], $2::text[], $3::text[]) WITH ORDINALITY AS t (schema, name, key, number)
  JOIN pg_namespace n ON n.nspname = t.schema
  JOIN pg_class c ON c.relnamespace = n.oid AND c.relname = t.name
 ORDER BY t.number)";

constexpr int lock_attempts = 30;

struct IdentityState {
  std::size_t leaf = 0;  ///< its place in the list
  std::string setting;
  bool default_suffices = false;
};

/// One question for all: thousands of tables would be thousands of round trips.
std::vector<IdentityState> read_identities(Connection& connection,
                                           const std::vector<QualifiedName>& leaves,
                                           const std::vector<std::string>& keys) {
  std::vector<std::string> schemas;
  std::vector<std::string> names;
  for (const QualifiedName& leaf : leaves) {
    schemas.push_back(leaf.schema);
    names.push_back(leaf.name);
  }
  const Result rows =
      connection.query(identity_sql, {array_text(schemas), array_text(names), array_text(keys)});
  std::vector<IdentityState> states;
  for (int row = 0; row < rows.rows(); ++row)
    states.push_back({static_cast<std::size_t>(rows.integer(row, 0) - 1), rows.string(row, 1),
                      rows.boolean(row, 2)});
  return states;
}

std::string clause_for(const std::string& setting) {
  if (setting.starts_with("i ")) return "USING INDEX " + quote_identifier(setting.substr(2));
  if (setting == "f") return "FULL";
  if (setting == "c") return "CHANGE";
  return setting == "n" ? "NOTHING" : "DEFAULT";
}

bool try_alter(Connection& connection, const QualifiedName& leaf, const std::string& setting) {
  Transaction transaction(connection);
  try {
    connection.execute("SET LOCAL lock_timeout = '1s'");
    connection.execute(
        fmt::format("ALTER TABLE ONLY {} REPLICA IDENTITY {}", leaf.quoted(), clause_for(setting)));
  } catch (const Error& error) {
    if (error.sqlstate() == "55P03") return false;
    throw;
  }
  transaction.commit();
  return true;
}

void alter(Connection& connection, const QualifiedName& leaf, const std::string& setting) {
  for (int attempt = 0; attempt < lock_attempts; ++attempt) {
    if (try_alter(connection, leaf, setting)) return;
    connection.execute("SELECT pg_sleep(1)");  // let through those who queued behind us
  }
  throw Error(table_busy, Action::retry,
              fmt::format("no lock on table {} to change its replica identity", leaf.display()),
              "End the long transactions that use it, then run the same command again");
}

bool needs_change(const Table& table, const QualifiedName& leaf, const std::string& setting) {
  const auto& leaves = table.needs_full_identity;
  return setting == "c" || std::find(leaves.begin(), leaves.end(), leaf) != leaves.end();
}

}  // namespace

void make_rows_identifiable(Connection& connection, const std::vector<Table>& tables,
                            bool change_identity,
                            const std::function<void(const engine::SourceChange&)>& record) {
  std::vector<const Table*> owners;
  std::vector<QualifiedName> leaves;
  std::vector<std::string> keys;
  for (const Table& table : tables) {
    for (const QualifiedName& leaf : change_identity ? table.needs_full_identity : table.leaves) {
      owners.push_back(&table);
      leaves.push_back(leaf);
      keys.push_back(array_text(table.key));
    }
  }
  for (const IdentityState& state : read_identities(connection, leaves, keys)) {
    const QualifiedName& leaf = leaves[state.leaf];
    if (!needs_change(*owners[state.leaf], leaf, state.setting)) continue;
    const std::string wanted = state.default_suffices ? "d" : "f";
    // After a crash the change may have been made and recorded already.
    if (state.setting == wanted || state.setting == "f") continue;
    record({leaf, state.setting});
    alter(connection, leaf, wanted);
  }
}

void put_back_identity(Connection& connection, const engine::SourceChange& change) {
  const auto states =
      read_identities(connection, {change.table}, {array_text(std::vector<std::string>())});
  if (states.empty() || states.front().setting == change.original) return;
  try {
    alter(connection, change.table, change.original);
  } catch (const Error& error) {
    constexpr const char* syntax_error = "42601";
    if (change.original != "c" || error.sqlstate() != syntax_error) throw;
    alter(connection, change.table, "d");
  }
}

}  // namespace voyager::postgres
