// SPDX-License-Identifier: Apache-2.0
#include "engines/postgres/catalog.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <utility>

#include "base/text.hpp"
#include "engines/postgres/array_text.hpp"
#include "engines/postgres/column_types.hpp"
#include "engines/postgres/table_identity.hpp"
#include "engines/postgres/user_objects.hpp"

namespace voyager::postgres {
namespace {

using Oid = std::uint32_t;

/// Every table and partition root with all relations below it. Ordinary inheritance is not
/// followed: its children are tables of their own.
constexpr const char* relations_sql = R"(
WITH RECURSIVE tree (root, relation) AS (
  SELECT c.oid, c.oid FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
   WHERE c.relkind IN ('r', 'p') AND NOT c.relispartition AND c.relpersistence <> 't'
     AND {} AND {}
  UNION ALL
  SELECT t.root, i.inhrelid FROM tree t JOIN pg_inherits i ON i.inhparent = t.relation
    JOIN pg_class c ON c.oid = i.inhrelid AND c.relispartition)
SELECT t.root, t.relation, n.nspname, c.relname, c.relkind, c.relreplident,
       greatest(c.reltuples, 0)::bigint, {}
  FROM tree t JOIN pg_class c ON c.oid = t.relation JOIN pg_namespace n ON n.oid = c.relnamespace)";

constexpr const char* columns_sql = R"(
SELECT a.attrelid, a.attname, a.atttypid, format_type(a.atttypid, a.atttypmod), a.attidentity,
       {}, a.attnotnull
  FROM pg_attribute a
 WHERE a.attrelid = ANY ($1::oid[]) AND a.attnum > 0 AND NOT a.attisdropped
 ORDER BY a.attrelid, a.attnum)";

constexpr const char* types_sql = R"(
WITH RECURSIVE used (oid) AS (
  SELECT DISTINCT atttypid FROM pg_attribute
   WHERE attrelid = ANY ($1::oid[]) AND attnum > 0 AND NOT attisdropped
  UNION
  SELECT part.oid FROM used JOIN pg_type t ON t.oid = used.oid
    CROSS JOIN LATERAL (VALUES (t.typbasetype), (t.typelem)) AS part (oid)
   WHERE part.oid <> 0)
SELECT t.oid, n.nspname, t.typname, t.typtype, coalesce(element.oid, 0), t.typbasetype,
       t.typsend <> 0 AND t.typreceive <> 0
  FROM used JOIN pg_type t ON t.oid = used.oid JOIN pg_namespace n ON n.oid = t.typnamespace
  LEFT JOIN pg_type element ON element.typarray = t.oid)";

/// One row for each key column of each unique index or exclusion constraint; an expression has no
/// name.
constexpr const char* indexes_sql = R"(
SELECT i.indrelid, i.indexrelid, c.relname, a.attname, i.indisunique,
       i.indisprimary AND i.indisvalid, i.indisreplident AND i.indisvalid,
       i.indpred IS NOT NULL, i.indimmediate, c.relispartition
  FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid
  CROSS JOIN LATERAL unnest(i.indkey::int2[]) WITH ORDINALITY AS k (number, place)
  LEFT JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = k.number AND k.number > 0
 WHERE i.indrelid = ANY ($1::oid[]) AND i.indislive AND (i.indisunique OR i.indisexclusion)
   AND k.place <= {}
 ORDER BY i.indrelid, NOT i.indisprimary, c.relname, k.place)";

constexpr const char* partition_columns_sql = R"(
SELECT p.partrelid, a.attname
  FROM pg_partitioned_table p CROSS JOIN LATERAL unnest(p.partattrs::int2[]) AS k (number)
  LEFT JOIN pg_attribute a ON a.attrelid = p.partrelid AND a.attnum = k.number AND k.number > 0
 WHERE p.partrelid = ANY ($1::oid[]))";

constexpr const char* sequences_sql = R"(
SELECT n.nspname, c.relname, on_.nspname, oc.relname, oa.attname, format_type(s.seqtypid, NULL),
       s.seqincrement, s.seqcache
  FROM pg_sequence s JOIN pg_class c ON c.oid = s.seqrelid
  JOIN pg_namespace n ON n.oid = c.relnamespace
  LEFT JOIN pg_depend o ON o.classid = 'pg_class'::regclass AND o.objid = c.oid AND o.objsubid = 0
       AND o.refclassid = 'pg_class'::regclass AND o.refobjsubid > 0 AND o.deptype IN ('a', 'i')
  LEFT JOIN pg_class oc ON oc.oid = o.refobjid
  LEFT JOIN pg_namespace on_ ON on_.oid = oc.relnamespace
  LEFT JOIN pg_attribute oa ON oa.attrelid = o.refobjid AND oa.attnum = o.refobjsubid
 WHERE c.relpersistence <> 't' AND {} AND {}
 ORDER BY n.nspname, c.relname)";

/// A statement with more relations than this costs the planner more than a round trip does.
constexpr std::size_t sequences_in_one_statement = 200;

Oid oid_at(const Result& result, int row, int column) {
  return static_cast<Oid>(result.integer(row, column));
}

char letter_at(const Result& result, int row, int column) {
  const std::string_view text = result.text(row, column);
  return text.empty() ? '\0' : text[0];
}

QualifiedName name_at(const Result& result, int row, int column) {
  return {result.string(row, column), result.string(row, column + 1)};
}

/// All relations below one root, before leaves and inner partitions are told apart.
struct Tree {
  TreeFacts facts;
  std::vector<Oid> relations;
};

using Trees = std::map<Oid, Tree>;

class Catalog final : public engine::CatalogReader {
 public:
  explicit Catalog(PlainSession session) : session_(std::move(session)) {}

  std::string server_version() override { return connection_.parameter_status("server_version"); }
  std::vector<Table> tables(const std::vector<std::string>& schemas) override;
  std::vector<Sequence> sequences(const std::vector<std::string>& schemas) override;

 private:
  bool is_yugabytedb() { return server_version().find("-YB-") != std::string::npos; }
  Trees read_trees(const std::vector<std::string>& schemas);
  void read_indexes(Trees& trees);
  void read_partition_columns(Trees& trees);
  TypeMap read_types(const std::string& roots);
  void read_columns(const std::string& roots, std::map<Oid, Table>& tables);
  void read_values(std::vector<Sequence>& sequences, std::size_t from, std::size_t to);

  PlainSession session_;
  Connection& connection_ = *session_;
};

std::string relation_list(const Trees& trees) {
  std::vector<Oid> oids;
  for (const auto& [root, tree] : trees)
    oids.insert(oids.end(), tree.relations.begin(), tree.relations.end());
  return array_text(oids);
}

Trees Catalog::read_trees(const std::vector<std::string>& schemas) {
  // YugabyteDB answers the size of each table with a request to its master: too dear for an
  // estimate.
  const char* size = is_yugabytedb()
                         ? "0"
                         : "CASE WHEN c.relkind = 'r' THEN coalesce(pg_relation_size(c.oid), 0) "
                           "ELSE 0 END";
  const Result rows = connection_.query(
      fmt::format(relations_sql, chosen_schema, not_of_extension, size), {array_text(schemas)});
  Trees trees;
  for (int row = 0; row < rows.rows(); ++row) {
    RelationFacts facts;
    facts.oid = oid_at(rows, row, 1);
    facts.name = name_at(rows, row, 2);
    facts.kind = letter_at(rows, row, 4);
    facts.replica_identity = letter_at(rows, row, 5);
    facts.rows = rows.integer(row, 6);
    facts.bytes = rows.integer(row, 7);
    Tree& tree = trees[oid_at(rows, row, 0)];
    tree.relations.push_back(facts.oid);
    if (facts.oid == oid_at(rows, row, 0)) tree.facts.root = facts;
    if (facts.kind != 'p') tree.facts.leaves.push_back(std::move(facts));
  }
  return trees;
}

void Catalog::read_indexes(Trees& trees) {
  std::map<Oid, std::vector<IndexFacts>> indexes;
  const char* key_count = connection_.server_version() >= 110000 ? "i.indnkeyatts" : "i.indnatts";
  const Result rows =
      connection_.query(fmt::format(indexes_sql, key_count), {relation_list(trees)});
  Oid current = 0;
  bool has_expression = false;
  for (int row = 0; row < rows.rows(); ++row) {
    std::vector<IndexFacts>& of_relation = indexes[oid_at(rows, row, 0)];
    if (oid_at(rows, row, 1) != current) {
      current = oid_at(rows, row, 1);
      // An exclusion constraint counts as unique on something that is not known.
      has_expression = !rows.boolean(row, 4);
      of_relation.push_back({rows.string(row, 2),
                             {},
                             rows.boolean(row, 4),
                             rows.boolean(row, 5),
                             rows.boolean(row, 6),
                             rows.boolean(row, 7),
                             rows.boolean(row, 8),
                             rows.boolean(row, 9)});
    }
    std::vector<std::string>& columns = of_relation.back().columns;
    has_expression = has_expression || rows.is_null(row, 3);
    if (has_expression) {
      columns.clear();
    } else {
      columns.push_back(rows.string(row, 3));
    }
  }
  for (auto& [root, tree] : trees) {
    tree.facts.root.indexes = indexes[root];
    for (RelationFacts& leaf : tree.facts.leaves) leaf.indexes = indexes[leaf.oid];
  }
}

void Catalog::read_partition_columns(Trees& trees) {
  std::map<Oid, Tree*> tree_of;
  for (auto& [root, tree] : trees) {
    for (const Oid relation : tree.relations) tree_of[relation] = &tree;
  }
  const Result rows = connection_.query(partition_columns_sql, {relation_list(trees)});
  for (int row = 0; row < rows.rows(); ++row) {
    TreeFacts& facts = tree_of.at(oid_at(rows, row, 0))->facts;
    if (rows.is_null(row, 1)) {
      facts.partitioned_by_expression = true;
    } else {
      facts.partition_columns.push_back(rows.string(row, 1));
    }
  }
}

TypeMap Catalog::read_types(const std::string& roots) {
  TypeMap types;
  const Result rows = connection_.query(types_sql, {roots});
  for (int row = 0; row < rows.rows(); ++row) {
    TypeFacts type;
    type.oid = oid_at(rows, row, 0);
    type.name = name_at(rows, row, 1);
    type.kind = letter_at(rows, row, 3);
    type.element = oid_at(rows, row, 4);
    type.base = oid_at(rows, row, 5);
    type.has_binary_form = rows.boolean(row, 6);
    types[type.oid] = type;
  }
  return types;
}

void Catalog::read_columns(const std::string& roots, std::map<Oid, Table>& tables) {
  const TypeMap types = read_types(roots);
  const char* generated = connection_.server_version() >= 120000 ? "a.attgenerated <> ''" : "false";
  const Result rows = connection_.query(fmt::format(columns_sql, generated), {roots});
  for (int row = 0; row < rows.rows(); ++row) {
    const Oid type = oid_at(rows, row, 2);
    const TypeFacts* base = base_type(types, type);
    Column column;
    column.name = rows.string(row, 1);
    column.type = rows.string(row, 3);
    column.cast_type = base != nullptr ? base->name.quoted() : column.type;
    const char identity = letter_at(rows, row, 4);
    if (identity == 'a' || identity == 'd') column.identity = static_cast<Identity>(identity);
    column.generated = rows.boolean(row, 5);
    column.not_null = rows.boolean(row, 6);
    column.binary_safe = is_binary_safe(types, type, connection_.server_version());
    tables[oid_at(rows, row, 0)].columns.push_back(std::move(column));
  }
}

Table describe(TreeFacts& facts) {
  std::sort(facts.leaves.begin(), facts.leaves.end(),
            [](const auto& a, const auto& b) { return a.name < b.name; });
  Table table;
  table.name = facts.root.name;
  table.partitioned = facts.root.kind == 'p';
  table.key = choose_key(facts);
  table.unique_keys = unique_keys(facts, table.key);
  for (const RelationFacts& leaf : facts.leaves) {
    table.leaves.push_back(leaf.name);
    table.estimated_rows += leaf.rows;
    table.bytes += leaf.bytes;
    if (leaf.kind == 'r' && !identifies_rows(leaf, table.key))
      table.needs_full_identity.push_back(leaf.name);
  }
  return table;
}

std::vector<Table> Catalog::tables(const std::vector<std::string>& schemas) {
  // One snapshot for all the queries, so that a table dropped meanwhile is whole or absent.
  const Transaction transaction(connection_, "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY");
  Trees trees = read_trees(schemas);
  read_indexes(trees);
  read_partition_columns(trees);
  std::map<Oid, Table> described;
  std::vector<Oid> roots;
  for (auto& [root, tree] : trees) {
    described[root] = describe(tree.facts);
    roots.push_back(root);
  }
  read_columns(array_text(roots), described);
  std::vector<Table> tables;
  tables.reserve(described.size());
  for (auto& [root, table] : described) tables.push_back(std::move(table));
  std::sort(tables.begin(), tables.end(),
            [](const Table& a, const Table& b) { return a.name < b.name; });
  return tables;
}

void Catalog::read_values(std::vector<Sequence>& sequences, std::size_t from, std::size_t to) {
  std::vector<std::string> selects;
  for (std::size_t i = from; i < to; ++i)
    selects.push_back(
        fmt::format("SELECT {}, last_value, is_called FROM {}", i, sequences[i].name.quoted()));
  const Result rows = connection_.query(join(selects, " UNION ALL "));
  for (int row = 0; row < rows.rows(); ++row) {
    Sequence& sequence = sequences[static_cast<std::size_t>(rows.integer(row, 0))];
    sequence.last_value = rows.integer(row, 1);
    sequence.is_called = rows.boolean(row, 2);
  }
}

std::vector<Sequence> Catalog::sequences(const std::vector<std::string>& schemas) {
  std::vector<Sequence> sequences;
  const Result rows = connection_.query(fmt::format(sequences_sql, chosen_schema, not_of_extension),
                                        {array_text(schemas)});
  for (int row = 0; row < rows.rows(); ++row) {
    Sequence sequence;
    sequence.name = name_at(rows, row, 0);
    sequence.owner_table = name_at(rows, row, 2);
    sequence.owner_column = rows.string(row, 4);
    sequence.type = rows.string(row, 5);
    sequence.increment = rows.integer(row, 6);
    sequence.cache = rows.integer(row, 7);
    sequences.push_back(std::move(sequence));
  }
  for (std::size_t from = 0; from < sequences.size(); from += sequences_in_one_statement)
    read_values(sequences, from, std::min(from + sequences_in_one_statement, sequences.size()));
  return sequences;
}

}  // namespace

std::unique_ptr<engine::CatalogReader> make_catalog_reader(const engine::Endpoint& endpoint) {
  return make_catalog_reader({Connection(endpoint), std::make_shared<IdleSession>()});
}

std::unique_ptr<engine::CatalogReader> make_catalog_reader(PlainSession session) {
  return std::make_unique<Catalog>(std::move(session));
}

}  // namespace voyager::postgres
