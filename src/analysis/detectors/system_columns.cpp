// SPDX-License-Identifier: Apache-2.0
#include <map>
#include <optional>
#include <string_view>

#include "analysis/detectors/detectors.hpp"
#include "analysis/detectors/relations.hpp"

namespace voyager::analysis {
namespace {

std::string_view issue_of(const std::string& column) {
  // tableoid is the one that YugabyteDB has.
  static const std::map<std::string_view, std::string_view> issues{
      {"xmin", "SYSTEM_COLUMN_XMIN"}, {"xmax", "SYSTEM_COLUMN_XMAX"},
      {"cmin", "SYSTEM_COLUMN_CMIN"}, {"cmax", "SYSTEM_COLUMN_CMAX"},
      {"ctid", "SYSTEM_COLUMN_CTID"},
  };
  const auto found = issues.find(column);
  return found == issues.end() ? std::string_view() : found->second;
}

/// The parameters of the routine that the statement creates: in its body they are no columns.
bool is_parameter(const ParsedStatement& statement, const std::string& name) {
  for (const Json& item : member(statement.node(), "parameters"))
    if (text(member(item, "FunctionParameter"), "name") == name) return true;
  return false;
}

}  // namespace

void detect_system_columns(const ParsedStatement& statement, const SchemaFacts& facts,
                           FindingSink& sink) {
  for_each_tree(statement, [&](const SearchedTree& tree) {
    std::optional<Relations> relations;  // once they are needed
    for_each_node(tree.tree, [&](const std::string& kind, const Json& node) {
      if (kind != "ColumnRef") return;
      const std::vector<std::string> fields = fields_of(node);
      if (fields.empty()) return;
      const std::string_view issue = issue_of(fields.back());
      if (issue.empty() || (fields.size() == 1 && is_parameter(statement, fields.back()))) return;
      if (!relations) relations.emplace(tree.tree, facts);
      if (!relations->may_be_system_column(fields)) return;
      sink.report_at(issue, statement, tree.line_at(location_of(node)), fields.back());
    });
  });
}

}  // namespace voyager::analysis
