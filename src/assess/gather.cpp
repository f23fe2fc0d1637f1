// SPDX-License-Identifier: Apache-2.0
#include "assess/gather.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <set>

#include "assess/errors.hpp"
#include "assess/metadata_names.hpp"
#include "base/backoff.hpp"
#include "base/error.hpp"
#include "base/text.hpp"
#include "base/worker_group.hpp"

namespace voyager::assess {
namespace {

using std::chrono::steady_clock;
using Reader = std::unique_ptr<engine::StatisticsReader>;
using Names = std::vector<std::string>;

/// A server that is read.
struct Node {
  Reader reader;
  bool required = true;  ///< its failure is the assessment's
  NodeMetadata metadata;
  std::optional<std::string> failure;
  bool queries_known = false;
};

std::string display(const engine::Address& address) {
  return fmt::format("{}:{}", address.host, address.port);
}

std::string node_name(const engine::Address& address) {
  std::string name = fmt::format("{}-{}", address.host, address.port);
  std::ranges::replace_if(
      name,
      [](char c) {
        const bool fit = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                         (c >= '0' && c <= '9') || c == '.' || c == '-';
        return !fit;
      },
      '_');
  return name;
}

class Gathering {
 public:
  Gathering(const GatherOptions& options, const OpenStatistics& open, std::stop_token stop,
            Status& status)
      : options_(options), open_(open), stop_(std::move(stop)), status_(status) {}

  Metadata run(const std::function<std::string()>& dump_schema);

 private:
  void ask_about(const Names& cautions);
  void find_replicas();
  void add_named(const engine::Address& address);
  void add_discovered(const engine::ReplicaAddress& replica);
  Reader open_at(const engine::Address& address) const;
  bool follows_primary(engine::StatisticsReader& reader);
  void add_node(Reader reader, const std::string& name, bool required);
  void watch_all();
  void watch(Node& node, const std::stop_token& stop) const;
  void read(Node& node, const std::stop_token& stop) const;
  void collect();
  void note(const std::string& text);

  engine::StatisticsReader& primary() { return *nodes_.front().reader; }

  const GatherOptions& options_;
  const OpenStatistics& open_;
  const std::stop_token stop_;
  Status& status_;
  std::vector<Node> nodes_;  // the primary first
  Metadata metadata_;
};

void Gathering::note(const std::string& text) {
  status_.warning(text);
  metadata_.notes.push_back(text);
}

void Gathering::ask_about(const Names& cautions) {
  for (const std::string& caution : cautions) note(caution);
  if (cautions.empty() || !options_.ask_about_cautions) return;
  if (!status_.confirm("The statistics are not complete. Assess with what there is?"))
    fail(given_up, "the assessment was given up",
         "Do what the lines above say, then run the command again");
}

Reader Gathering::open_at(const engine::Address& address) const {
  engine::Endpoint endpoint = options_.primary;
  endpoint.host = address.host;
  endpoint.port = address.port;
  return open_(endpoint);
}

bool Gathering::follows_primary(engine::StatisticsReader& reader) {
  return reader.is_replica() && reader.system_identifier() == primary().system_identifier();
}

void Gathering::add_node(Reader reader, const std::string& name, bool required) {
  Node& node = nodes_.emplace_back();
  node.reader = std::move(reader);
  node.required = required;
  node.metadata.name = name;
}

void Gathering::add_named(const engine::Address& address) {
  Reader reader = open_at(address);
  if (!follows_primary(*reader))
    fail(not_a_replica, fmt::format("{} is not a replica of this primary", display(address)),
         "Correct --source-read-replica-endpoints");
  add_node(std::move(reader), node_name(address), true);
}

void Gathering::add_discovered(const engine::ReplicaAddress& replica) {
  constexpr const char* way_out = "Name it with --source-read-replica-endpoints.";
  const std::string name = replica.application.empty() ? "" : ' ' + replica.application;
  if (replica.host.empty())
    return note(fmt::format("The primary does not tell where replica{} is. {}", name, way_out));
  const engine::Address address{replica.host, options_.primary.port};
  try {
    Reader reader = open_at(address);
    if (!follows_primary(*reader))
      return note(fmt::format("At {} there is no replica{} of this primary. {}", display(address),
                              name, way_out));
    add_node(std::move(reader), node_name(address), false);
  } catch (const Error& error) {
    note(fmt::format("Replica{} at {} is left out: {}. {}", name, display(address), error.what(),
                     way_out));
  }
}

void Gathering::find_replicas() {
  if (options_.primary_only) return;
  std::set<std::string> seen;
  for (const std::string& text : options_.replica_endpoints) {
    const auto address = engine::parse_address(text, options_.primary.port);
    if (!address)
      fail(not_a_replica, fmt::format("\"{}\" is not an address", text),
           "Give --source-read-replica-endpoints as host:port,host:port");
    if (seen.insert(node_name(*address)).second) add_named(*address);
  }
  if (!options_.replica_endpoints.empty()) return;
  for (const engine::ReplicaAddress& replica : primary().replicas())
    if (replica.host.empty() || seen.insert(replica.host).second) add_discovered(replica);
}

void Gathering::read(Node& node, const std::stop_token& stop) const {
  NodeMetadata& metadata = node.metadata;
  const Names& schemas = metadata_.schemas;
  if (options_.interval.count() > 0) {
    metadata.before = node.reader->activity(schemas);
    const steady_clock::time_point begin = steady_clock::now();
    if (!wait_unless_stopped(options_.interval, stop)) return;
    metadata.after = node.reader->activity(schemas);
    metadata.interval_seconds = std::chrono::duration<double>(steady_clock::now() - begin).count();
  } else {
    metadata.after = node.reader->activity(schemas);
  }
  metadata.usage = node.reader->usage(schemas);
  if (auto queries = node.reader->queries()) {
    metadata.queries = std::move(*queries);
    node.queries_known = true;
  }
}

void Gathering::watch(Node& node, const std::stop_token& stop) const {
  try {
    read(node, stop);
  } catch (const Error& error) {
    if (node.required) throw error.within("node " + node.metadata.name);
    node.failure = error.what();
  }
}

void Gathering::watch_all() {
  if (options_.interval.count() > 0)
    status_.line(fmt::format(
        "Counting reads and writes for {} on {}...", short_duration(options_.interval.count()),
        nodes_.size() == 1 ? "one server" : fmt::format("{} servers", nodes_.size())));
  WorkerGroup group;
  const std::stop_callback link(stop_, [&group] { group.stop(); });
  group.start(nodes_.size(), [this](std::size_t number, const std::stop_token& stop) {
    watch(nodes_[number], stop);
  });
  group.wait();
  if (stop_.stop_requested()) fail(given_up, "the assessment was stopped", "Run it again");
}

void Gathering::collect() {
  for (Node& node : nodes_) {
    if (node.failure) {
      note(fmt::format("Replica {} is left out: {}.", node.metadata.name, *node.failure));
      continue;
    }
    if (!node.queries_known && &node != &nodes_.front())
      note(fmt::format("Replica {} does not tell its statements.", node.metadata.name));
    metadata_.queries_known = metadata_.queries_known || node.queries_known;
    metadata_.nodes.push_back(std::move(node.metadata));
  }
}

Metadata Gathering::run(const std::function<std::string()>& dump_schema) {
  add_node(open_(options_.primary), primary_node, true);
  metadata_.database = options_.primary.database;
  metadata_.server_version = primary().server_version();
  metadata_.schemas =
      options_.primary.schemas.empty() ? primary().user_schemas() : options_.primary.schemas;
  ask_about(primary().cautions(metadata_.schemas));
  find_replicas();
  metadata_.schema_sql = dump_schema();
  metadata_.relations = primary().relations(metadata_.schemas);
  metadata_.columns = primary().columns(metadata_.schemas);
  watch_all();
  collect();
  return std::move(metadata_);
}

}  // namespace

Metadata gather(const GatherOptions& options, const OpenStatistics& open,
                const std::function<std::string()>& dump_schema, const std::stop_token& stop,
                Status& status) {
  return Gathering(options, open, stop, status).run(dump_schema);
}

}  // namespace voyager::assess
