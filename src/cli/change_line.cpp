// SPDX-License-Identifier: Apache-2.0
#include "cli/change_line.hpp"

#include <nlohmann/json.hpp>

#include "base/text.hpp"

namespace voyager::cli {
namespace {

using Json = nlohmann::ordered_json;

Json value_json(const Value& value, bool with_values) {
  if (value.kind == Value::Kind::null) return nullptr;
  if (with_values) return std::string(value.text);
  return Json{{"bytes", value.text.size()}};
}

Json row_json(const Relation& relation, std::span<const Value> values, bool with_values) {
  Json row = Json::object();
  for (std::size_t i = 0; i < values.size() && i < relation.columns.size(); ++i) {
    if (values[i].kind != Value::Kind::unchanged)
      row[relation.columns[i].name] = value_json(values[i], with_values);
  }
  return row;
}

Json line_start(const ChangeContext& context, const std::string& operation) {
  return Json{{"vsn", context.vsn},
              {"op", operation},
              {"exporter_role", context.exporter_role},
              {"position", context.transaction.position.text},
              {"transaction_id", context.transaction.transaction_id},
              {"commit_time", utc_timestamp(context.transaction.commit_unix_micros)}};
}

std::string operation_name(Operation operation) {
  if (operation == Operation::insert) return "insert";
  return operation == Operation::update ? "update" : "delete";
}

Json change_json(const RowChange& change, const ChangeContext& context, bool with_values) {
  const Relation& relation = *context.relations.at(0);
  Json line = line_start(context, operation_name(change.operation));
  line["table"] = relation.table.display();
  if (relation.leaf != relation.table) line["partition"] = relation.leaf.display();
  if (!change.before.empty()) line["before"] = row_json(relation, change.before, with_values);
  if (!change.after.empty()) line["after"] = row_json(relation, change.after, with_values);
  return line;
}

}  // namespace

std::optional<std::string> change_line(const ChangeEvent& event, const ChangeContext& context,
                                       bool with_values) {
  Json line;
  if (const auto* change = std::get_if<RowChange>(&event)) {
    line = change_json(*change, context, with_values);
  } else if (const auto* truncate = std::get_if<Truncate>(&event)) {
    line = line_start(context, "truncate");
    Json tables = Json::array();
    for (const Relation* relation : context.relations) tables.push_back(relation->leaf.display());
    line["tables"] = tables;
    line["restart_identity"] = truncate->restart_identity;
  } else if (const auto* barrier = std::get_if<Barrier>(&event)) {
    line = line_start(context, "barrier");
    line["id"] = barrier->id;
  } else {
    return std::nullopt;
  }
  return line.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace voyager::cli
