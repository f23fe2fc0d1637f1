// SPDX-License-Identifier: Apache-2.0
#include "engines/postgres/replica_identity.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "engines/postgres/array_text.hpp"
#include "engines/postgres/sqlstate.hpp"

namespace voyager::postgres {
namespace {

/// relreplident, with the name of the index behind "i "; and whether the primary key has the
/// columns $3.
constexpr const char* identity_sql = R"(
SELECT CASE c.relreplident WHEN 'i' THEN coalesce('i ' || (
         SELECT x.relname FROM pg_index i JOIN pg_class x ON x.oid = i.indexrelid
          WHERE i.indrelid = c.oid AND i.indisreplident), 'n')
       ELSE c.relreplident::text END,
       cardinality($3::text[]) > 0 AND EXISTS (
         SELECT FROM pg_index i
          WHERE i.indrelid = c.oid AND i.indisprimary AND i.indisvalid AND i.indimmediate
            AND NOT EXISTS (
              SELECT FROM unnest($3::text[]) AS wanted (name)
               WHERE NOT EXISTS (SELECT FROM pg_attribute a WHERE a.attrelid = c.oid
                                  AND a.attname = wanted.name AND a.attnum = ANY (i.indkey))))
  FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
 WHERE n.nspname = $1 AND c.relname = $2)";

constexpr int lock_attempts = 30;

struct IdentityState {
  std::string setting;
  bool default_suffices = false;
};

std::optional<IdentityState> read_identity(Connection& connection, const QualifiedName& leaf,
                                           const std::vector<std::string>& key) {
  const Result rows = connection.query(identity_sql, {leaf.schema, leaf.name, array_text(key)});
  if (rows.rows() == 0) return std::nullopt;
  return IdentityState{rows.string(0, 0), rows.boolean(0, 1)};
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
  for (const Table& table : tables) {
    for (const QualifiedName& leaf : change_identity ? table.needs_full_identity : table.leaves) {
      const auto state = read_identity(connection, leaf, table.key);
      if (!state || !needs_change(table, leaf, state->setting)) continue;
      const std::string wanted = state->default_suffices ? "d" : "f";
      // After a crash the change may have been made and recorded already.
      if (state->setting == wanted || state->setting == "f") continue;
      record({leaf, state->setting});
      alter(connection, leaf, wanted);
    }
  }
}

void put_back_identity(Connection& connection, const engine::SourceChange& change) {
  const auto state = read_identity(connection, change.table, {});
  if (!state || state->setting == change.original) return;
  try {
    alter(connection, change.table, change.original);
  } catch (const Error& error) {
    constexpr const char* syntax_error = "42601";
    if (change.original != "c" || error.sqlstate() != syntax_error) throw;
    alter(connection, change.table, "d");
  }
}

}  // namespace voyager::postgres
