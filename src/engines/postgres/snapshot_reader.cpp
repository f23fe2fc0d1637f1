// SPDX-License-Identifier: Apache-2.0
#include "engines/postgres/snapshot_reader.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <optional>
#include <set>

#include "base/text.hpp"
#include "engines/postgres/array_text.hpp"
#include "engines/postgres/connection.hpp"
#include "engines/postgres/held_snapshot.hpp"
#include "engines/postgres/sqlstate.hpp"

namespace voyager::postgres {
namespace {

/// Leaves whose file is not the one that they had in the snapshot. The catalog's rows are read as
/// of the snapshot, the function tells how things are now. TRUNCATE and an ALTER TABLE that writes
/// the table anew leave nothing to older snapshots (PostgreSQL 15 docs, 13.6, caveats), and a
/// VACUUM FULL or CLUSTER moves rows from one range of ctid to another.
constexpr const char* rewritten_sql = R"(
SELECT wanted.schema, wanted.name
  FROM unnest($1::text[], $2::text[]) AS wanted (schema, name)
 WHERE NOT EXISTS (SELECT FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
                    WHERE n.nspname = wanted.schema AND c.relname = wanted.name
                      AND c.relfilenode = coalesce(pg_relation_filenode(c.oid), 0)))";

/// A load can begin when the first chunk is there, so those of a smaller leaf are small too.
constexpr std::int64_t chunks_of_a_leaf = 64;
constexpr std::int64_t least_chunk_bytes = 16 << 20;

constexpr const char* sizes_sql = R"(
SELECT n.nspname, c.relname,
       coalesce(pg_relation_size(c.oid), 0) / current_setting('block_size')::bigint,
       coalesce(pg_table_size(c.oid), 0), c.relkind = 'r' AND coalesce(am.amname, 'heap') = 'heap'
  FROM unnest($1::text[], $2::text[]) AS wanted (schema, name)
  JOIN pg_namespace n ON n.nspname = wanted.schema
  JOIN pg_class c ON c.relnamespace = n.oid AND c.relname = wanted.name
  LEFT JOIN pg_am am ON am.oid = c.relam)";

/// Prepared: the server would take half of the time of many small tables to plan it.
Result query_leaves(Connection& connection, const char* sql,
                    const std::vector<QualifiedName>& leaves) {
  std::vector<std::string> schemas;
  std::vector<std::string> names;
  for (const QualifiedName& leaf : leaves) {
    schemas.push_back(leaf.schema);
    names.push_back(leaf.name);
  }
  return connection.prepared(sql, {array_text(schemas), array_text(names)});
}

Error rewritten_error(const QualifiedName& leaf) {
  return {table_rewritten, Action::give_up,
          fmt::format("table {} was rewritten (TRUNCATE, VACUUM FULL, CLUSTER or ALTER TABLE) "
                      "before its rows were copied",
                      leaf.display()),
          "Run the same command again: tables that are not complete are copied again"};
}

class Reader final : public engine::SnapshotReader {
 public:
  Reader(const engine::Endpoint& endpoint, std::string snapshot_id)
      : connection_(endpoint), snapshot_id_(std::move(snapshot_id)) {}

  std::vector<engine::TablePlan> plan(const std::vector<const Table*>& tables,
                                      std::int64_t aim_bytes) override;
  std::vector<Copied> read(const std::vector<engine::ChunkRead>& chunks) override;

 private:
  bool is_yugabytedb() const {
    return connection_.parameter_status("server_version").find("-YB-") != std::string::npos;
  }
  // In a transaction of the snapshot.
  std::map<QualifiedName, LeafSize> leaf_sizes(const std::vector<QualifiedName>& leaves);
  std::set<QualifiedName> rewritten(const std::vector<QualifiedName>& leaves);
  std::uint64_t copy(const engine::ChunkRead& read);

  Connection connection_;
  std::string snapshot_id_;
};

std::map<QualifiedName, LeafSize> Reader::leaf_sizes(const std::vector<QualifiedName>& leaves) {
  std::map<QualifiedName, LeafSize> sizes;
  if (is_yugabytedb()) {  // it has neither pages nor ranges of ctid
    for (const QualifiedName& leaf : leaves) sizes[leaf] = {leaf, 0, 0, false, true};
    return sizes;
  }
  const Result rows = query_leaves(connection_, sizes_sql, leaves);
  for (int row = 0; row < rows.rows(); ++row) {
    const QualifiedName leaf{rows.string(row, 0), rows.string(row, 1)};
    const bool heap = rows.boolean(row, 4);
    sizes[leaf] = {leaf, rows.integer(row, 2), rows.integer(row, 3),
                   heap && connection_.server_version() >= 140000, !heap};
  }
  return sizes;
}

std::vector<engine::TablePlan> Reader::plan(const std::vector<const Table*>& tables,
                                            std::int64_t aim_bytes) {
  std::vector<QualifiedName> leaves;
  for (const Table* table : tables)
    leaves.insert(leaves.end(), table->leaves.begin(), table->leaves.end());
  const Transaction transaction(connection_, begin_snapshot);
  import_snapshot(connection_, snapshot_id_);
  const auto sizes = leaf_sizes(leaves);
  // After the sizes: a leaf that has no pages had none in the snapshot either.
  const auto lost = rewritten(leaves);
  std::vector<engine::TablePlan> plans;
  for (const Table* table : tables) {
    engine::TablePlan& plan = plans.emplace_back();
    for (const QualifiedName& leaf : table->leaves) {
      if (lost.contains(leaf)) plan.rewritten = rewritten_error(leaf);
      const auto size = sizes.find(leaf);
      if (size == sizes.end()) continue;
      const std::vector<engine::ChunkPlan> of_leaf = plan_leaf(size->second, aim_bytes);
      plan.chunks.insert(plan.chunks.end(), of_leaf.begin(), of_leaf.end());
    }
  }
  return plans;
}

std::set<QualifiedName> Reader::rewritten(const std::vector<QualifiedName>& leaves) {
  std::set<QualifiedName> names;
  if (is_yugabytedb()) return names;
  const Result rows = query_leaves(connection_, rewritten_sql, leaves);
  for (int row = 0; row < rows.rows(); ++row)
    names.insert({rows.string(row, 0), rows.string(row, 1)});
  return names;
}

/// A transaction of its own for each table: one that holds the lock of a table while it waits for
/// another one's can stop an application that needs both.
std::uint64_t Reader::copy(const engine::ChunkRead& read) {
  std::vector<std::string> columns;
  for (const Column& column : read.table->stored_columns())
    columns.push_back(quote_identifier(column.name));
  const std::string rows =
      fmt::format("SELECT {} FROM ONLY {}{}{}", join(columns, ", "), read.chunk.leaf.quoted(),
                  read.chunk.range.empty() ? "" : " WHERE ", read.chunk.range);
  const char* encoding = read.format == ChunkFormat::binary ? "binary" : "csv";
  const Transaction transaction = Transaction::queued(connection_, begin_snapshot);
  import_snapshot(connection_, snapshot_id_);
  return connection_.copy_out(fmt::format("COPY ({}) TO STDOUT WITH (FORMAT {})", rows, encoding),
                              read.sink);
}

std::vector<engine::SnapshotReader::Copied> Reader::read(
    const std::vector<engine::ChunkRead>& chunks) {
  std::vector<Copied> copied;
  std::vector<QualifiedName> leaves;
  for (const engine::ChunkRead& one : chunks) {
    try {
      copied.push_back({copy(one), {}});
    } catch (const Error& error) {
      throw chunks.size() == 1 ? error : error.within(one.chunk.leaf.display());
    }
    leaves.push_back(one.chunk.leaf);
  }
  // What was rewritten before its COPY has another file from then on.
  const Transaction transaction = Transaction::queued(connection_, begin_snapshot);
  import_snapshot(connection_, snapshot_id_);
  const auto lost = rewritten(leaves);
  for (std::size_t i = 0; i < chunks.size(); ++i)
    if (lost.contains(leaves[i])) copied[i].rewritten = rewritten_error(leaves[i]);
  return copied;
}

}  // namespace

std::vector<engine::ChunkPlan> plan_leaf(const LeafSize& leaf, std::int64_t most_bytes) {
  if (leaf.always_read) return {{leaf.leaf, "", leaf.bytes}};
  if (leaf.pages == 0) return {};
  const std::int64_t aim_bytes = std::clamp(leaf.bytes / chunks_of_a_leaf,
                                            std::min(least_chunk_bytes, most_bytes), most_bytes);
  const std::int64_t wanted =
      std::max<std::int64_t>(1, leaf.bytes / std::max<std::int64_t>(1, aim_bytes));
  const std::int64_t count = leaf.ranges ? std::min(wanted, leaf.pages) : 1;
  if (count == 1) return {{leaf.leaf, "", leaf.bytes}};
  std::vector<engine::ChunkPlan> chunks;
  for (std::int64_t i = 0; i < count; ++i) {
    const std::int64_t from = leaf.pages * i / count;
    const std::int64_t to = leaf.pages * (i + 1) / count;
    std::string range = fmt::format("ctid >= '({},0)'::tid", from);
    // Rows that came after the plan was made lie behind its last page.
    if (i + 1 < count) range += fmt::format(" AND ctid < '({},0)'::tid", to);
    chunks.push_back({leaf.leaf, range, leaf.bytes / count});
  }
  return chunks;
}

std::unique_ptr<engine::SnapshotReader> make_snapshot_reader(const engine::Endpoint& endpoint,
                                                             const std::string& snapshot_id) {
  return std::make_unique<Reader>(endpoint, snapshot_id);
}

}  // namespace voyager::postgres
