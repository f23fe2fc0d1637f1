// SPDX-License-Identifier: Apache-2.0
#include "assess/named_relations.hpp"

#include <cstddef>

#include "analysis/parsed_statement.hpp"

namespace voyager::assess {

bool is_system_relation(const schema::Json& range_var) {
  const std::string schema = schema::text(range_var, "schemaname");
  const std::string& decisive = schema.empty() ? schema::text(range_var, "relname") : schema;
  return decisive.rfind("pg_", 0) == 0 || schema == "information_schema";
}

bool names_only(const schema::Json& tree,
                const std::function<bool(const schema::Json& range_var)>& is_of_that_kind) {
  std::size_t relations = 0;
  std::size_t of_that_kind = 0;
  analysis::for_each_node(tree, [&](const std::string&, const schema::Json& node) {
    if (!schema::member(node, "relname").is_string()) return;
    ++relations;
    if (is_of_that_kind(node)) ++of_that_kind;
  });
  return relations > 0 && relations == of_that_kind;
}

}  // namespace voyager::assess
