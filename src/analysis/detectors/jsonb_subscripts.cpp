// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string_view>

#include "analysis/detectors/detectors.hpp"
#include "analysis/detectors/relations.hpp"

namespace voyager::analysis {
namespace {

enum class IsJsonb : std::uint8_t { yes, no, unknown };

IsJsonb judge(const std::optional<ResolvedType>& type) {
  if (!type) return IsJsonb::unknown;
  return type->name == "jsonb" && !type->array && type->user == nullptr ? IsJsonb::yes
                                                                        : IsJsonb::no;
}

/// Functions of PostgreSQL that return jsonb.
bool returns_jsonb(const Json& call) {
  static const std::initializer_list<std::string_view> functions{"to_jsonb",
                                                                 "jsonb_build_object",
                                                                 "jsonb_build_array",
                                                                 "jsonb_object",
                                                                 "jsonb_agg",
                                                                 "jsonb_object_agg",
                                                                 "jsonb_set",
                                                                 "jsonb_set_lax",
                                                                 "jsonb_insert",
                                                                 "jsonb_extract_path",
                                                                 "jsonb_path_query_first",
                                                                 "jsonb_path_query",
                                                                 "jsonb_strip_nulls",
                                                                 "jsonb_path_query_array"};
  const std::vector<std::string> names = names_in(member(call, "funcname"));
  return !names.empty() &&
         std::find(functions.begin(), functions.end(), names.back()) != functions.end();
}

/// A value that a subscript follows.
IsJsonb judge_value(const Json& value, const Relations& relations, const SchemaFacts& facts) {
  if (const Json& column = member(value, "ColumnRef"); column.is_object())
    return judge(relations.type_of(column));
  if (const Json& cast = member(value, "TypeCast"); cast.is_object())
    return judge(facts.resolve(type_name(member(cast, "typeName"))));
  if (returns_jsonb(member(value, "FuncCall"))) return IsJsonb::yes;
  if (member(value, "A_ArrayExpr").is_object()) return IsJsonb::no;
  return IsJsonb::unknown;
}

bool is_text_subscript(const Json& subscript) {
  const std::string key =
      text(member(member(member(subscript, "uidx"), "A_Const"), "sval"), "sval");
  const bool number = std::all_of(key.begin(), key.end(),
                                  [](char c) { return (c >= '0' && c <= '9') || c == '-'; });
  return !number;
}

/// The first subscript of [{"String": ...}, {"A_Indices": ...}], or null.
const Json& first_subscript(const Json& indirection) {
  static const Json none;
  for (const Json& item : indirection)
    if (const Json& subscript = member(item, "A_Indices"); subscript.is_object()) return subscript;
  return none;
}

bool has_fields(const Json& indirection) {
  return std::any_of(indirection.begin(), indirection.end(),
                     [](const Json& item) { return member(item, "String").is_object(); });
}

/// Where the type is not known (a variable, a field of a record) a subscript that is a word tells:
/// arrays have numbers only.
bool is_jsonb(IsJsonb value, const Json& indirection) {
  const Json& subscript = first_subscript(indirection);
  if (!subscript.is_object()) return false;
  if (has_fields(indirection)) value = IsJsonb::unknown;
  return value == IsJsonb::yes || (value == IsJsonb::unknown && is_text_subscript(subscript));
}

struct Search {
  const ParsedStatement& statement;
  const SearchedTree& tree;
  const SchemaFacts& facts;
  FindingSink& sink;
  std::optional<Relations> relations{};  ///< of the tree, once they are needed
};

void see_read(Search& search, const Json& node) {
  const Json& value = member(node, "arg");
  if (!value.is_object() || !first_subscript(member(node, "indirection")).is_object()) return;
  if (!search.relations) search.relations.emplace(search.tree.tree, search.facts);
  const IsJsonb type = judge_value(value, *search.relations, search.facts);
  if (!is_jsonb(type, member(node, "indirection"))) return;
  const std::size_t place = location_of(value.begin().value());
  const std::vector<std::string> fields = fields_of(member(value, "ColumnRef"));
  search.sink.report_at("JSONB_SUBSCRIPTING", search.statement, search.tree.line_at(place),
                        fields.empty() ? "" : fields.back());
}

/// SET column['key'] = ...
void see_targets(const Search& search, const Json& targets, const Json& relation) {
  for (const Json& item : targets) {
    const Json& target = member(item, "ResTarget");
    const Json& indirection = member(target, "indirection");
    const std::string column = text(target, "name");
    const IsJsonb type = judge(search.facts.column_type(relation_name(relation), column));
    if (!is_jsonb(type, indirection)) continue;
    search.sink.report_at("JSONB_SUBSCRIPTING", search.statement,
                          search.tree.line_at(location_of(target)), column);
  }
}

}  // namespace

void detect_jsonb_subscripts(const ParsedStatement& statement, const SchemaFacts& facts,
                             FindingSink& sink) {
  for_each_tree(statement, [&](const SearchedTree& tree) {
    Search search{statement, tree, facts, sink};
    for_each_node(tree.tree, [&](const std::string& kind, const Json& node) {
      const Json& relation = member(node, "relation");
      if (kind == "A_Indirection") see_read(search, node);
      if (kind == "UpdateStmt") see_targets(search, member(node, "targetList"), relation);
      if (kind == "InsertStmt")
        see_targets(search, member(member(node, "onConflictClause"), "targetList"), relation);
    });
  });
}

}  // namespace voyager::analysis
