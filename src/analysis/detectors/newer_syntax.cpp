// SPDX-License-Identifier: Apache-2.0
#include "analysis/detectors/detectors.hpp"

namespace voyager::analysis {

std::vector<std::string> newer_syntax_issues() {
  return {"JSON_CONSTRUCTOR_FUNCTION", "JSON_QUERY_FUNCTION", "JSON_TYPE_PREDICATE",
          "MERGE_STATEMENT", "NON_DECIMAL_INTEGER_LITERAL"};
}

void detect_newer_syntax(const ParsedStatement& statement, const SchemaFacts&, FindingSink& sink) {
  for (const NewerSyntax& newer : statement.newer)
    sink.report_at(newer.issue, statement, statement.line_at(newer.offset), newer.detail);
  // With a tree the newer syntax was all that had to be said.
  if (statement.error && !statement.newer.empty())
    sink.report_at(syntax_issue, statement, statement.error->line, statement.error->message);
  for (const BodyPart& part : statement.body) {
    const SearchedTree searched{part.tree, part.text, part.line};
    for (const NewerSyntax& newer : part.newer)
      sink.report_at(newer.issue, statement, searched.line_at(newer.offset), newer.detail);
  }
}

}  // namespace voyager::analysis
