// SPDX-License-Identifier: Apache-2.0
#include "exportdir/table_json.hpp"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "base/error.hpp"

namespace voyager::exportdir {
namespace {

using nlohmann::json;

constexpr ErrorCode damaged{2202};

json to_json(const QualifiedName& name) {
  return json::array({name.schema, name.name});
}

json to_json(const std::vector<QualifiedName>& names) {
  json list = json::array();
  for (const QualifiedName& name : names) list.push_back(to_json(name));
  return list;
}

json to_json(const Column& column) {
  return {{"name", column.name},
          {"type", column.type},
          {"cast_type", column.cast_type},
          {"identity", std::string(1, static_cast<char>(column.identity))},
          {"generated", column.generated},
          {"not_null", column.not_null},
          {"binary_safe", column.binary_safe}};
}

json to_json(const UniqueKey& key) {
  return {{"name", key.name}, {"columns", key.columns}, {"partial", key.partial}};
}

QualifiedName name_from(const json& value) {
  return {value.at(0).get<std::string>(), value.at(1).get<std::string>()};
}

std::vector<QualifiedName> names_from(const json& list) {
  std::vector<QualifiedName> names;
  for (const json& value : list) names.push_back(name_from(value));
  return names;
}

Column column_from(const json& value) {
  Column column;
  column.name = value.at("name").get<std::string>();
  column.type = value.at("type").get<std::string>();
  column.cast_type = value.at("cast_type").get<std::string>();
  column.identity = static_cast<Identity>(value.at("identity").get<std::string>().at(0));
  column.generated = value.at("generated").get<bool>();
  column.not_null = value.at("not_null").get<bool>();
  column.binary_safe = value.at("binary_safe").get<bool>();
  return column;
}

UniqueKey unique_key_from(const json& value) {
  UniqueKey key;
  key.name = value.at("name").get<std::string>();
  key.columns = value.at("columns").get<std::vector<std::string>>();
  key.partial = value.at("partial").get<bool>();
  return key;
}

Table table_from(const json& value) {
  Table table;
  table.name = name_from(value.at("name"));
  for (const json& column : value.at("columns")) table.columns.push_back(column_from(column));
  table.key = value.at("key").get<std::vector<std::string>>();
  for (const json& key : value.at("unique_keys")) table.unique_keys.push_back(unique_key_from(key));
  table.leaves = names_from(value.at("leaves"));
  table.partitioned = value.at("partitioned").get<bool>();
  table.estimated_rows = value.at("estimated_rows").get<std::int64_t>();
  table.bytes = value.at("bytes").get<std::int64_t>();
  table.needs_full_identity = names_from(value.at("needs_full_identity"));
  return table;
}

json to_json(const Table& table) {
  json columns = json::array();
  for (const Column& column : table.columns) columns.push_back(to_json(column));
  json unique_keys = json::array();
  for (const UniqueKey& key : table.unique_keys) unique_keys.push_back(to_json(key));
  return {{"name", to_json(table.name)},
          {"columns", std::move(columns)},
          {"key", table.key},
          {"unique_keys", std::move(unique_keys)},
          {"leaves", to_json(table.leaves)},
          {"partitioned", table.partitioned},
          {"estimated_rows", table.estimated_rows},
          {"bytes", table.bytes},
          {"needs_full_identity", to_json(table.needs_full_identity)}};
}

template <typename Make>
auto parsed(const std::string& text, Make make) {
  try {
    return make(json::parse(text));
  } catch (const std::exception& error) {
    fail(damaged,
         fmt::format("meta.db holds a table definition that can't be read: {}", error.what()));
  }
}

}  // namespace

std::string table_to_json(const Table& table) {
  return to_json(table).dump();
}

Table table_from_json(const std::string& text) {
  return parsed(text, table_from);
}

std::string tables_to_json(const std::vector<Table>& tables) {
  json list = json::array();
  for (const Table& table : tables) list.push_back(to_json(table));
  return list.dump();
}

std::vector<Table> tables_from_json(const std::string& text) {
  return parsed(text, [](const json& list) {
    std::vector<Table> tables;
    for (const json& value : list) tables.push_back(table_from(value));
    return tables;
  });
}

}  // namespace voyager::exportdir
