// SPDX-License-Identifier: Apache-2.0
#include "analysis/detectors/relations.hpp"

#include <algorithm>

namespace voyager::analysis {

std::vector<std::string> fields_of(const Json& column_ref) {
  return names_in(member(column_ref, "fields"));
}

Relations::Relations(const Json& tree, const SchemaFacts& facts) : facts_(facts) {
  for_each_node(tree, [&](const std::string& kind, const Json& node) {
    if (kind == "CommonTableExpr") common_tables_.insert(text(node, "ctename"));
    if (kind == "FunctionParameter") given_names_.insert(text(node, "name"));
    if (kind == "ResTarget" && member(node, "val").is_object())
      given_names_.insert(text(node, "name"));
    if (kind == "alias" || kind == "Alias")
      for (const std::string& name : names_in(member(node, "colnames"))) given_names_.insert(name);
  });
  for_each_node(tree, [&](const std::string& kind, const Json& node) {
    // By the field that holds it, where the tree has no kind.
    if (kind == "RangeVar" || kind == "relation") add(node);
  });
}

void Relations::add(const Json& range_var) {
  Relation relation;
  relation.name = relation_name(range_var);
  const std::string alias = text(member(range_var, "alias"), "aliasname");
  relation.alias = alias.empty() ? relation.name.name : alias;
  const bool common =
      text(range_var, "schemaname").empty() && common_tables_.count(text(range_var, "relname")) > 0;
  relation.stored = !common && !facts_.is_view(relation.name);
  relations_.push_back(std::move(relation));
}

std::optional<ResolvedType> Relations::type_of(const Json& column_ref) const {
  const std::vector<std::string> fields = fields_of(column_ref);
  if (fields.empty()) return std::nullopt;
  for (const Relation& relation : relations_) {
    if (!relation.stored) continue;
    if (fields.size() > 1 && fields[fields.size() - 2] != relation.alias) continue;
    if (auto type = facts_.column_type(relation.name, fields.back())) return type;
  }
  return std::nullopt;
}

bool Relations::may_be_system_column(const std::vector<std::string>& fields) const {
  if (fields.size() < 2 && given_names_.count(fields.back()) > 0) return false;
  bool stored = false;
  bool named = false;
  for (const Relation& relation : relations_) {
    if (fields.size() > 1 && fields[fields.size() - 2] != relation.alias) continue;
    named = true;
    stored = stored || relation.stored;
  }
  if (named) return stored;
  // NEW and OLD of triggers and rules, variables, and subqueries by their alias.
  return given_names_.count(fields.back()) == 0;
}

}  // namespace voyager::analysis
