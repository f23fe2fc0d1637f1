// SPDX-License-Identifier: Apache-2.0
#include "cutover/records.hpp"

#include <nlohmann/json.hpp>

namespace voyager::cutover {
namespace {

using nlohmann::json;

json name_json(const QualifiedName& name) {
  return json::array({name.schema, name.name});
}

QualifiedName name_from(const json& value) {
  return {value.at(0).get<std::string>(), value.at(1).get<std::string>()};
}

template <typename T, typename Make>
std::vector<T> list_from(const std::string& text, Make make) {
  std::vector<T> list;
  for (const json& value : json::parse(text)) list.push_back(make(value));
  return list;
}

}  // namespace

std::string to_json(const std::vector<Sequence>& sequences) {
  json list = json::array();
  for (const Sequence& sequence : sequences) {
    list.push_back({{"name", name_json(sequence.name)},
                    {"owner_table", name_json(sequence.owner_table)},
                    {"owner_column", sequence.owner_column},
                    {"type", sequence.type},
                    {"last_value", sequence.last_value},
                    {"is_called", sequence.is_called},
                    {"increment", sequence.increment},
                    {"cache", sequence.cache}});
  }
  return list.dump();
}

std::vector<Sequence> sequences_from_json(const std::string& text) {
  return list_from<Sequence>(text, [](const json& value) {
    Sequence sequence;
    sequence.name = name_from(value.at("name"));
    sequence.owner_table = name_from(value.at("owner_table"));
    sequence.owner_column = value.at("owner_column").get<std::string>();
    sequence.type = value.at("type").get<std::string>();
    sequence.last_value = value.at("last_value").get<std::int64_t>();
    sequence.is_called = value.at("is_called").get<bool>();
    sequence.increment = value.at("increment").get<std::int64_t>();
    sequence.cache = value.at("cache").get<std::int64_t>();
    return sequence;
  });
}

std::string to_json(const std::vector<engine::SuspendedObject>& objects) {
  json list = json::array();
  for (const engine::SuspendedObject& object : objects) {
    list.push_back({{"kind", object.kind},
                    {"table", name_json(object.table)},
                    {"name", object.name},
                    {"restore_sql", object.restore_sql}});
  }
  return list.dump();
}

std::vector<engine::SuspendedObject> suspended_from_json(const std::string& text) {
  return list_from<engine::SuspendedObject>(text, [](const json& value) {
    return engine::SuspendedObject{
        value.at("kind").get<std::string>(), name_from(value.at("table")),
        value.at("name").get<std::string>(), value.at("restore_sql").get<std::string>()};
  });
}

std::string to_json(const std::vector<engine::SourceChange>& changes) {
  json list = json::array();
  for (const engine::SourceChange& change : changes)
    list.push_back({{"table", name_json(change.table)}, {"original", change.original}});
  return list.dump();
}

std::vector<engine::SourceChange> source_changes_from_json(const std::string& text) {
  return list_from<engine::SourceChange>(text, [](const json& value) {
    return engine::SourceChange{name_from(value.at("table")),
                                value.at("original").get<std::string>()};
  });
}

std::string to_json(const BarrierRecord& barrier) {
  return json{{"vsn", barrier.vsn}, {"position", barrier.position.text}}.dump();
}

BarrierRecord barrier_from_json(const std::string& text) {
  const json value = json::parse(text);
  return {value.at("vsn").get<std::int64_t>(), {value.at("position").get<std::string>()}};
}

std::string to_json(const engine::Endpoint& endpoint) {
  return json{{"type", endpoint.type},
              {"host", endpoint.host},
              {"port", endpoint.port},
              {"database", endpoint.database},
              {"user", endpoint.user},
              {"schemas", endpoint.schemas},
              {"ssl_mode", endpoint.ssl_mode},
              {"ssl_cert", endpoint.ssl_cert},
              {"ssl_key", endpoint.ssl_key},
              {"ssl_root_cert", endpoint.ssl_root_cert},
              {"ssl_crl", endpoint.ssl_crl},
              {"nodes", endpoint.nodes},
              {"use_public_ip", endpoint.use_public_ip}}
      .dump();
}

engine::Endpoint endpoint_from_json(const std::string& text) {
  const json value = json::parse(text);
  engine::Endpoint endpoint;
  value.at("type").get_to(endpoint.type);
  value.at("host").get_to(endpoint.host);
  value.at("port").get_to(endpoint.port);
  value.at("database").get_to(endpoint.database);
  value.at("user").get_to(endpoint.user);
  value.at("schemas").get_to(endpoint.schemas);
  value.at("ssl_mode").get_to(endpoint.ssl_mode);
  value.at("ssl_cert").get_to(endpoint.ssl_cert);
  value.at("ssl_key").get_to(endpoint.ssl_key);
  value.at("ssl_root_cert").get_to(endpoint.ssl_root_cert);
  value.at("ssl_crl").get_to(endpoint.ssl_crl);
  // Not in what an earlier version recorded.
  endpoint.nodes = value.value("nodes", endpoint.nodes);
  endpoint.use_public_ip = value.value("use_public_ip", false);
  return endpoint;
}

}  // namespace voyager::cutover
