// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <optional>

#include "optimize/draft.hpp"
#include "optimize/sql_edit.hpp"

namespace voyager::optimize {
namespace {

using analysis::flag;
using analysis::Json;
using analysis::member;
using analysis::ResolvedType;
using analysis::text;

bool is_point_in_time(const std::optional<ResolvedType>& type) {
  return type && !type->array &&
         (type->name == "date" || type->name == "timestamp" || type->name == "timestamptz");
}

std::string reason(const std::string& column) {
  return fmt::format(
      "{} is a date or time: in its order, rows of a period lie together and are read together; by "
      "hash each lies elsewhere.",
      column.empty() ? "What it begins with" : column);
}

/// What YugabyteDB would shard by hash although it begins with a date or time.
bool wants_range(const analysis::Index& index, const analysis::SchemaFacts& facts) {
  if (index.method != "btree" || index.columns.empty()) return false;
  const analysis::IndexColumn& first = index.columns.front();
  if (first.ordering_written) return false;
  return is_point_in_time(first.name.empty() ? std::optional(facts.resolve(first.expression_type))
                                             : facts.column_type(index.table, first.name));
}

void shard_index(Work& work, Draft& draft) {
  const Json& node = draft.statement.node();
  const QualifiedName table = analysis::relation_name(member(node, "relation"));
  const analysis::Index* index = work.facts.index({table.schema, text(node, "idxname")});
  if (index == nullptr || !wants_range(*index, work.facts)) return;
  const std::string before = draft.text();
  Work::rewrite(draft, with_ascending_lead(before));
  work.report({.kind = ChangeKind::index_by_range,
               .file = draft.file,
               .object = draft.statement.object_name,
               .reason = reason(index->columns.front().name),
               .before = before,
               .after = draft.text()});
}

void shard_primary_key(Work& work, Draft& draft, const Json& constraint,
                       const std::string& column) {
  const std::string before = draft.text();
  Work::rewrite(draft, with_ascending_lead(before, analysis::location_of(constraint)));
  work.report({.kind = ChangeKind::key_by_range,
               .file = draft.file,
               .object = draft.statement.object_name,
               .reason = reason(column),
               .before = before,
               .after = draft.text()});
}

/// Why a unique constraint can't be made of an index; empty: it can.
std::string obstacle(const Json& constraint, const analysis::Table& table) {
  if (table.partitioning || table.partition_of)
    return "a constraint of a partitioned table can't use an index";
  const bool more = !member(constraint, "including").empty() ||
                    !member(constraint, "options").empty() || flag(constraint, "deferrable") ||
                    flag(constraint, "nulls_not_distinct");
  return more ? "it says more than its columns" : "";
}

/// YugabyteDB's grammar has an order for the columns of PRIMARY KEY, but none for those of UNIQUE.
/// Its own ysql_dump writes such a constraint like this. Source: gram.y of YugabyteDB 2025.1,
/// ConstraintElem.
void shard_unique(Work& work, Draft& draft, const Json& constraint, const analysis::Table& table) {
  const std::string column = analysis::names_in(member(constraint, "keys")).front();
  const std::string name = text(constraint, "conname");
  if (const std::string why = obstacle(constraint, table); !why.empty()) {
    work.notes.push_back(
        fmt::format("UNIQUE {} of {} begins with {}, but stays sharded by hash: {}.", name,
                    table.name.display(), column, why));
    return;
  }
  const std::size_t at = analysis::location_of(constraint);
  const std::string quoted = quote_identifier(name);
  const std::string index =
      fmt::format("CREATE UNIQUE INDEX {} ON {} USING btree {}", quoted, table.name.quoted(),
                  with_ascending_lead(list_at(draft.text(), at)));
  const std::string alter = fmt::format("{}CONSTRAINT {} UNIQUE USING INDEX {}",
                                        draft.text().substr(0, at), quoted, quoted);
  draft.left_out = true;
  work.add(schema::ObjectType::index, index);
  work.add(schema::ObjectType::index, alter);
  work.report({.kind = ChangeKind::key_by_range,
               .file = schema::ObjectType::index,
               .object = draft.statement.object_name,
               .reason = reason(column),
               .before = draft.text(),
               .after = joined({index, alter}),
               .statements = 1});
}

void shard_key(Work& work, Draft& draft) {
  const Json& constraint = added_constraint(draft.statement);
  const std::string type = text(constraint, "contype");
  const auto* table = work.facts.table(member(draft.statement.node(), "relation"));
  const std::vector<std::string> columns = analysis::names_in(member(constraint, "keys"));
  if (table == nullptr || columns.empty()) return;
  if (!is_point_in_time(work.facts.column_type(table->name, columns.front()))) return;
  if (type == "CONSTR_PRIMARY") shard_primary_key(work, draft, constraint, columns.front());
  if (type == "CONSTR_UNIQUE") shard_unique(work, draft, constraint, *table);
}

}  // namespace

void shard_by_range(Work& work) {
  const std::size_t before = work.changes.size();
  for (Draft& draft : work.drafts) {
    if (draft.left_out) continue;
    if (draft.statement.is("IndexStmt")) shard_index(work, draft);
  }
  for (Draft& draft : work.drafts)
    if (!draft.left_out) shard_key(work, draft);
  if (work.changes.size() == before) return;
  work.notes.emplace_back(
      "What is sharded by range on a time that only grows takes its new rows on one tablet at a "
      "time; analyze-schema names these places. Where that limits the application, begin the key "
      "or "
      "index with a column that spreads the rows.");
}

}  // namespace voyager::optimize
