// SPDX-License-Identifier: Apache-2.0
#include "analysis/object_label.hpp"

#include <algorithm>
#include <map>
#include <string_view>

#include "base/text.hpp"
#include "schema/classify.hpp"
#include "schema/tokens.hpp"

namespace voyager::analysis {
namespace {

std::string on_relation(const std::string& name, const Json& node,
                        const char* relation_field = "relation") {
  const std::string table = relation_label(member(node, relation_field));
  return name.empty() ? table : name + " ON " + table;
}

using NameOf = std::string (*)(const Json&);

/// For nodes whose name is neither a list of names nor a plain text.
const std::map<std::string, NameOf, std::less<>>& names_by_kind() {
  static const std::map<std::string, NameOf, std::less<>> names{
      {"CreateForeignTableStmt",
       [](const Json& n) { return relation_label(member(member(n, "base"), "relation")); }},
      {"CreatePolicyStmt",
       [](const Json& n) { return on_relation(text(n, "policy_name"), n, "table"); }},
      {"CreateTableAsStmt",
       [](const Json& n) { return relation_label(member(member(n, "into"), "rel")); }},
      {"CreateTrigStmt", [](const Json& n) { return on_relation(text(n, "trigname"), n); }},
      {"AlterPolicyStmt",
       [](const Json& n) { return on_relation(text(n, "policy_name"), n, "table"); }},
      {"IndexStmt", [](const Json& n) { return on_relation(text(n, "idxname"), n); }},
      {"RuleStmt", [](const Json& n) { return on_relation(text(n, "rulename"), n); }},
      {"AlterDomainStmt", [](const Json& n) { return dotted(names_in(member(n, "typeName"))); }},
      {"CreateRangeStmt", [](const Json& n) { return dotted(names_in(member(n, "typeName"))); }},
      {"CreateEnumStmt", [](const Json& n) { return dotted(names_in(member(n, "typeName"))); }},
      {"AlterEnumStmt", [](const Json& n) { return dotted(names_in(member(n, "typeName"))); }},
  };
  return names;
}

/// OBJECT_FOREIGN_TABLE → "FOREIGN TABLE": what RENAME, OWNER TO, SET SCHEMA and DROP are about.
std::string type_of_statement_on_any(const Json& node) {
  constexpr std::string_view prefix = "OBJECT_";
  for (const char* field : {"objectType", "renameType", "removeType"}) {
    std::string type = text(node, field);
    if (!type.starts_with(prefix)) continue;
    type.erase(0, prefix.size());
    std::replace(type.begin(), type.end(), '_', ' ');
    return type == "MATVIEW" ? "MVIEW" : type;
  }
  return "";
}

/// {"List": {"items": [...]}}, {"ObjectWithArgs": {"objname": [...]}} or one name.
std::string object_label(const Json& object) {
  const Json& items = member(member(object, "List"), "items");
  if (items.is_array()) return dotted(names_in(items));
  const Json& with_args = member(member(object, "ObjectWithArgs"), "objname");
  if (with_args.is_array()) return dotted(names_in(with_args));
  return dotted(names_in(Json::array({object})));
}

/// The first of the fields that kinds of statements keep their object's name in.
std::string name_in_usual_fields(const Json& node) {
  for (const char* field : {"relation", "view", "sequence", "typevar"})
    if (member(node, field).is_object()) return relation_label(member(node, field));
  for (const char* field : {"funcname", "domainname", "defnames", "conversion_name", "collname",
                            "opclassname", "opfamilyname"})
    if (member(node, field).is_array()) return dotted(names_in(member(node, field)));
  for (const char* field : {"extname", "schemaname", "amname", "servername", "fdwname", "plname",
                            "dbname", "trigname", "tablespacename", "indexname"})
    if (const std::string name = text(node, field); !name.empty()) return name;
  if (member(node, "object").is_object()) return object_label(member(node, "object"));
  std::vector<std::string> dropped;
  for (const Json& object : member(node, "objects")) dropped.push_back(object_label(object));
  return join(dropped, ", ");
}

std::string type_label(const std::string& kind, const Json& tree, const Json& node) {
  if (kind == "AlterTableStmt" && text(node, "objtype") == "OBJECT_TABLE") return "TABLE";
  if (kind == "CreatedbStmt" || kind == "AlterDatabaseStmt") return "DATABASE";
  if (kind == "AlterTableSpaceOptionsStmt" || kind == "CreateTableSpaceStmt") return "TABLESPACE";
  if (kind == "ReindexStmt")
    return text(node, "kind") == "REINDEX_OBJECT_INDEX" ? "INDEX" : "TABLE";
  const auto type = schema::classify_tree(tree).type;
  return type ? std::string(schema::object_file(*type).name) : type_of_statement_on_any(node);
}

}  // namespace

std::string dotted(const std::vector<std::string>& names) {
  return join(names, ".");
}

std::string relation_label(const Json& range_var) {
  const std::string schema = text(range_var, "schemaname");
  const std::string name = text(range_var, "relname");
  return schema.empty() ? name : schema + "." + name;
}

void label_by_tree(ParsedStatement& statement) {
  const std::string kind = statement.kind();
  const Json& node = statement.node();
  statement.object_type = type_label(kind, statement.tree, node);
  if (statement.object_type.empty()) return;
  const auto own = names_by_kind().find(kind);
  statement.object_name =
      own == names_by_kind().end() ? name_in_usual_fields(node) : own->second(node);
}

void label_by_words(ParsedStatement& statement, std::optional<schema::ObjectType> file_type) {
  const auto type = schema::classify_words(statement.text).type;
  if (type || file_type)
    statement.object_type = schema::object_file(type ? *type : *file_type).name;
  if (!type) return;
  std::vector<std::string> names;
  bool dot = false;
  for (const schema::Token& token : schema::scan_tokens(statement.text)) {
    const std::string word = schema::word_of(statement.text, token);
    if (names.empty() && token.keyword) continue;
    if (!names.empty() && !dot && word != ".") break;
    dot = word == ".";
    if (!dot) names.push_back(word);
  }
  statement.object_name = dotted(names);
}

}  // namespace voyager::analysis
