// SPDX-License-Identifier: Apache-2.0
#include "analysis/detectors/detectors.hpp"

namespace voyager::analysis {
namespace {

void see_transaction(const Json& node, std::size_t line, const ParsedStatement& statement,
                     FindingSink& sink) {
  const std::string kind = text(node, "kind");
  if (kind == "TRANS_STMT_PREPARE")
    sink.report_at("TWO_PHASE_COMMIT", statement, line, "PREPARE TRANSACTION");
  if (kind == "TRANS_STMT_COMMIT_PREPARED")
    sink.report_at("TWO_PHASE_COMMIT", statement, line, "COMMIT PREPARED");
  if (kind == "TRANS_STMT_ROLLBACK_PREPARED")
    sink.report_at("TWO_PHASE_COMMIT", statement, line, "ROLLBACK PREPARED");
  if (kind == "TRANS_STMT_SAVEPOINT" || kind == "TRANS_STMT_RELEASE" ||
      kind == "TRANS_STMT_ROLLBACK_TO")
    sink.report_at("SAVEPOINT_USAGE", statement, line, text(node, "savepoint_name"));
}

}  // namespace

void detect_sessions(const ParsedStatement& statement, const SchemaFacts&, FindingSink& sink) {
  for_each_tree(statement, [&](const SearchedTree& tree) {
    const std::size_t line = tree.line_at(0);
    for_each_node(tree.tree, [&](const std::string& kind, const Json& node) {
      if (kind == "TransactionStmt") see_transaction(node, line, statement, sink);
      // Rules may notify, so this is not at the top only.
      if (kind == "ListenStmt" || kind == "NotifyStmt" || kind == "UnlistenStmt")
        sink.report_at("LISTEN_NOTIFY", statement, line, text(node, "conditionname"));
    });
  });
}

}  // namespace voyager::analysis
