// SPDX-License-Identifier: Apache-2.0
#include "engines/postgres/snapshot_reader.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.hpp"
#include "engines/postgres/array_text.hpp"
#include "engines/postgres/connection.hpp"
#include "engines/postgres/held_snapshot.hpp"
#include "engines/postgres/sqlstate.hpp"

namespace voyager::postgres {
namespace {

/// A range carries the file node as a comment: the server ignores it, read() checks it.
constexpr std::string_view file_node_mark = "/* file node ";

constexpr const char* sizes_sql = R"(
SELECT n.nspname, c.relname, pg_relation_size(c.oid) / current_setting('block_size')::bigint,
       pg_table_size(c.oid), coalesce(pg_relation_filenode(c.oid), 0),
       c.relkind = 'r' AND coalesce(am.amname, 'heap') = 'heap'
  FROM unnest($1::text[], $2::text[]) WITH ORDINALITY AS wanted (schema, name, place)
  JOIN pg_namespace n ON n.nspname = wanted.schema
  JOIN pg_class c ON c.relnamespace = n.oid AND c.relname = wanted.name
  LEFT JOIN pg_am am ON am.oid = c.relam
 ORDER BY wanted.place)";

class Reader final : public engine::SnapshotReader {
 public:
  Reader(const engine::Endpoint& endpoint, std::string snapshot_id)
      : connection_(endpoint), snapshot_id_(std::move(snapshot_id)) {}

  std::vector<engine::ChunkPlan> plan(const Table& table, std::int64_t aim_bytes) override;
  Copied read(const Table& table, const engine::ChunkPlan& chunk, ChunkFormat format,
              const std::function<void(std::string_view)>& sink) override;

 private:
  bool is_yugabytedb() const {
    return connection_.parameter_status("server_version").find("-YB-") != std::string::npos;
  }
  std::vector<LeafSize> leaf_sizes(const Table& table);
  void check_not_rewritten(const engine::ChunkPlan& chunk);

  Connection connection_;
  std::string snapshot_id_;
};

std::vector<LeafSize> Reader::leaf_sizes(const Table& table) {
  std::vector<LeafSize> sizes;
  if (is_yugabytedb()) {  // it has neither pages nor ranges of ctid
    for (const QualifiedName& leaf : table.leaves) sizes.push_back({leaf, 0, 0, 0, false, true});
    return sizes;
  }
  std::vector<std::string> schemas;
  std::vector<std::string> names;
  for (const QualifiedName& leaf : table.leaves) {
    schemas.push_back(leaf.schema);
    names.push_back(leaf.name);
  }
  const Result rows = connection_.query(sizes_sql, {array_text(schemas), array_text(names)});
  for (int row = 0; row < rows.rows(); ++row) {
    const bool heap = rows.boolean(row, 5);
    sizes.push_back({{rows.string(row, 0), rows.string(row, 1)},
                     rows.integer(row, 2),
                     rows.integer(row, 3),
                     rows.integer(row, 4),
                     heap && connection_.server_version() >= 140000,
                     !heap});
  }
  return sizes;
}

std::vector<engine::ChunkPlan> Reader::plan(const Table& table, std::int64_t aim_bytes) {
  std::vector<engine::ChunkPlan> chunks;
  for (const LeafSize& leaf : leaf_sizes(table)) {
    const std::vector<engine::ChunkPlan> of_leaf = plan_leaf(leaf, aim_bytes);
    chunks.insert(chunks.end(), of_leaf.begin(), of_leaf.end());
  }
  return chunks;
}

void Reader::check_not_rewritten(const engine::ChunkPlan& chunk) {
  const std::int64_t planned = planned_file_node(chunk.range);
  if (planned == 0) return;
  const auto now = connection_.scalar(
      "SELECT pg_relation_filenode(c.oid) FROM pg_class c JOIN pg_namespace n "
      "ON n.oid = c.relnamespace WHERE n.nspname = $1 AND c.relname = $2",
      {chunk.leaf.schema, chunk.leaf.name});
  if (now && parse_int(*now) == planned) return;
  throw Error(snapshot_lost, Action::give_up,
              fmt::format("table {} was rewritten (VACUUM FULL, CLUSTER, TRUNCATE or ALTER TABLE) "
                          "while it was being copied",
                          chunk.leaf.display()),
              "Run the same command again: tables that are not complete are copied again");
}

engine::SnapshotReader::Copied Reader::read(const Table& table, const engine::ChunkPlan& chunk,
                                            ChunkFormat format,
                                            const std::function<void(std::string_view)>& sink) {
  std::vector<std::string> columns;
  for (const Column& column : table.stored_columns())
    columns.push_back(quote_identifier(column.name));
  const std::string rows =
      fmt::format("SELECT {} FROM ONLY {}{}{}", join(columns, ", "), chunk.leaf.quoted(),
                  chunk.range.empty() ? "" : " WHERE ", chunk.range);
  const char* encoding = format == ChunkFormat::binary ? "binary" : "csv";
  const Transaction transaction(connection_, begin_snapshot);
  import_snapshot(connection_, snapshot_id_);
  Copied copied;
  copied.rows =
      connection_.copy_out(fmt::format("COPY ({}) TO STDOUT WITH (FORMAT {})", rows, encoding),
                           [&](std::string_view piece) {
                             copied.bytes += piece.size();
                             sink(piece);
                           });
  // Now the lock that COPY took keeps the table from being rewritten until the transaction ends.
  check_not_rewritten(chunk);
  return copied;
}

}  // namespace

std::vector<engine::ChunkPlan> plan_leaf(const LeafSize& leaf, std::int64_t aim_bytes) {
  if (leaf.always_read) return {{leaf.leaf, "", leaf.bytes}};
  if (leaf.pages == 0) return {};
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
    range += fmt::format(" {}{} */", file_node_mark, leaf.file_node);
    chunks.push_back({leaf.leaf, range, leaf.bytes * (to - from) / leaf.pages});
  }
  return chunks;
}

std::int64_t planned_file_node(const std::string& range) {
  const std::size_t mark = range.find(file_node_mark);
  if (mark == std::string::npos) return 0;
  const std::size_t from = mark + file_node_mark.size();
  return parse_int(range.substr(from, range.find(' ', from) - from)).value_or(0);
}

std::unique_ptr<engine::SnapshotReader> make_snapshot_reader(const engine::Endpoint& endpoint,
                                                             const std::string& snapshot_id) {
  return std::make_unique<Reader>(endpoint, snapshot_id);
}

}  // namespace voyager::postgres
