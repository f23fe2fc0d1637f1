// SPDX-License-Identifier: Apache-2.0
#include "analysis/detectors/detectors.hpp"
#include "analysis/detectors/elements.hpp"

namespace voyager::analysis {
namespace {

/// SELECT has no location of its own; its limit's number has one.
std::size_t place_of_limit(const Json& select) {
  const Json& limit = member(select, "limitCount");
  return limit.is_object() && !limit.empty() ? location_of(limit.begin().value()) : 0;
}

void see_copy(const Json& copy, std::size_t line, const ParsedStatement& statement,
              FindingSink& sink) {
  if (flag(copy, "is_from") && member(copy, "whereClause").is_object())
    sink.report_at("COPY FROM ... WHERE", statement, line);
  if (option(member(copy, "options"), "on_error").is_object())
    sink.report_at("COPY ... ON_ERROR", statement, line);
}

void see_node(const std::string& kind, const Json& node, const SearchedTree& tree,
              const ParsedStatement& statement, FindingSink& sink) {
  if (kind == "MergeStmt") sink.report_at("MERGE_STATEMENT", statement, tree.first_line);
  if (kind == "CopyStmt") see_copy(node, tree.first_line, statement, sink);
  // The arms of a UNION stand in fields of their own, without a kind.
  if (text(node, "limitOption") == "LIMIT_OPTION_WITH_TIES")
    sink.report_at("FETCH_WITH_TIES", statement, tree.line_at(place_of_limit(node)));
  const bool says_how = text(node, "ctematerialized") != "CTEMaterializeDefault";
  if (kind == "CommonTableExpr" && says_how) {
    sink.report_at("CTE_WITH_MATERIALIZED_CLAUSE", statement, tree.line_at(location_of(node)),
                   text(node, "ctename"));
  }
}

}  // namespace

void detect_query_clauses(const ParsedStatement& statement, const SchemaFacts&, FindingSink& sink) {
  for_each_tree(statement, [&](const SearchedTree& tree) {
    for_each_node(tree.tree, [&](const std::string& kind, const Json& node) {
      see_node(kind, node, tree, statement, sink);
    });
  });
}

}  // namespace voyager::analysis
