// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <set>

#include "assess/csv.hpp"
#include "assess/errors.hpp"
#include "assess/metadata_files.hpp"
#include "assess/metadata_names.hpp"
#include "assess/partition_parents.hpp"
#include "base/error.hpp"
#include "base/file.hpp"
#include "base/text.hpp"

namespace voyager::assess {
namespace {

namespace fs = std::filesystem;
using engine::RelationKind;
using Json = nlohmann::json;
using Row = CsvTable::Row;

[[noreturn]] void fail_on(const fs::path& path, std::string_view problem) {
  fail(unreadable_metadata, fmt::format("{}: {}", path.string(), problem),
       "Gather the metadata again, or correct --assessment-metadata-dir");
}

/// One directory of files about a server.
class NodeFiles {
 public:
  NodeFiles(std::string node, fs::path directory)
      : node_(std::move(node)), directory_(std::move(directory)) {}

  const std::string& node() const { return node_; }

  /// None when it is not there. Some versions of the scripts write '_' for '-' in a file's name.
  std::optional<CsvTable> find(const std::string& name) const {
    std::string other = name;
    std::ranges::replace(other, '-', '_');
    for (const std::string& spelling : {name, other}) {
      const fs::path path = directory_ / (spelling + ".csv");
      if (fs::exists(path)) return CsvTable(path);
    }
    return std::nullopt;
  }

  /// As find(); a note when it is missing.
  template <typename Use>
  bool read(const std::string& name, std::vector<std::string>& notes, Use use) const {
    const std::optional<CsvTable> table = find(name);
    if (!table) {
      notes.push_back(
          fmt::format("The metadata of node {} has no file {}.csv: what depends on it is missing.",
                      node_, name));
      return false;
    }
    for (std::size_t i = 0; i < table->size(); ++i) use(table->row(i));
    return true;
  }

 private:
  std::string node_;
  fs::path directory_;
};

QualifiedName name_at(const Row& row, std::string_view schema, std::string_view name) {
  return {std::string(row.text(schema)), std::string(row.text(name))};
}

RelationKind kind_at(const Row& row) {
  const std::string_view name = row.text("object_type");
  const auto* found =
      std::ranges::find(kind_names, name, [](const auto& one) { return one.second; });
  if (found == kind_names.end()) row.fail_at("object_type", "not a known type");
  return found->first;
}

/// Has schema_name, object_name and object_type.
template <typename Item>
Item relation_at(const Row& row) {
  Item item;
  item.name = name_at(row, "schema_name", "object_name");
  item.kind = kind_at(row);
  return item;
}

std::int64_t count_at(const Row& row, std::string_view column) {
  const std::int64_t count = row.integer(column).value_or(0);
  if (count < 0) row.fail_at(column, "below 0");
  return count;
}

// The primary's files, each of which says something else about the same relations.

using Relations = std::map<QualifiedName, engine::RelationStatistics>;

engine::RelationStatistics& relation_in(Relations& relations, const QualifiedName& name) {
  engine::RelationStatistics& relation = relations[name];
  relation.name = name;
  return relation;
}

engine::RelationStatistics& typed_relation_in(Relations& relations, const Row& row) {
  engine::RelationStatistics& relation =
      relation_in(relations, name_at(row, "schema_name", "object_name"));
  relation.kind = kind_at(row);
  return relation;
}

std::vector<engine::RelationStatistics> read_relations(const NodeFiles& files,
                                                       const std::string& schema_sql,
                                                       std::vector<std::string>& notes) {
  Relations relations;
  files.read("table-index-sizes", notes, [&](const Row& row) {
    typed_relation_in(relations, row).bytes = count_at(row, "size_in_bytes");
  });
  files.read("table-columns-count", notes, [&](const Row& row) {
    typed_relation_in(relations, row).columns = count_at(row, "column_count");
  });
  files.read("index-to-table-mapping", notes, [&](const Row& row) {
    // The scripts list keys of partitioned tables here, which have no other figures.
    const auto found = relations.find(name_at(row, "index_schema", "index_name"));
    if (found != relations.end()) found->second.table = name_at(row, "table_schema", "table_name");
  });
  files.read("table-row-counts", notes, [&](const Row& row) {
    auto& relation = relation_in(relations, name_at(row, "schema_name", "table_name"));
    const std::int64_t rows = count_at(row, "row_count");
    if (relation.kind != RelationKind::partitioned_table) relation.rows = rows;
  });
  for (const auto& [child, parent] : partition_parents(schema_sql)) {
    const auto found = relations.find(child);
    if (found != relations.end()) found->second.partition_of = parent;
  }
  std::vector<engine::RelationStatistics> all;
  all.reserve(relations.size());
  for (auto& [name, relation] : relations) all.push_back(std::move(relation));
  return all;
}

double fraction_at(const Row& row, std::string_view column) {
  const double fraction = row.number(column);
  if (fraction < 0 || fraction > 1) row.fail_at(column, "not between 0 and 1");
  return fraction;
}

std::vector<engine::ColumnSpread> read_columns(const NodeFiles& files,
                                               std::vector<std::string>& notes) {
  std::vector<engine::ColumnSpread> columns;
  files.read("column-statistics", notes, [&](const Row& row) {
    engine::ColumnSpread column;
    column.table = name_at(row, "schema_name", "table_name");
    column.column = row.text("column_name");
    column.null_fraction = fraction_at(row, "null_frac");
    column.distinct_values = std::max(0.0, row.number("effective_n_distinct"));
    column.most_common_frequency = fraction_at(row, "most_common_freq");
    columns.push_back(std::move(column));
  });
  return columns;
}

// Files of every node.

std::vector<engine::RelationActivity> read_counters(const CsvTable& table) {
  std::vector<engine::RelationActivity> counters;
  for (std::size_t i = 0; i < table.size(); ++i) {
    const Row row = table.row(i);
    auto relation = relation_at<engine::RelationActivity>(row);
    relation.reads = count_at(row, "seq_reads");
    relation.writes = count_at(row, "row_writes");
    counters.push_back(std::move(relation));
  }
  return counters;
}

std::vector<engine::RelationUsage> read_usage(const NodeFiles& files,
                                              std::vector<std::string>& notes) {
  std::vector<engine::RelationUsage> usage;
  files.read("table-index-usage-stats", notes, [&](const Row& row) {
    auto relation = relation_at<engine::RelationUsage>(row);
    relation.scans = count_at(row, "scans");
    relation.inserts = count_at(row, "inserts");
    relation.updates = count_at(row, "updates");
    relation.deletes = count_at(row, "deletes");
    usage.push_back(std::move(relation));
  });
  return usage;
}

/// `count` and `time` look a figure up by its name. Before PostgreSQL 13 the times had no infix.
template <typename Count, typename Time>
engine::QueryStatistics query_of(std::string text, bool has_infix, Count count, Time time) {
  const auto milliseconds = [&](const char* which) -> double {
    return time(fmt::format("{}{}_time", which, has_infix ? "_exec" : ""));
  };
  engine::QueryStatistics query;
  query.id = count("queryid");
  query.text = std::move(text);
  query.calls = count("calls");
  query.rows = count("rows");
  query.total_ms = milliseconds("total");
  query.mean_ms = milliseconds("mean");
  query.min_ms = milliseconds("min");
  query.max_ms = milliseconds("max");
  query.stddev_ms = milliseconds("stddev");
  return query;
}

engine::QueryStatistics query_of_columns(const CsvTable& table, const Row& row) {
  return query_of(
      std::string(row.text("query")), table.has("total_exec_time"),
      [&](const char* name) { return row.integer(name).value_or(0); },
      [&](const std::string& name) { return row.number(name); });
}

/// Newer scripts write all of a query as one JSON object.
engine::QueryStatistics query_of_json(const Row& row) {
  const Json json = Json::parse(row.text("pgss_data"), nullptr, false);
  if (!json.is_object()) row.fail_at("pgss_data", "not a JSON object");
  try {
    return query_of(
        json.value("query", ""), json.contains("total_exec_time"),
        [&](const char* name) { return json.value(name, std::int64_t{0}); },
        [&](const std::string& name) { return json.value(name, 0.0); });
  } catch (const Json::exception&) {
    row.fail_at("pgss_data", "not of the form of pg_stat_statements");
  }
}

std::optional<std::vector<engine::QueryStatistics>> read_queries(const NodeFiles& files) {
  const std::optional<CsvTable> table = files.find("db-queries-summary");
  if (!table) return std::nullopt;
  std::vector<engine::QueryStatistics> queries;
  for (std::size_t i = 0; i < table->size(); ++i) {
    const Row row = table->row(i);
    auto query = table->has("pgss_data") ? query_of_json(row) : query_of_columns(*table, row);
    std::optional<std::string> text = engine::data_statement(query.text);
    if (!text) continue;
    query.text = std::move(*text);
    queries.push_back(std::move(query));
  }
  return engine::merged_by_text(queries);
}

// What stands beside the nodes.

struct Gathered {
  bool known = false;  ///< this program wrote the directory
  std::map<std::string, double> interval_seconds;
};

Gathered read_gathered(const fs::path& path, Metadata& metadata) {
  if (!fs::exists(path)) return {};
  const Json json = Json::parse(read_file(path), nullptr, false);
  try {
    if (json.at("format").get<int>() != gathered_format)
      fail_on(path, "written by another version of this program");
    Gathered gathered{true, {}};
    json.at("database").get_to(metadata.database);
    json.at("server_version").get_to(metadata.server_version);
    json.at("schemas").get_to(metadata.schemas);
    json.at("notes").get_to(metadata.notes);
    for (const Json& node : json.at("nodes"))
      gathered.interval_seconds[node.at("name")] = node.at("interval_seconds");
    return gathered;
  } catch (const Json::exception&) {
    fail_on(path, "not a description of gathered metadata");
  }
}

/// What stands between a marker and the next space.
std::string word_behind(std::string_view text, std::string_view marker) {
  const std::size_t found = text.rfind(marker);
  if (found == std::string_view::npos) return "";
  const std::string_view rest = text.substr(found + marker.size());
  return std::string(rest.substr(0, rest.find_first_of(" \r\n")));
}

/// The scripts log how long they wait.
std::optional<double> logged_interval(const fs::path& directory) {
  const fs::path log = directory / "yb-voyager-assessment.log";
  if (!fs::exists(log)) return std::nullopt;
  const auto seconds = parse_int(word_behind(read_file(log), "[INFO] Sleeping for "));
  if (!seconds || *seconds < 0) return std::nullopt;
  return static_cast<double>(*seconds);
}

double interval_of(const fs::path& directory, const std::string& node, const Gathered& gathered,
                   std::vector<std::string>& notes) {
  if (gathered.known) {
    const auto found = gathered.interval_seconds.find(node);
    return found == gathered.interval_seconds.end() ? 0 : found->second;
  }
  if (const std::optional<double> logged = logged_interval(directory)) return *logged;
  notes.push_back(
      fmt::format("How long the counters of node {} were watched is not known: {} seconds are "
                  "assumed.",
                  node, assumed_interval_seconds));
  return assumed_interval_seconds;
}

NodeMetadata read_node(const NodeFiles& files, const fs::path& directory, const Gathered& gathered,
                       Metadata& metadata) {
  NodeMetadata node;
  node.name = files.node();
  const std::optional<CsvTable> before = files.find("table-index-iops-initial");
  if (before) node.before = read_counters(*before);
  const std::optional<CsvTable> after = files.find("table-index-iops-final");
  if (after) node.after = read_counters(*after);
  if (before && after)
    node.interval_seconds = interval_of(directory, node.name, gathered, metadata.notes);
  else if (!gathered.known)
    metadata.notes.push_back(fmt::format(
        "The metadata of node {} has no counters: reads and writes are not known.", node.name));
  node.usage = read_usage(files, metadata.notes);
  if (auto queries = read_queries(files)) {
    node.queries = std::move(*queries);
    metadata.queries_known = true;
  } else if (!gathered.known) {
    metadata.notes.push_back(fmt::format("The metadata of node {} has no queries.", node.name));
  }
  return node;
}

bool holds_tables(const fs::path& directory) {
  const fs::directory_iterator files(directory);
  return std::any_of(begin(files), end(files), [](const fs::directory_entry& entry) {
    return entry.is_regular_file() && entry.path().extension() == ".csv";
  });
}

/// The primary first. Older scripts, which knew one node only, put its files into the directory
/// itself.
std::vector<NodeFiles> find_nodes(const fs::path& directory) {
  const std::string primary_directory = std::string(node_prefix) + primary_node;
  std::set<std::string> names;
  for (const fs::directory_entry& entry : fs::directory_iterator(directory)) {
    const std::string name = entry.path().filename().string();
    if (entry.is_directory() && name.starts_with(node_prefix))
      names.insert(name.substr(std::string_view(node_prefix).size()));
  }
  if (names.empty() && holds_tables(directory)) return {{primary_node, directory}};
  if (names.erase(primary_node) == 0 || !holds_tables(directory / primary_directory))
    fail_on(directory, fmt::format("no metadata: there are no files {}/*.csv", primary_directory));
  const auto files = [&](const std::string& name) {
    return NodeFiles(name, directory / (node_prefix + name));
  };
  std::vector<NodeFiles> nodes{files(primary_node)};
  for (const std::string& name : names) nodes.push_back(files(name));
  return nodes;
}

void read_schema(const fs::path& path, Metadata& metadata) {
  if (!fs::exists(path)) {
    metadata.notes.push_back(
        fmt::format("The metadata has no file {}: the schema is not assessed.", schema_file));
    return;
  }
  metadata.schema_sql = read_file(path);
  if (metadata.server_version.empty())
    metadata.server_version = word_behind(metadata.schema_sql, "-- Dumped from database version ");
}

std::vector<std::string> schemas_of(const std::vector<engine::RelationStatistics>& relations) {
  std::set<std::string> schemas;
  for (const engine::RelationStatistics& relation : relations) schemas.insert(relation.name.schema);
  return {schemas.begin(), schemas.end()};
}

}  // namespace

Metadata read_metadata(const fs::path& directory) {
  if (!fs::is_directory(directory)) fail_on(directory, "no metadata: not a directory");
  Metadata metadata;
  const std::vector<NodeFiles> nodes = find_nodes(directory);
  const Gathered gathered = read_gathered(directory / gathered_file, metadata);
  read_schema(directory / schema_file, metadata);
  metadata.relations = read_relations(nodes.front(), metadata.schema_sql, metadata.notes);
  metadata.columns = read_columns(nodes.front(), metadata.notes);
  for (const NodeFiles& files : nodes)
    metadata.nodes.push_back(read_node(files, directory, gathered, metadata));
  if (!gathered.known) metadata.schemas = schemas_of(metadata.relations);
  return metadata;
}

}  // namespace voyager::assess
