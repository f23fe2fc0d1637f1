// SPDX-License-Identifier: Apache-2.0
#include "engines/postgres/relation_book.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/log.hpp"
#include "base/text.hpp"
#include "engines/postgres/array_text.hpp"
#include "engines/postgres/sqlstate.hpp"

namespace voyager::postgres {
namespace {

constexpr const char* remedy =
    "Changes up to this point are safe. End this migration with end migration, bring the schema of "
    "the "
    "target up to date and start a new migration";

/// From a partition up to its root.
constexpr const char* ancestors_sql = R"(
WITH RECURSIVE up (relation) AS (
  SELECT $1::oid
  UNION ALL
  SELECT i.inhparent FROM up JOIN pg_inherits i ON i.inhrelid = up.relation
    JOIN pg_class c ON c.oid = up.relation AND c.relispartition)
SELECT n.nspname, c.relname FROM up JOIN pg_class c ON c.oid = up.relation
  JOIN pg_namespace n ON n.oid = c.relnamespace)";

/// The transaction that made a partition's link to its parent, when it is not the one that made the
/// table (ATTACH PARTITION): rows from before it never came through the stream.
constexpr const char* attached_sql = R"(
SELECT i.xmin FROM pg_inherits i
  JOIN pg_attribute a ON a.attrelid = i.inhrelid AND a.attname = 'ctid' AND a.xmin <> i.xmin
 WHERE i.inhrelid = $1::oid)";

/// A transaction becomes visible a moment after the stream has delivered it.
constexpr int visibility_attempts = 50;

bool is_dropped_type(const std::string& name) {
  return name.find("???") != std::string::npos;
}

}  // namespace

std::string describe_difference(const Table& table, std::map<std::string, std::string> streamed) {
  std::vector<std::string> differences;
  for (const Column& column : table.stored_columns()) {
    const auto found = streamed.find(column.name);
    const std::string name = quote_identifier(column.name);
    if (found == streamed.end()) {
      differences.push_back(fmt::format("column {} was dropped", name));
      continue;
    }
    if (found->second != column.type && !is_dropped_type(found->second))
      differences.push_back(fmt::format("column {} changed its type from {} to {}", name,
                                        column.type, found->second));
    streamed.erase(found);
  }
  for (const auto& [name, type] : streamed)
    differences.push_back(fmt::format("column {} was added", quote_identifier(name)));
  return join(differences, ", ");
}

RelationBook::RelationBook(const std::vector<Table>& tables, std::function<Connection&()> session,
                           bool row_versions)
    : tables_(tables), session_(std::move(session)), row_versions_(row_versions) {
  for (const Table& table : tables_) {
    by_name_[table.name] = &table;
    for (const QualifiedName& leaf : table.leaves) by_name_[leaf] = &table;
  }
}

const Table* RelationBook::find_root(std::uint32_t leaf) {
  for (int attempt = 0; attempt < visibility_attempts; ++attempt) {
    const Result ancestors = session_().query(ancestors_sql, {std::to_string(leaf)});
    for (int row = 0; row < ancestors.rows(); ++row) {
      const auto known = by_name_.find({ancestors.string(row, 0), ancestors.string(row, 1)});
      if (known != by_name_.end()) return known->second;
    }
    if (ancestors.rows() > 0) return nullptr;
    session_().execute("SELECT pg_sleep(0.1)");
  }
  return nullptr;
}

void RelationBook::check_attached_rows(const StreamedRelation& streamed) {
  const auto attached = session_().scalar(attached_sql, {std::to_string(streamed.id)});
  if (!attached) return;
  const auto earlier_rows = session_().scalar(
      fmt::format("SELECT EXISTS (SELECT FROM ONLY {} WHERE age(xmin) > age($1::xid))",
                  streamed.name.quoted()),
      {attached});
  if (earlier_rows != "t") return;
  fail(relation_changed,
       fmt::format("table {} was attached as a partition with rows that are not in the migration",
                   streamed.name.display()),
       remedy);
}

const Table& RelationBook::table_of(const StreamedRelation& streamed) {
  const QualifiedName& name = streamed.name;
  const auto known = by_name_.find(name);
  if (known != by_name_.end()) return *known->second;
  const Table* root = find_root(streamed.id);
  if (root == nullptr)
    fail(relation_changed,
         fmt::format(
             "table {} is not one of those that migrate: a table was renamed, or a partition "
             "was created and dropped or detached again",
             name.display()),
         remedy);
  if (row_versions_) check_attached_rows(streamed);
  log::info("following {}, a new partition of {}", name.display(), root->name.display());
  by_name_[name] = root;
  return *root;
}

void RelationBook::read_types(const StreamedRelation& streamed) {
  std::vector<std::uint32_t> types;
  std::vector<std::string> modifiers;
  for (const auto& column : streamed.columns) {
    if (type_names_.count({column.type, column.modifier}) != 0) continue;
    types.push_back(column.type);
    modifiers.push_back(std::to_string(column.modifier));
  }
  if (types.empty()) return;
  const Result names = session_().query(
      "SELECT oid, modifier, format_type(oid, modifier) "
      "FROM unnest($1::oid[], $2::int[]) AS t (oid, modifier)",
      {array_text(types), array_text(modifiers)});
  for (int row = 0; row < names.rows(); ++row) {
    const TypeKey key{static_cast<std::uint32_t>(names.integer(row, 0)),
                      static_cast<std::int32_t>(names.integer(row, 1))};
    type_names_[key] = names.string(row, 2);
  }
}

void RelationBook::check_columns(const Table& table, const StreamedRelation& streamed) {
  read_types(streamed);
  std::map<std::string, std::string> types;
  for (const auto& column : streamed.columns)
    types[column.name] = type_names_[{column.type, column.modifier}];
  const std::string difference = describe_difference(table, std::move(types));
  if (difference.empty()) return;
  fail(relation_changed,
       fmt::format("table {} changed on the source since the migration began: {}",
                   table.name.display(), difference),
       remedy);
}

std::string RelationBook::leaf_filter(std::uint32_t leaf) {
  const std::string filter =
      session_()
          .scalar("SELECT pg_get_partition_constraintdef($1::oid)", {std::to_string(leaf)})
          .value_or("");
  // The hash condition names the source's OID of the root: it means nothing elsewhere.
  return filter.find("satisfies_hash_partition(") == std::string::npos ? filter : "";
}

Relation RelationBook::resolve(const StreamedRelation& streamed) {
  const Table& table = table_of(streamed);
  check_columns(table, streamed);
  Relation relation;
  relation.id = streamed.id;
  relation.table = table.name;
  relation.leaf = streamed.name;
  if (relation.leaf != relation.table) relation.leaf_filter = leaf_filter(streamed.id);
  for (const auto& column : streamed.columns) {
    const bool key = std::find(table.key.begin(), table.key.end(), column.name) != table.key.end();
    relation.columns.push_back({column.name, key});
  }
  return relation;
}

void RelationBook::describe(const pgoutput::RelationMessage& message) {
  StreamedRelation streamed;
  streamed.id = message.id;
  streamed.name = {std::string(message.schema), std::string(message.name)};
  for (const auto& column : message.columns)
    streamed.columns.push_back({std::string(column.name), column.type, column.modifier});
  Entry& entry = relations_[message.id];
  entry.announced = entry.announced && entry.streamed == streamed;
  entry.streamed = std::move(streamed);
}

const Relation* RelationBook::announce(std::uint32_t id) {
  const auto found = relations_.find(id);
  if (found == relations_.end() || found->second.announced) return nullptr;
  Entry& entry = found->second;
  // Only now: what was passed over may mean partitions that do not exist any more.
  entry.relation = resolve(entry.streamed);
  entry.announced = true;
  return &entry.relation;
}

}  // namespace voyager::postgres
