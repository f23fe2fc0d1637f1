// SPDX-License-Identifier: Apache-2.0
#include "engine/statistics.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/error.hpp"
#include "base/log.hpp"
#include "engines/postgres/array_text.hpp"
#include "engines/postgres/complaints.hpp"
#include "engines/postgres/engine.hpp"
#include "engines/postgres/statement_counts.hpp"
#include "engines/postgres/traits.hpp"
#include "engines/postgres/user_objects.hpp"

namespace voyager::postgres {
namespace {

using engine::RelationKind;
using Names = std::vector<std::string>;

constexpr ErrorCode statistics_refused{4302};

constexpr const char* schemas_sql = R"(
SELECT n.nspname FROM pg_namespace n
 WHERE {} AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_namespace'::regclass
                             AND d.objid = n.oid AND d.deptype = 'e')
 ORDER BY n.nspname)";

/// The relations that have statistics. The key of a partitioned table is none: its storage and its
/// counters are those of the leaves' keys. {0}: chosen_schema, {1}: not_of_extension.
constexpr const char* relation_sql = R"(
WITH owner AS (
  SELECT c.oid FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
   WHERE c.relkind IN ('r', 'p', 'm') AND c.relpersistence <> 't' AND {0} AND {1}),
relation AS (
  SELECT c.oid, n.nspname, c.relname, c.relkind, coalesce(i.indisprimary, false) AS is_key,
         i.indrelid
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    LEFT JOIN pg_index i ON i.indexrelid = c.oid
   WHERE coalesce(i.indrelid, c.oid) IN (SELECT oid FROM owner) AND coalesce(i.indislive, true)
     AND NOT (c.relkind = 'I' AND i.indisprimary)))";

/// {0}: whether c is a partition, {1}: its bytes, {2}: whether it has 0 rows for certain when its
/// estimate is 0, {3}: the number of key columns of index i.
constexpr const char* relations_sql = R"(
SELECT r.nspname, r.relname, r.relkind, r.is_key, tn.nspname, t.relname, pn.nspname, p.relname,
       CASE WHEN r.relkind NOT IN ('r', 'm') THEN NULL
            WHEN s.n_live_tup > 0 THEN s.n_live_tup
            WHEN c.reltuples > 0 THEN c.reltuples::bigint
            WHEN {2} THEN 0 END,
       {1},
       CASE WHEN i.indexrelid IS NULL
            THEN (SELECT count(*) FROM pg_attribute a
                   WHERE a.attrelid = r.oid AND a.attnum > 0 AND NOT a.attisdropped)
            ELSE {3} END
  FROM relation r JOIN pg_class c ON c.oid = r.oid
  LEFT JOIN pg_index i ON i.indexrelid = r.oid
  LEFT JOIN pg_class t ON t.oid = r.indrelid
  LEFT JOIN pg_namespace tn ON tn.oid = t.relnamespace
  LEFT JOIN pg_inherits h ON h.inhrelid = r.oid AND {0}
  LEFT JOIN pg_class p ON p.oid = h.inhparent
  LEFT JOIN pg_namespace pn ON pn.oid = p.relnamespace
  LEFT JOIN pg_stat_user_tables s ON s.relid = r.oid
 ORDER BY r.nspname, r.relname)";

/// Source: PostgreSQL 15 documentation, 28.2 The Cumulative Statistics System.
constexpr const char* counters_sql = R"(
SELECT r.nspname, r.relname, r.relkind, r.is_key,
       coalesce(s.seq_scan, 0) + coalesce(s.idx_scan, 0), coalesce(x.idx_scan, 0),
       coalesce(s.n_tup_ins, 0), coalesce(s.n_tup_upd, 0), coalesce(s.n_tup_del, 0)
  FROM relation r LEFT JOIN pg_stat_user_tables s ON s.relid = r.oid
  LEFT JOIN pg_stat_all_indexes x ON x.indexrelid = r.oid
 ORDER BY r.nspname, r.relname)";

/// A parent has a second row, of its children's values together with its own: a partitioned table
/// has only that one. Of the values only their frequencies are read. Source: PostgreSQL 15
/// documentation, 54.27 pg_stats: below 0, n_distinct is a part of the number of rows.
constexpr const char* columns_sql = R"(
SELECT DISTINCT ON (v.schemaname, v.tablename, v.attname) v.schemaname, v.tablename, v.attname,
       coalesce(v.null_frac, 0),
       CASE WHEN v.n_distinct >= 0 THEN v.n_distinct
            ELSE round(-v.n_distinct * greatest(c.reltuples, 0)) END,
       coalesce(v.most_common_freqs[1], 0)
  FROM pg_stats v JOIN relation r ON r.nspname = v.schemaname AND r.relname = v.tablename
  JOIN pg_class c ON c.oid = r.oid
 WHERE r.indrelid IS NULL
 ORDER BY v.schemaname, v.tablename, v.attname, v.inherited)";

/// Programs that copy the server or read its changes are in that view too. A user without the right
/// sees a row for each, but nothing in it.
constexpr const char* replicas_sql = R"(
SELECT coalesce(r.application_name, ''), coalesce(host(r.client_addr), '')
  FROM pg_stat_replication r
 WHERE coalesce(r.state, 'streaming') IN ('streaming', 'catchup')
   AND NOT EXISTS (SELECT FROM pg_replication_slots s
                    WHERE s.active_pid = r.pid AND s.slot_type = 'logical')
 ORDER BY 1, 2)";

constexpr const char* not_analysed_sql = R"(
SELECT r.nspname FROM relation r JOIN pg_class c ON c.oid = r.oid
  LEFT JOIN pg_stat_user_tables s ON s.relid = r.oid
 WHERE r.relkind IN ('r', 'm')
 GROUP BY r.nspname
HAVING bool_or(s.n_live_tup > 0 OR c.relpages > 0)
   AND NOT bool_or(coalesce(s.last_analyze, s.last_autoanalyze) IS NOT NULL
                   OR EXISTS (SELECT FROM pg_stats v WHERE v.schemaname = r.nspname
                                 AND v.tablename = r.relname))
 ORDER BY r.nspname)";

constexpr const char* not_readable_sql = R"(
SELECT r.nspname, r.relname FROM relation r
 WHERE r.indrelid IS NULL AND NOT has_table_privilege(r.oid, 'SELECT')
 ORDER BY r.nspname, r.relname)";

RelationKind kind_of(std::string_view letter, bool is_key) {
  if (letter == "p") return RelationKind::partitioned_table;
  if (letter == "m") return RelationKind::materialized_view;
  if (letter == "I") return RelationKind::partitioned_index;
  if (letter == "i") return is_key ? RelationKind::primary_key : RelationKind::index;
  return RelationKind::table;
}

/// Has nspname, relname, relkind and is_key as its first columns.
template <typename Item>
Item relation_at(const Result& rows, int row) {
  Item item;
  item.name = {rows.string(row, 0), rows.string(row, 1)};
  item.kind = kind_of(rows.text(row, 2), rows.boolean(row, 3));
  return item;
}

std::optional<QualifiedName> name_at(const Result& rows, int row, int column) {
  if (rows.is_null(row, column)) return std::nullopt;
  return QualifiedName{rows.string(row, column), rows.string(row, column + 1)};
}

class Statistics final : public engine::StatisticsReader {
 public:
  explicit Statistics(const engine::Endpoint& endpoint)
      : connection_(endpoint), yugabytedb_(is_yugabytedb(connection_)) {}

  std::string server_version() override { return connection_.parameter_status("server_version"); }
  std::string system_identifier() override;
  bool is_replica() override;
  Names user_schemas() override;
  std::vector<engine::ReplicaAddress> replicas() override;
  Names cautions(const Names& schemas) override;
  std::vector<engine::RelationStatistics> relations(const Names& schemas) override;
  std::vector<engine::RelationActivity> activity(const Names& schemas) override;
  std::vector<engine::RelationUsage> usage(const Names& schemas) override;
  std::vector<engine::ColumnSpread> columns(const Names& schemas) override;
  std::optional<std::vector<engine::QueryStatistics>> queries() override;

 private:
  Result ask(const std::string& sql, const std::vector<Parameter>& parameters = {});
  /// About the relations of these schemas.
  Result ask_relations(const std::string& sql, const Names& schemas);
  std::vector<engine::Endpoint> nodes();

  Connection connection_;
  bool yugabytedb_;
};

Result Statistics::ask(const std::string& sql, const std::vector<Parameter>& parameters) {
  constexpr std::string_view not_permitted = "42501";
  try {
    return connection_.query(marked(sql), parameters);
  } catch (const Error& error) {
    if (error.sqlstate() != not_permitted) throw;
    fail(statistics_refused,
         fmt::format("the statistics of {} can't be read: {}", connection_.endpoint().database,
                     error.what()),
         fmt::format("GRANT pg_monitor TO {}", quote_identifier(connection_.endpoint().user)));
  }
}

Result Statistics::ask_relations(const std::string& sql, const Names& schemas) {
  return ask(fmt::format(relation_sql, chosen_schema, not_of_extension) + sql,
             {array_text(schemas)});
}

std::string Statistics::system_identifier() {
  return ask("SELECT system_identifier FROM pg_control_system()").string(0, 0);
}

bool Statistics::is_replica() {
  return ask("SELECT pg_is_in_recovery()").boolean(0, 0);
}

Names Statistics::user_schemas() {
  const Result rows = ask(fmt::format(schemas_sql, chosen_schema), {array_text(Names{})});
  Names schemas;
  for (int row = 0; row < rows.rows(); ++row) schemas.push_back(rows.string(row, 0));
  return schemas;
}

std::vector<engine::ReplicaAddress> Statistics::replicas() {
  // A YugabyteDB cluster repeats its data by other means; only readers of changes are in that view.
  if (yugabytedb_) return {};
  const Result rows = ask(replicas_sql);
  std::vector<engine::ReplicaAddress> replicas;
  for (int row = 0; row < rows.rows(); ++row)
    replicas.push_back({rows.string(row, 0), rows.string(row, 1)});
  return replicas;
}

Names Statistics::cautions(const Names& schemas) {
  Names lines;
  if (ask("SELECT current_setting('track_counts')").text(0, 0) != "on")
    lines.emplace_back(
        "The server does not count reads and writes of tables. ALTER SYSTEM SET track_counts = on; "
        "SELECT pg_reload_conf();");
  const Result unread = ask_relations(not_readable_sql, schemas);
  Names names;
  for (int row = 0; row < unread.rows(); ++row)
    names.push_back(QualifiedName{unread.string(row, 0), unread.string(row, 1)}.display());
  if (!names.empty())
    lines.push_back(
        fmt::format("User {0} does not see the statistics of columns of: {1}. GRANT "
                    "SELECT ON them TO {0};",
                    quote_identifier(connection_.endpoint().user), listed_names(names)));
  const Result raw = ask_relations(not_analysed_sql, schemas);
  names.clear();
  for (int row = 0; row < raw.rows(); ++row) names.push_back(quote_identifier(raw.string(row, 0)));
  if (!names.empty())
    lines.push_back(
        fmt::format("No table was ever analysed in: {}. ANALYZE;", listed_names(names)));
  std::ranges::move(statement_cautions(connection_), std::back_inserter(lines));
  return lines;
}

std::vector<engine::RelationStatistics> Statistics::relations(const Names& schemas) {
  const int version = connection_.server_version();
  // YugabyteDB answers each size with a request to its master.
  const char* bytes = yugabytedb_ ? "0"
                                  : "coalesce(CASE r.relkind WHEN 'i' THEN pg_relation_size(r.oid) "
                                    "WHEN 'r' THEN pg_table_size(r.oid) "
                                    "WHEN 'm' THEN pg_table_size(r.oid) END, 0)";
  // Before PostgreSQL 14 a table that nobody has looked at has an estimate of 0 too.
  const char* empty = version >= 140000 ? "c.reltuples = 0"
                                        : "coalesce(s.last_vacuum, s.last_autovacuum, "
                                          "s.last_analyze, s.last_autoanalyze) IS NOT NULL";
  const Result rows =
      ask_relations(fmt::format(relations_sql, version >= 100000 ? "c.relispartition" : "false",
                                bytes, empty, version >= 110000 ? "i.indnkeyatts" : "i.indnatts"),
                    schemas);
  std::vector<engine::RelationStatistics> relations;
  for (int row = 0; row < rows.rows(); ++row) {
    auto relation = relation_at<engine::RelationStatistics>(rows, row);
    relation.table = name_at(rows, row, 4);
    relation.partition_of = name_at(rows, row, 6);
    if (!rows.is_null(row, 8)) relation.rows = rows.integer(row, 8);
    relation.bytes = rows.integer(row, 9);
    relation.columns = rows.integer(row, 10);
    relations.push_back(std::move(relation));
  }
  return relations;
}

std::vector<engine::RelationActivity> Statistics::activity(const Names& schemas) {
  const Result rows = ask_relations(counters_sql, schemas);
  std::vector<engine::RelationActivity> activity;
  for (int row = 0; row < rows.rows(); ++row) {
    auto relation = relation_at<engine::RelationActivity>(rows, row);
    relation.reads = rows.integer(row, 4);
    relation.writes = rows.integer(row, 6) + rows.integer(row, 7) + rows.integer(row, 8);
    activity.push_back(std::move(relation));
  }
  return activity;
}

std::vector<engine::RelationUsage> Statistics::usage(const Names& schemas) {
  const Result rows = ask_relations(counters_sql, schemas);
  std::vector<engine::RelationUsage> usage;
  for (int row = 0; row < rows.rows(); ++row) {
    auto relation = relation_at<engine::RelationUsage>(rows, row);
    relation.scans = rows.integer(row, 4) + rows.integer(row, 5);
    relation.inserts = rows.integer(row, 6);
    relation.updates = rows.integer(row, 7);
    relation.deletes = rows.integer(row, 8);
    usage.push_back(std::move(relation));
  }
  return usage;
}

std::vector<engine::ColumnSpread> Statistics::columns(const Names& schemas) {
  const Result rows = ask_relations(columns_sql, schemas);
  std::vector<engine::ColumnSpread> columns;
  for (int row = 0; row < rows.rows(); ++row) {
    engine::ColumnSpread column;
    column.table = {rows.string(row, 0), rows.string(row, 1)};
    column.column = rows.string(row, 2);
    column.null_fraction = rows.number(row, 3);
    column.distinct_values = rows.number(row, 4);
    column.most_common_frequency = rows.number(row, 5);
    columns.push_back(std::move(column));
  }
  return columns;
}

/// Where statements are counted: each node of a YugabyteDB cluster counts those that it ran.
std::vector<engine::Endpoint> Statistics::nodes() {
  const engine::Endpoint& given = connection_.endpoint();
  std::vector<engine::Endpoint> nodes;
  const AddressChoice choice =
      choose_addresses(given, read_traits(connection_).nodes, resolve_host);
  for (const Address& address : choice.addresses) {
    nodes.push_back(given);
    nodes.back().host = address.host;
    nodes.back().port = address.port;
  }
  return nodes;
}

std::optional<std::vector<engine::QueryStatistics>> Statistics::queries() {
  if (!yugabytedb_) {
    auto counted = counted_statements(connection_);
    if (counted) counted = engine::merged_by_text(*counted);
    return counted;
  }
  std::optional<std::vector<engine::QueryStatistics>> all;
  for (const engine::Endpoint& node : nodes()) {
    try {
      Connection connection(node);
      auto counted = counted_statements(connection);
      if (!counted) continue;
      if (!all) all.emplace();
      std::ranges::move(*counted, std::back_inserter(*all));
    } catch (const Error& error) {
      log::warn("statements of node {}:{} are not counted: {}", node.host, node.port, error.what());
    }
  }
  if (all) all = engine::merged_by_text(*all);
  return all;
}

class Source final : public engine::StatisticsSource {
 public:
  explicit Source(const engine::Endpoint& endpoint) : endpoint_(endpoint) {}

  std::unique_ptr<engine::StatisticsReader> statistics() override {
    return std::make_unique<Statistics>(endpoint_);
  }

 private:
  engine::Endpoint endpoint_;
};

}  // namespace

std::unique_ptr<engine::StatisticsSource> make_statistics_source(const engine::Endpoint& endpoint) {
  return std::make_unique<Source>(endpoint);
}

}  // namespace voyager::postgres
