// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <libpq-fe.h>

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

#include "base/error.hpp"
#include "engines/postgres/target_parts.hpp"
#include "engines/postgres/text_forms.hpp"

namespace voyager::postgres {
namespace {

/// What stands in the schemas $1 on its own: kind, quoted name and arguments, one row for each
/// object, in an order in which they can be dropped with CASCADE. Not what belongs to an extension,
/// nor what goes with its table (partitions, sequences of columns, row types).
constexpr const char* objects_sql = R"(
WITH s AS (SELECT oid, quote_ident(nspname) AS name FROM pg_catalog.pg_namespace
           WHERE nspname = ANY ($1::text[])),
objects(rank, kind, identity, class, oid) AS (
  SELECT CASE WHEN c.relkind IN ('v', 'm') THEN 1 ELSE 2 END,
         CASE c.relkind WHEN 'v' THEN 'VIEW' WHEN 'm' THEN 'MATERIALIZED VIEW'
                        WHEN 'S' THEN 'SEQUENCE' WHEN 'f' THEN 'FOREIGN TABLE'
                        ELSE 'TABLE' END,
         s.name || '.' || quote_ident(c.relname), 'pg_catalog.pg_class'::regclass::oid, c.oid
  FROM pg_catalog.pg_class c JOIN s ON s.oid = c.relnamespace
  WHERE c.relkind IN ('r', 'p', 'v', 'm', 'S', 'f') AND NOT c.relispartition
    AND NOT (c.relkind = 'S' AND EXISTS (
      SELECT FROM pg_catalog.pg_depend d
      WHERE d.classid = 'pg_catalog.pg_class'::regclass AND d.objid = c.oid
        AND d.refclassid = 'pg_catalog.pg_class'::regclass AND d.deptype IN ('a', 'i')))
  UNION ALL
  SELECT 3, CASE p.prokind WHEN 'a' THEN 'AGGREGATE' WHEN 'p' THEN 'PROCEDURE'
                           ELSE 'FUNCTION' END,
         s.name || '.' || quote_ident(p.proname)
           || CASE WHEN p.prokind = 'a' AND p.pronargs = 0 THEN '(*)'
                   ELSE '(' || pg_catalog.pg_get_function_identity_arguments(p.oid) || ')' END,
         'pg_catalog.pg_proc'::regclass::oid, p.oid
  FROM pg_catalog.pg_proc p JOIN s ON s.oid = p.pronamespace
  UNION ALL
  SELECT 4, CASE t.typtype WHEN 'd' THEN 'DOMAIN' ELSE 'TYPE' END,
         s.name || '.' || quote_ident(t.typname), 'pg_catalog.pg_type'::regclass::oid, t.oid
  FROM pg_catalog.pg_type t JOIN s ON s.oid = t.typnamespace
  LEFT JOIN pg_catalog.pg_class c ON c.oid = t.typrelid
  WHERE t.typtype IN ('e', 'd', 'r', 'b', 'c') AND (t.typtype <> 'c' OR c.relkind = 'c')
    AND NOT EXISTS (SELECT FROM pg_catalog.pg_type e WHERE e.typarray = t.oid)
  UNION ALL
  SELECT 5, 'COLLATION', s.name || '.' || quote_ident(o.collname),
         'pg_catalog.pg_collation'::regclass::oid, o.oid
  FROM pg_catalog.pg_collation o JOIN s ON s.oid = o.collnamespace
  UNION ALL
  SELECT 5, 'CONVERSION', s.name || '.' || quote_ident(o.conname),
         'pg_catalog.pg_conversion'::regclass::oid, o.oid
  FROM pg_catalog.pg_conversion o JOIN s ON s.oid = o.connamespace
  UNION ALL
  SELECT 5, 'TEXT SEARCH CONFIGURATION', s.name || '.' || quote_ident(o.cfgname),
         'pg_catalog.pg_ts_config'::regclass::oid, o.oid
  FROM pg_catalog.pg_ts_config o JOIN s ON s.oid = o.cfgnamespace
  UNION ALL
  SELECT 6, 'TEXT SEARCH DICTIONARY', s.name || '.' || quote_ident(o.dictname),
         'pg_catalog.pg_ts_dict'::regclass::oid, o.oid
  FROM pg_catalog.pg_ts_dict o JOIN s ON s.oid = o.dictnamespace
  UNION ALL
  SELECT 6, 'OPERATOR FAMILY',
         s.name || '.' || quote_ident(o.opfname) || ' USING ' || quote_ident(m.amname),
         'pg_catalog.pg_opfamily'::regclass::oid, o.oid
  FROM pg_catalog.pg_opfamily o JOIN s ON s.oid = o.opfnamespace
  JOIN pg_catalog.pg_am m ON m.oid = o.opfmethod
  UNION ALL
  SELECT 6, 'OPERATOR',
         s.name || '.' || o.oprname || ' ('
           || CASE WHEN o.oprleft = 0 THEN 'NONE'
                   ELSE pg_catalog.format_type(o.oprleft, NULL) END || ', '
           || CASE WHEN o.oprright = 0 THEN 'NONE'
                   ELSE pg_catalog.format_type(o.oprright, NULL) END || ')',
         'pg_catalog.pg_operator'::regclass::oid, o.oid
  FROM pg_catalog.pg_operator o JOIN s ON s.oid = o.oprnamespace
  UNION ALL
  SELECT 6, 'STATISTICS', s.name || '.' || quote_ident(o.stxname),
         'pg_catalog.pg_statistic_ext'::regclass::oid, o.oid
  FROM pg_catalog.pg_statistic_ext o JOIN s ON s.oid = o.stxnamespace)
SELECT kind, identity FROM objects o
WHERE NOT EXISTS (SELECT FROM pg_catalog.pg_depend d
                  WHERE d.classid = o.class AND d.objid = o.oid
                    AND (d.deptype = 'e' OR
                         (d.deptype = 'i' AND d.classid = 'pg_catalog.pg_proc'::regclass)))
ORDER BY rank, identity)";

std::string array_of(const std::vector<std::string>& texts) {
  ArrayLiteral literal;
  for (const std::string& text : texts) literal.add(Value::of(text));
  return std::string(literal.close());
}

class PostgresSchemaWriter final : public engine::SchemaWriter {
 public:
  explicit PostgresSchemaWriter(TargetSession session)
      : connection_(std::move(session.connection)), yugabytedb_(session.traits.yugabytedb) {
    PQsetNoticeReceiver(connection_.handle(), note, this);
  }
  PostgresSchemaWriter(const PostgresSchemaWriter&) = delete;
  PostgresSchemaWriter& operator=(const PostgresSchemaWriter&) = delete;

  bool execute(const std::string& statement) override;
  void drop_schemas(const std::vector<std::string>& schemas) override;
  std::int64_t object_count(const std::vector<std::string>& schemas) override;
  std::vector<QualifiedName> materialized_views(const std::vector<std::string>& schemas) override;
  bool drop_invalid_index(const QualifiedName& index) override;
  std::optional<bool> colocated() override;

 private:
  void drop_object(const std::string& kind, const std::string& identity);
  static void note(void* self, const pg_result* notice);

  Connection connection_;
  bool yugabytedb_;
  bool existed_ = false;  ///< the statement that runs found its object there
};

/// The notice of IF NOT EXISTS has the SQLSTATE that would be an error without it.
/// Source: PostgreSQL 15 documentation, appendix A: table, object, schema, column.
void PostgresSchemaWriter::note(void* self, const pg_result* notice) {
  constexpr std::array<std::string_view, 4> exists{"42P07", "42710", "42P06", "42701"};
  const char* state = PQresultErrorField(notice, PG_DIAG_SQLSTATE);
  if (state != nullptr && std::find(exists.begin(), exists.end(), state) != exists.end())
    static_cast<PostgresSchemaWriter*>(self)->existed_ = true;
}

bool PostgresSchemaWriter::execute(const std::string& statement) {
  existed_ = false;
  connection_.execute(statement);
  return !existed_;
}

/// CASCADE may have dropped it with something else, and with it the schema or type its name
/// mentions.
void PostgresSchemaWriter::drop_object(const std::string& kind, const std::string& identity) {
  try {
    connection_.execute(fmt::format("DROP {} IF EXISTS {} CASCADE", kind, identity));
  } catch (const Error& error) {
    constexpr std::string_view undefined = "42704";
    if (error.sqlstate() != undefined) throw;
  }
}

/// Object by object, because one DROP SCHEMA of thousands of tables needs more locks than a server
/// has room for by default.
void PostgresSchemaWriter::drop_schemas(const std::vector<std::string>& schemas) {
  const Result objects = connection_.query(objects_sql, {array_of(schemas)});
  for (int i = 0; i < objects.rows(); ++i) drop_object(objects.string(i, 0), objects.string(i, 1));
  for (const std::string& schema : schemas) {
    if (schema == "public") continue;
    connection_.execute(fmt::format("DROP SCHEMA IF EXISTS {} CASCADE", quote_identifier(schema)));
  }
}

std::int64_t PostgresSchemaWriter::object_count(const std::vector<std::string>& schemas) {
  return connection_.query(objects_sql, {array_of(schemas)}).rows();
}

/// In the order of their making, so that one that reads another comes after it.
std::vector<QualifiedName> PostgresSchemaWriter::materialized_views(
    const std::vector<std::string>& schemas) {
  const Result rows = connection_.query(
      "SELECT n.nspname, c.relname FROM pg_catalog.pg_class c "
      "JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace "
      "WHERE c.relkind = 'm' AND n.nspname = ANY ($1::text[]) ORDER BY c.oid",
      {array_of(schemas)});
  std::vector<QualifiedName> views;
  views.reserve(static_cast<std::size_t>(rows.rows()));
  for (int i = 0; i < rows.rows(); ++i) views.push_back({rows.string(i, 0), rows.string(i, 1)});
  return views;
}

bool PostgresSchemaWriter::drop_invalid_index(const QualifiedName& index) {
  const auto found = connection_.scalar(
      "SELECT true FROM pg_catalog.pg_index i JOIN pg_catalog.pg_class c ON c.oid = i.indexrelid "
      "JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace "
      "WHERE c.relkind = 'i' AND NOT i.indisvalid AND n.nspname = $1 AND c.relname = $2",
      {index.schema, index.name});
  if (!found) return false;
  connection_.execute("DROP INDEX IF EXISTS " + index.quoted());
  return true;
}

std::optional<bool> PostgresSchemaWriter::colocated() {
  if (!yugabytedb_) return std::nullopt;
  return is_colocated(connection_);
}

}  // namespace

std::unique_ptr<engine::SchemaWriter> make_schema_writer(TargetSession session) {
  return std::make_unique<PostgresSchemaWriter>(std::move(session));
}

}  // namespace voyager::postgres
