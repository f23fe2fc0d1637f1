// SPDX-License-Identifier: Apache-2.0
#include "engines/postgres/target_table.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "engines/postgres/array_text.hpp"

namespace voyager::postgres {
namespace {

/// One row for each column (one without a column for a table that has none, one without anything
/// for one that does not exist), with its type (what a
/// domain stands for) and the equality operator of a unique index it is in. Strategy 3 is equality
/// in btree operator families, also in those of YugabyteDB's lsm. Source: PostgreSQL 15
/// documentation, 38.16.2 (index method strategies).
constexpr const char* columns_sql = R"(
SELECT wanted.place, r.relkind, a.attname, tn.nspname, t.typname, {generated},
       coalesce(eq.nspname, 'pg_catalog'), coalesce(eq.oprname, '='),
       EXISTS (SELECT FROM pg_catalog.pg_index i
               JOIN pg_catalog.pg_class x ON x.oid = i.indexrelid
               JOIN pg_catalog.pg_am m ON m.oid = x.relam AND m.amname IN ('btree', 'lsm')
               WHERE i.indrelid = a.attrelid AND i.indisvalid AND i.indpred IS NULL
                 AND i.indkey[0] = a.attnum)
FROM unnest($1::text[]) WITH ORDINALITY AS wanted (name, place)
LEFT JOIN pg_catalog.pg_class r ON r.oid = pg_catalog.to_regclass(wanted.name)
LEFT JOIN (pg_catalog.pg_attribute a
CROSS JOIN LATERAL (
  WITH RECURSIVE d(oid, typtype, typbasetype, typname, typnamespace) AS (
    SELECT oid, typtype, typbasetype, typname, typnamespace
    FROM pg_catalog.pg_type WHERE oid = a.atttypid
    UNION ALL
    SELECT b.oid, b.typtype, b.typbasetype, b.typname, b.typnamespace
    FROM pg_catalog.pg_type b JOIN d ON d.typtype = 'd' AND b.oid = d.typbasetype)
  SELECT * FROM d WHERE typtype <> 'd') t
JOIN pg_catalog.pg_namespace tn ON tn.oid = t.typnamespace
LEFT JOIN LATERAL (
  SELECT n.nspname, o.oprname
  FROM pg_catalog.pg_index i
  CROSS JOIN LATERAL unnest(i.indkey::int2[], i.indclass::oid[]) AS k(attnum, opclass)
  JOIN pg_catalog.pg_opclass c ON c.oid = k.opclass
  JOIN pg_catalog.pg_am m ON m.oid = c.opcmethod AND m.amname IN ('btree', 'lsm')
  JOIN pg_catalog.pg_amop s ON s.amopfamily = c.opcfamily AND s.amopstrategy = 3
       AND s.amoplefttype = c.opcintype AND s.amoprighttype = c.opcintype
  JOIN pg_catalog.pg_operator o ON o.oid = s.amopopr
  JOIN pg_catalog.pg_namespace n ON n.oid = o.oprnamespace
  WHERE i.indrelid = a.attrelid AND k.attnum = a.attnum
  ORDER BY i.indisprimary DESC, i.indisunique DESC LIMIT 1) eq ON true)
ON a.attrelid = r.oid AND a.attnum > 0 AND NOT a.attisdropped
ORDER BY wanted.place, a.attnum)";

std::string with_generated(const Traits& traits) {
  std::string sql = columns_sql;
  constexpr std::string_view mark = "{generated}";
  sql.replace(sql.find(mark), mark.size(),
              traits.generated_columns ? "a.attgenerated <> ''" : "false");
  return sql;
}

constexpr std::string_view partitioned_kind = "p";

[[noreturn]] void fail_missing(const Connection& connection, const QualifiedName& name) {
  fail(table_missing,
       fmt::format("table {} does not exist in database \"{}\"", name.display(),
                   connection.endpoint().database),
       "Run import schema, or leave the table out with --exclude-table-list");
}

bool is_partitioned(Connection& connection, const QualifiedName& name) {
  const auto kind = connection.scalar(
      "SELECT relkind FROM pg_catalog.pg_class WHERE oid = pg_catalog.to_regclass($1)",
      {name.quoted()});
  if (!kind) fail_missing(connection, name);
  return *kind == partitioned_kind;
}

std::string scan_of(const QualifiedName& name, bool partitioned) {
  return (partitioned ? "" : "ONLY ") + name.quoted();
}

}  // namespace

std::string TargetTable::scan() const {
  return scan_of(name, partitioned);
}

const TargetColumn& TargetTable::column(const std::string& column_name) const {
  const auto found = std::find_if(columns.begin(), columns.end(), [&](const TargetColumn& column) {
    return column.name == column_name;
  });
  if (found == columns.end()) {
    fail(column_missing,
         fmt::format("table {} has no column {} on this side", name.display(),
                     quote_identifier(column_name)),
         "Make the table's columns the same on both sides");
  }
  return *found;
}

std::vector<TargetTable> read_target_tables(Connection& connection, const Traits& traits,
                                            const std::vector<QualifiedName>& names) {
  const std::set<QualifiedName> distinct(names.begin(), names.end());
  std::vector<TargetTable> tables;
  std::vector<std::string> wanted;
  for (const QualifiedName& name : distinct) {
    tables.emplace_back().name = name;
    wanted.push_back(name.quoted());
  }
  const Result rows = connection.prepared(with_generated(traits), {array_text(wanted)});
  for (int i = 0; i < rows.rows(); ++i) {
    TargetTable& table = tables.at(static_cast<std::size_t>(rows.integer(i, 0) - 1));
    if (rows.is_null(i, 1)) fail_missing(connection, table.name);
    table.partitioned = rows.text(i, 1) == partitioned_kind;
    if (rows.is_null(i, 2)) continue;
    TargetColumn& column = table.columns.emplace_back();
    column.name = rows.string(i, 2);
    column.cast_type = QualifiedName{rows.string(i, 3), rows.string(i, 4)}.quoted();
    column.generated = rows.boolean(i, 5);
    column.equals =
        fmt::format("OPERATOR({}.{})", quote_identifier(rows.text(i, 6)), rows.text(i, 7));
    column.leads_index = rows.boolean(i, 8);
  }
  return tables;
}

TargetTable read_target_table(Connection& connection, const Traits& traits,
                              const QualifiedName& name) {
  return read_target_tables(connection, traits, {name}).front();
}

std::string read_scan(Connection& connection, const QualifiedName& name) {
  return scan_of(name, is_partitioned(connection, name));
}

std::string emptying_sql(Connection& connection, const Traits& traits, const QualifiedName& name) {
  const std::string scan = read_scan(connection, name);
  std::string remove = "DELETE FROM " + scan;
  if (!traits.transactional_truncate) return remove;
  const auto referenced = connection.scalar(
      "WITH RECURSIVE tree(oid) AS (SELECT pg_catalog.to_regclass($1)::oid UNION ALL "
      "SELECT i.inhrelid FROM pg_catalog.pg_inherits i JOIN tree ON i.inhparent = tree.oid) "
      "SELECT 1 FROM pg_catalog.pg_constraint c WHERE c.contype = 'f' "
      "AND c.confrelid IN (SELECT oid FROM tree) "
      "AND c.conrelid NOT IN (SELECT oid FROM tree) LIMIT 1",
      {name.quoted()});
  return referenced ? remove : "TRUNCATE " + scan;
}

}  // namespace voyager::postgres
