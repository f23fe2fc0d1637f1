// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <system_error>

#include "assess/csv.hpp"
#include "assess/metadata_files.hpp"
#include "assess/metadata_names.hpp"
#include "base/abandoned_copies.hpp"
#include "base/error.hpp"
#include "base/file.hpp"

namespace voyager::assess {
namespace {

namespace fs = std::filesystem;
using engine::RelationKind;

constexpr ErrorCode cannot_place_directory{9001};

std::string_view kind_name(RelationKind kind) {
  const auto* found =
      std::ranges::find(kind_names, kind, [](const auto& one) { return one.first; });
  return found->second;
}

std::string text_of(std::int64_t number) {
  return std::to_string(number);
}

/// The shortest text that reads back as the same number.
std::string text_of(double number) {
  return fmt::format("{}", number);
}

std::string sizes_csv(const Metadata& metadata) {
  std::string text =
      csv_line({"source_node", "schema_name", "object_name", "object_type", "size_in_bytes"});
  for (const engine::RelationStatistics& relation : metadata.relations)
    text += csv_line({primary_node, relation.name.schema, relation.name.name,
                      kind_name(relation.kind), text_of(relation.bytes)});
  return text;
}

std::string columns_count_csv(const Metadata& metadata) {
  std::string text =
      csv_line({"source_node", "schema_name", "object_name", "object_type", "column_count"});
  for (const engine::RelationStatistics& relation : metadata.relations)
    text += csv_line({primary_node, relation.name.schema, relation.name.name,
                      kind_name(relation.kind), text_of(relation.columns)});
  return text;
}

std::string row_counts_csv(const Metadata& metadata) {
  std::string text = csv_line({"source_node", "schema_name", "table_name", "row_count"});
  for (const engine::RelationStatistics& relation : metadata.relations)
    if (relation.rows)
      text += csv_line(
          {primary_node, relation.name.schema, relation.name.name, text_of(*relation.rows)});
  return text;
}

std::string index_tables_csv(const Metadata& metadata) {
  std::string text =
      csv_line({"source_node", "index_schema", "index_name", "table_schema", "table_name"});
  for (const engine::RelationStatistics& relation : metadata.relations)
    if (relation.table)
      text += csv_line({primary_node, relation.name.schema, relation.name.name,
                        relation.table->schema, relation.table->name});
  return text;
}

/// The column most_common_val of the scripts stays empty: it is row data.
std::string columns_csv(const Metadata& metadata) {
  std::string text =
      csv_line({"source_node", "schema_name", "table_name", "column_name", "null_frac",
                "effective_n_distinct", "most_common_freq", "most_common_val"});
  for (const engine::ColumnSpread& column : metadata.columns)
    text += csv_line({primary_node, column.table.schema, column.table.name, column.column,
                      text_of(column.null_fraction), text_of(column.distinct_values),
                      text_of(column.most_common_frequency), ""});
  return text;
}

std::string counters_csv(const std::string& node,
                         const std::vector<engine::RelationActivity>& counters,
                         std::string_view when) {
  std::string text = csv_line({"source_node", "schema_name", "object_name", "object_type",
                               "seq_reads", "row_writes", "measurement_type"});
  for (const engine::RelationActivity& relation : counters)
    text += csv_line({node, relation.name.schema, relation.name.name, kind_name(relation.kind),
                      text_of(relation.reads), text_of(relation.writes), when});
  return text;
}

std::string usage_csv(const NodeMetadata& node, const Metadata& metadata) {
  std::map<QualifiedName, std::string_view> table_of;
  for (const engine::RelationStatistics& relation : metadata.relations)
    if (relation.table) table_of[relation.name] = relation.table->name;
  std::string text = csv_line({"source_node", "schema_name", "object_name", "object_type",
                               "parent_table_name", "scans", "inserts", "updates", "deletes"});
  for (const engine::RelationUsage& relation : node.usage)
    text += csv_line({node.name, relation.name.schema, relation.name.name, kind_name(relation.kind),
                      table_of[relation.name], text_of(relation.scans), text_of(relation.inserts),
                      text_of(relation.updates), text_of(relation.deletes)});
  return text;
}

std::string queries_csv(const NodeMetadata& node) {
  std::string text =
      csv_line({"source_node", "queryid", "query", "calls", "rows", "total_exec_time",
                "mean_exec_time", "min_exec_time", "max_exec_time", "stddev_exec_time"});
  for (const engine::QueryStatistics& query : node.queries)
    text += csv_line({node.name, text_of(query.id), query.text, text_of(query.calls),
                      text_of(query.rows), text_of(query.total_ms), text_of(query.mean_ms),
                      text_of(query.min_ms), text_of(query.max_ms), text_of(query.stddev_ms)});
  return text;
}

std::string gathered_json(const Metadata& metadata) {
  nlohmann::ordered_json nodes = nlohmann::ordered_json::array();
  for (const NodeMetadata& node : metadata.nodes)
    nodes.push_back({{"name", node.name}, {"interval_seconds", node.interval_seconds}});
  const nlohmann::ordered_json gathered = {{"format", gathered_format},
                                           {"database", metadata.database},
                                           {"server_version", metadata.server_version},
                                           {"schemas", metadata.schemas},
                                           {"nodes", nodes},
                                           {"notes", metadata.notes}};
  return gathered.dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + "\n";
}

void write_primary(const fs::path& directory, const Metadata& metadata) {
  write_file_atomically(directory / "table-index-sizes.csv", sizes_csv(metadata));
  write_file_atomically(directory / "table-columns-count.csv", columns_count_csv(metadata));
  write_file_atomically(directory / "table-row-counts.csv", row_counts_csv(metadata));
  write_file_atomically(directory / "index-to-table-mapping.csv", index_tables_csv(metadata));
  write_file_atomically(directory / "column-statistics.csv", columns_csv(metadata));
}

void write_node(const fs::path& directory, const NodeMetadata& node, const Metadata& metadata) {
  if (node.interval_seconds > 0)
    write_file_atomically(directory / "table-index-iops-initial.csv",
                          counters_csv(node.name, node.before, "initial"));
  write_file_atomically(directory / "table-index-iops-final.csv",
                        counters_csv(node.name, node.after, "final"));
  write_file_atomically(directory / "table-index-usage-stats.csv", usage_csv(node, metadata));
  if (metadata.queries_known)
    write_file_atomically(directory / "db-queries-summary.csv", queries_csv(node));
}

void write_all(const fs::path& directory, const Metadata& metadata) {
  for (const NodeMetadata& node : metadata.nodes) {
    const fs::path node_directory = directory / (node_prefix + node.name);
    make_directory(node_directory);
    write_node(node_directory, node, metadata);
    if (&node == &metadata.nodes.front()) write_primary(node_directory, metadata);
  }
  make_directory((directory / schema_file).parent_path());
  write_file_atomically(directory / schema_file, metadata.schema_sql);
  write_file_atomically(directory / gathered_file, gathered_json(metadata));
}

/// Removes what is half done when something fails.
class Staging {
 public:
  explicit Staging(fs::path path) : path_(std::move(path)) { fs::remove_all(path_, ignored_); }
  ~Staging() { fs::remove_all(path_, ignored_); }
  Staging(const Staging&) = delete;
  Staging& operator=(const Staging&) = delete;

  const fs::path& path() const { return path_; }

 private:
  fs::path path_;
  std::error_code ignored_;
};

}  // namespace

void write_metadata(const fs::path& directory, const Metadata& metadata) {
  const fs::path parent = fs::absolute(directory).parent_path();
  const Staging staging(parent /
                        fmt::format("{}.{}.tmp", directory.filename().string(), ::getpid()));
  make_directory(staging.path());
  write_all(staging.path(), metadata);
  std::error_code error;
  fs::rename(staging.path(), directory, error);
  if (error)
    fail(cannot_place_directory,
         fmt::format("cannot create {}: {}", directory.string(), error.message()));
  remove_abandoned_copies(fs::absolute(directory));
  sync_directory(parent);
}

}  // namespace voyager::assess
