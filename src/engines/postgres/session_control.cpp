// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

#include "base/error.hpp"
#include "engines/postgres/import_preflight.hpp"
#include "engines/postgres/stalls.hpp"
#include "engines/postgres/target_parts.hpp"
#include "engines/postgres/text_forms.hpp"

namespace voyager::postgres {
namespace {

using engine::SuspendedObject;

constexpr std::string_view identity_always = "identity always";
constexpr std::string_view trigger_kind = "trigger";
constexpr std::string_view rule_kind = "rule";
constexpr std::string_view foreign_key = "foreign key";

constexpr ErrorCode cannot_suspend{6005};
constexpr ErrorCode cannot_restore{6006};

/// The tables that were asked about (those that exist here) and their partitions; $1 is their
/// quoted names.
constexpr const char* tree_sql =
    "WITH RECURSIVE tree(oid, depth) AS ("
    "SELECT pg_catalog.to_regclass(n)::oid, 0 FROM unnest($1::text[]) n "
    "WHERE pg_catalog.to_regclass(n) IS NOT NULL "
    "UNION ALL SELECT i.inhrelid, depth + 1 FROM pg_catalog.pg_inherits i "
    "JOIN pg_catalog.pg_class p ON p.oid = i.inhparent AND p.relkind = 'p' "
    "JOIN tree ON i.inhparent = tree.oid) ";

class PostgresSessionControl final : public engine::SessionControl {
 public:
  explicit PostgresSessionControl(PlainTargetSession session)
      : session_(std::move(session.connection)), traits_(std::move(session.traits)) {}

  std::vector<std::string> obstacles(const std::vector<Table>& tables) override {
    return import_obstacles(connection_, tables, to_suspend(tables));
  }
  std::vector<std::string> cautions(const std::vector<Table>& tables) override {
    return import_cautions(connection_, tables);
  }
  std::vector<SuspendedObject> to_suspend(const std::vector<Table>& tables) override;
  void suspend(const SuspendedObject& object) override;
  void restore(const SuspendedObject& object) override;
  Stall blocked_sessions() override { return postgres::blocked_sessions(connection_); }
  std::vector<QualifiedName> set_sequences(const std::vector<Sequence>& sequences) override;

 private:
  using Found = std::vector<SuspendedObject>;
  void find_identities(const std::string& names, Found& found);
  void find_triggers(const std::string& names, Found& found);
  void find_rules(const std::string& names, Found& found);
  void find_foreign_keys(const std::string& names, Found& found);
  std::string suspending_sql(const SuspendedObject& object) const;
  bool set_sequence(const Sequence& sequence);

  PlainSession session_;
  Connection& connection_ = *session_;
  Traits traits_;
};

std::vector<SuspendedObject> PostgresSessionControl::to_suspend(const std::vector<Table>& tables) {
  ArrayLiteral literal;
  for (const Table& table : tables) literal.add(Value::of(table.name.quoted()));
  const std::string names(literal.close());
  std::vector<SuspendedObject> found;
  find_identities(names, found);
  find_triggers(names, found);
  find_rules(names, found);
  if (!traits_.replica_role) find_foreign_keys(names, found);
  return found;
}

/// A value of an identity column GENERATED ALWAYS can be inserted, but never updated.
/// On the roots only: partitions take it over from there, in releases where they have it at all.
void PostgresSessionControl::find_identities(const std::string& names, Found& found) {
  const Result rows = connection_.query(
      std::string(tree_sql) +
          "SELECT n.nspname, c.relname, a.attname FROM tree "
          "JOIN pg_catalog.pg_class c ON c.oid = tree.oid "
          "JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace "
          "JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND NOT a.attisdropped "
          "WHERE tree.depth = 0 AND a.attidentity = 'a' ORDER BY 1, 2, 3",
      {names});
  for (int i = 0; i < rows.rows(); ++i) {
    const QualifiedName table{rows.string(i, 0), rows.string(i, 1)};
    found.push_back({std::string(identity_always), table, rows.string(i, 2),
                     fmt::format("ALTER TABLE {} ALTER COLUMN {} SET GENERATED ALWAYS",
                                 table.quoted(), quote_identifier(rows.text(i, 2)))});
  }
}

/// What fires in our sessions: in the replica role only what was made to fire always or there.
/// Source: PostgreSQL 15 documentation, ALTER TABLE, "DISABLE/ENABLE [ REPLICA | ALWAYS ] TRIGGER".
std::string firing(const Traits& traits, const char* column) {
  return fmt::format("{} IN ({})", column, traits.replica_role ? "'A', 'R'" : "'A', 'O'");
}

const char* enabling(std::string_view state) {
  if (state == "D") return "DISABLE";
  if (state == "A") return "ENABLE ALWAYS";
  return state == "R" ? "ENABLE REPLICA" : "ENABLE";
}

/// Triggers of partitions too, after those of their roots: each keeps a state of its own. Switching
/// a root's trigger on or off does the same to its partitions', so one of these that does not fire
/// is found too, to be put back to its own state behind its root's.
void PostgresSessionControl::find_triggers(const std::string& names, Found& found) {
  const Result rows = connection_.query(
      std::string(tree_sql) +
          "SELECT n.nspname, c.relname, t.tgname, t.tgenabled FROM tree "
          "JOIN pg_catalog.pg_class c ON c.oid = tree.oid "
          "JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace "
          "JOIN pg_catalog.pg_trigger t ON t.tgrelid = c.oid "
          "WHERE NOT t.tgisinternal AND (" +
          firing(traits_, "t.tgenabled") +
          " OR EXISTS (SELECT FROM tree a JOIN pg_catalog.pg_trigger r ON r.tgrelid = a.oid "
          "WHERE a.depth < tree.depth AND r.tgname = t.tgname AND NOT r.tgisinternal AND " +
          firing(traits_, "r.tgenabled") + ")) ORDER BY tree.depth, 1, 2, 3",
      {names});
  for (int i = 0; i < rows.rows(); ++i) {
    const QualifiedName table{rows.string(i, 0), rows.string(i, 1)};
    found.push_back({std::string(trigger_kind), table, rows.string(i, 2),
                     fmt::format("ALTER TABLE {} {} TRIGGER {}", table.quoted(),
                                 enabling(rows.text(i, 3)), quote_identifier(rows.text(i, 2)))});
  }
}

void PostgresSessionControl::find_rules(const std::string& names, Found& found) {
  const Result rows =
      connection_.query(std::string(tree_sql) +
                            "SELECT n.nspname, c.relname, r.rulename, r.ev_enabled, "
                            "pg_catalog.pg_get_ruledef(r.oid) FROM tree "
                            "JOIN pg_catalog.pg_class c ON c.oid = tree.oid "
                            "JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace "
                            "JOIN pg_catalog.pg_rewrite r ON r.ev_class = c.oid "
                            "WHERE c.relkind IN ('r', 'p') AND " +
                            firing(traits_, "r.ev_enabled") + " ORDER BY tree.depth, 1, 2, 3",
                        {names});
  for (int i = 0; i < rows.rows(); ++i) {
    const QualifiedName table{rows.string(i, 0), rows.string(i, 1)};
    const std::string back =
        traits_.alter_rule
            ? fmt::format("ALTER TABLE {} {} RULE {}", table.quoted(), enabling(rows.text(i, 3)),
                          quote_identifier(rows.text(i, 2)))
            : rows.string(i, 4);
    found.push_back({std::string(rule_kind), table, rows.string(i, 2), back});
  }
}

/// Keys of these tables and keys that refer to them. They come back NOT VALID and are validated in
/// a second step, which does not block writers; a partitioned table can't have them so.
void PostgresSessionControl::find_foreign_keys(const std::string& names, Found& found) {
  const Result rows = connection_.query(
      std::string(tree_sql) +
          "SELECT n.nspname, c.relname, k.conname, pg_catalog.pg_get_constraintdef(k.oid), "
          "k.convalidated AND c.relkind <> 'p' FROM pg_catalog.pg_constraint k "
          "JOIN pg_catalog.pg_class c ON c.oid = k.conrelid "
          "JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace "
          "WHERE k.contype = 'f' AND k.conparentid = 0 "
          "AND (k.conrelid IN (SELECT oid FROM tree) OR k.confrelid IN (SELECT oid FROM tree)) "
          "ORDER BY 1, 2, 3",
      {names});
  for (int i = 0; i < rows.rows(); ++i) {
    const QualifiedName table{rows.string(i, 0), rows.string(i, 1)};
    const std::string name = quote_identifier(rows.text(i, 2));
    std::string back =
        fmt::format("ALTER TABLE {} ADD CONSTRAINT {} {}", table.quoted(), name, rows.text(i, 3));
    if (rows.boolean(i, 4)) {
      back +=
          fmt::format(" NOT VALID;\nALTER TABLE {} VALIDATE CONSTRAINT {}", table.quoted(), name);
    }
    found.push_back({std::string(foreign_key), table, rows.string(i, 2), back});
  }
}

std::string PostgresSessionControl::suspending_sql(const SuspendedObject& object) const {
  const std::string table = object.table.quoted();
  const std::string name = quote_identifier(object.name);
  if (object.kind == identity_always)
    return fmt::format("ALTER TABLE {} ALTER COLUMN {} SET GENERATED BY DEFAULT", table, name);
  if (object.kind == trigger_kind)
    return fmt::format("ALTER TABLE {} DISABLE TRIGGER {}", table, name);
  if (object.kind == foreign_key)
    return fmt::format("ALTER TABLE {} DROP CONSTRAINT IF EXISTS {}", table, name);
  if (object.kind == rule_kind) {
    return traits_.alter_rule ? fmt::format("ALTER TABLE {} DISABLE RULE {}", table, name)
                              : fmt::format("DROP RULE IF EXISTS {} ON {}", name, table);
  }
  fail(cannot_suspend, fmt::format("\"{}\" is not something that can be suspended", object.kind));
}

std::string described(const SuspendedObject& object) {
  return fmt::format("{} {} of table {}", object.kind, quote_identifier(object.name),
                     object.table.display());
}

void PostgresSessionControl::suspend(const SuspendedObject& object) {
  const std::string sql = suspending_sql(object);
  try {
    connection_.execute(sql);
  } catch (const Error& error) {
    if (error.action() != Action::give_up) throw;
    throw Error(cannot_suspend, Action::give_up,
                fmt::format("cannot suspend {}: {}", described(object), error.what()),
                "Connect as the owner of the table")
        .with_sqlstate(error.sqlstate());
  }
}

/// The steps of a way back. Only a foreign key has two; the second follows the last line break.
std::vector<std::string> steps_of(const SuspendedObject& object) {
  constexpr std::string_view separator = ";\n";
  const std::size_t cut =
      object.kind == foreign_key ? object.restore_sql.rfind(separator) : std::string::npos;
  if (cut == std::string::npos) return {object.restore_sql};
  return {object.restore_sql.substr(0, cut), object.restore_sql.substr(cut + separator.size())};
}

/// May be repeated after a crash at any point.
void PostgresSessionControl::restore(const SuspendedObject& object) {
  for (const std::string& step : steps_of(object)) {
    try {
      connection_.execute(step);
    } catch (const Error& error) {
      constexpr std::string_view is_there_already = "42710";
      if (error.sqlstate() == is_there_already) continue;
      if (error.action() != Action::give_up) throw;
      throw Error(cannot_restore, Action::give_up,
                  fmt::format("cannot restore {}: {}", described(object), error.what()),
                  fmt::format("Mend the cause, then run: {}", object.restore_sql))
          .with_sqlstate(error.sqlstate());
    }
  }
}

/// The sequence of that name here, and the one of the column that owns it on the source: where both
/// exist and differ, each may be the one that the application's next row takes its value from.
bool PostgresSessionControl::set_sequence(const Sequence& sequence) {
  const Result set = connection_.query(
      "SELECT pg_catalog.setval(s.oid::pg_catalog.regclass, $3::bigint, $4::boolean) FROM ("
      "SELECT pg_catalog.to_regclass($1)::oid AS oid UNION "
      "SELECT pg_catalog.pg_get_serial_sequence($2, a.attname)::pg_catalog.regclass::oid "
      "FROM pg_catalog.pg_attribute a "
      "WHERE a.attrelid = pg_catalog.to_regclass($2) AND a.attname = $5) s "
      "JOIN pg_catalog.pg_class c ON c.oid = s.oid AND c.relkind = 'S'",
      {sequence.name.quoted(), sequence.owner_table.quoted(), std::to_string(sequence.last_value),
       sequence.is_called ? "true" : "false", sequence.owner_column});
  return set.rows() > 0;
}

std::vector<QualifiedName> PostgresSessionControl::set_sequences(
    const std::vector<Sequence>& sequences) {
  std::vector<QualifiedName> missing;
  for (const Sequence& sequence : sequences) {
    try {
      if (!set_sequence(sequence)) missing.push_back(sequence.name);
    } catch (const Error& error) {
      throw error.within("setting sequence " + sequence.name.display());
    }
  }
  return missing;
}

}  // namespace

std::unique_ptr<engine::SessionControl> make_session_control(PlainTargetSession session) {
  return std::make_unique<PostgresSessionControl>(std::move(session));
}

}  // namespace voyager::postgres
