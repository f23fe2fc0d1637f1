// SPDX-License-Identifier: Apache-2.0
#include "analysis/detectors/detectors.hpp"

namespace voyager::analysis {
namespace {

bool unlogged(const Json& relation) {
  return schema::text(relation, "relpersistence") == "u";
}

}  // namespace

void detect_storage(const ParsedStatement& statement, const SchemaFacts&, FindingSink& sink) {
  const Json& node = statement.node();
  if (statement.is("CreateStmt") && unlogged(member(node, "relation")))
    sink.report("UNLOGGED_TABLES", statement);
}

}  // namespace voyager::analysis
