// SPDX-License-Identifier: Apache-2.0
#include "schema/object_files.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/error.hpp"
#include "base/text.hpp"

namespace voyager::schema {
namespace {

constexpr ErrorCode unknown_object_type{4102};

std::string comparable(std::string_view name) {
  std::string text = to_lower(trim(name));
  std::replace(text.begin(), text.end(), '_', ' ');
  return text;
}

ObjectType type_named(const std::string& name) {
  const std::vector<ObjectFile>& files = object_files();
  const auto found = std::find_if(files.begin(), files.end(), [&](const ObjectFile& file) {
    return comparable(file.name) == comparable(name);
  });
  if (found != files.end()) return found->type;
  std::vector<std::string> valid;
  for (const ObjectFile& file : files) valid.emplace_back(file.name);
  fail(unknown_object_type, fmt::format("there is no object type '{}'", name),
       fmt::format("Valid are {}", join(valid, ", ")));
}

bool contains(const std::vector<ObjectType>& types, ObjectType type) {
  return std::find(types.begin(), types.end(), type) != types.end();
}

std::vector<ObjectType> types_named(const std::vector<std::string>& names) {
  std::vector<ObjectType> types;
  for (const std::string& name : names) {
    const ObjectType type = type_named(name);
    if (!contains(types, type)) types.push_back(type);
  }
  return types;
}

}  // namespace

const std::vector<ObjectFile>& object_files() {
  using enum ObjectType;
  static const std::vector<ObjectFile> files{
      {schema, "SCHEMA", "schemas/schema.sql"},
      {collation, "COLLATION", "collations/collation.sql"},
      {extension, "EXTENSION", "extensions/extension.sql"},
      {language, "LANGUAGE", "languages/language.sql"},
      {access_method, "ACCESS METHOD", "access_methods/access_method.sql"},
      {type, "TYPE", "types/type.sql"},
      {domain, "DOMAIN", "domains/domain.sql"},
      {sequence, "SEQUENCE", "sequences/sequence.sql"},
      {table, "TABLE", "tables/table.sql"},
      {index, "INDEX", "tables/INDEXES_table.sql"},
      {function, "FUNCTION", "functions/function.sql"},
      {aggregate, "AGGREGATE", "aggregates/aggregate.sql"},
      {procedure, "PROCEDURE", "procedures/procedure.sql"},
      {operators, "OPERATOR", "operators/operator.sql"},
      {cast, "CAST", "casts/cast.sql"},
      {transform, "TRANSFORM", "transforms/transform.sql"},
      {conversion, "CONVERSION", "conversions/conversion.sql"},
      {text_search, "TEXT SEARCH", "text_search/text_search.sql"},
      {foreign_server, "FOREIGN SERVER", "foreign_servers/foreign_server.sql"},
      {foreign_table, "FOREIGN TABLE", "tables/foreign_table.sql"},
      {view, "VIEW", "views/view.sql"},
      {mview, "MVIEW", "mviews/mview.sql"},
      {rule, "RULE", "rules/rule.sql"},
      {statistics, "STATISTICS", "statistics/statistics.sql"},
      {policy, "POLICY", "policies/policy.sql"},
      {trigger, "TRIGGER", "triggers/trigger.sql"},
      {comment, "COMMENT", "comments/comment.sql"},
  };
  return files;
}

const ObjectFile& object_file(ObjectType type) {
  return object_files()[static_cast<std::size_t>(type)];
}

std::vector<ObjectType> selected_types(const std::vector<std::string>& listed,
                                       const std::vector<std::string>& excluded) {
  std::vector<ObjectType> types = types_named(listed);
  if (listed.empty()) {
    for (const ObjectFile& file : object_files()) types.push_back(file.type);
  }
  const std::vector<ObjectType> unwanted = types_named(excluded);
  types.erase(std::remove_if(types.begin(), types.end(),
                             [&](ObjectType type) { return contains(unwanted, type); }),
              types.end());
  return types;
}

}  // namespace voyager::schema
