// SPDX-License-Identifier: Apache-2.0
#include "analysis/detectors/detectors.hpp"
#include "analysis/words.hpp"

namespace voyager::analysis {
namespace {

/// Source: PostgreSQL's nodes/parsenodes.h, FRAMEOPTION_RANGE.
constexpr int frame_by_range = 2;

bool is_float_cast(const Json& expression) {
  const std::string name = type_name(member(member(expression, "TypeCast"), "typeName")).name;
  return name == "float8" || name == "float4";
}

bool is_range_by_float(const Json& window) {
  const Json& options = member(window, "frameOptions");
  if (!options.is_number() || (options.get<int>() & frame_by_range) == 0) return false;
  return is_float_cast(member(window, "startOffset")) || is_float_cast(member(window, "endOffset"));
}

}  // namespace

void detect_cursors(const ParsedStatement& statement, const SchemaFacts&, FindingSink& sink) {
  for_each_tree(statement, [&](const SearchedTree& searched) {
    for_each_node(searched.tree, [&](const std::string& kind, const Json& node) {
      const std::size_t line = searched.line_at(location_of(node));
      if (kind == "CurrentOfExpr")
        sink.report_at("WHERE_CURRENT_OF", statement, line, text(node, "cursor_name"));
      if (kind == "FetchStmt" && text(node, "direction") != "FETCH_FORWARD")
        sink.report_at("CURSOR_FETCH_FORM", statement, line, text(node, "portalname"));
      if (is_range_by_float(node))
        sink.report_at("WINDOW_RANGE_WITH_FLOAT_OFFSET", statement, line);
    });
  });
  for (const BodyPart& part : statement.body)
    if (part.tree.is_null() && has_words(part.text, {"bulk", "collect"}))
      sink.report_at("BULK_COLLECT", statement, part.line);
}

}  // namespace voyager::analysis
