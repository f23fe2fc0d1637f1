// SPDX-License-Identifier: Apache-2.0
#include "schema/parse_tree.hpp"

#include <pg_query.h>

#include <utility>

#include "base/error.hpp"
#include "schema/tokens.hpp"
#include "schema/yugabyte_syntax.hpp"

namespace voyager::schema {
namespace {

/// Owns what pg_query_parse returned.
struct Parse {
  explicit Parse(const char* sql) : result(pg_query_parse(sql)) {}
  ~Parse() { pg_query_free_parse_result(result); }
  Parse(const Parse&) = delete;
  Parse& operator=(const Parse&) = delete;

  PgQueryParseResult result;
};

ParseResult parse_postgres(const std::string& sql) {
  const Parse parse(sql.c_str());
  ParseResult result{Json::array(), std::nullopt};
  if (const PgQueryError* error = parse.result.error; error != nullptr) {
    result.failure = ParseFailure{error->message, byte_offset(sql, error->cursorpos)};
    return result;
  }
  Json tree = Json::parse(parse.result.parse_tree, nullptr, false);
  if (tree.is_discarded()) {
    // The parser takes any bytes, and writes them into its tree as they are.
    result.failure = ParseFailure{"the statement is not UTF-8 text", 0};
    return result;
  }
  for (Json& item : tree["stmts"]) result.statements.push_back(std::move(item["stmt"]));
  return result;
}

}  // namespace

ParseResult parse_sql(const std::string& sql) {
  ParseResult parsed = parse_postgres(sql);
  if (!parsed.failure) return parsed;
  try {
    ParseResult again = parse_postgres(in_postgres_grammar(sql));
    if (!again.failure) return again;
  } catch (const Error&) {
    // The text can't be cut into tokens: the failure says so.
    return parsed;
  }
  return parsed;
}

const Json& member(const Json& node, const char* key) {
  static const Json absent;
  const auto found = node.is_object() ? node.find(key) : node.end();
  return node.is_object() && found != node.end() ? *found : absent;
}

std::string text(const Json& node, const char* key) {
  const Json& value = member(node, key);
  return value.is_string() ? value.get<std::string>() : std::string();
}

bool flag(const Json& node, const char* key) {
  return member(node, key) == Json(true);
}

std::vector<std::string> names_in(const Json& list) {
  std::vector<std::string> names;
  for (const Json& item : list) {
    const Json& type = member(item, "TypeName");
    if (type.is_object()) {
      const std::vector<std::string> inner = names_in(member(type, "names"));
      names.insert(names.end(), inner.begin(), inner.end());
    } else {
      names.push_back(text(member(item, "String"), "sval"));
    }
  }
  return names;
}

}  // namespace voyager::schema
