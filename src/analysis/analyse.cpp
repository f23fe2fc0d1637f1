// SPDX-License-Identifier: Apache-2.0
#include "analysis/detector.hpp"
#include "analysis/detectors/detectors.hpp"

namespace voyager::analysis {

const std::vector<DetectorEntry>& detectors() {
  static const std::vector<DetectorEntry> entries{
      {"storage", detect_storage, {"STORAGE_PARAMETERS", "UNLOGGED_TABLES"}},
  };
  return entries;
}

std::vector<Finding> analyse(const std::vector<ParsedStatement>& statements,
                             const SchemaFacts& facts) {
  FindingSink sink;
  for (const ParsedStatement& statement : statements) {
    if (statement.error) {
      sink.report_at(syntax_issue, statement, statement.error->line, statement.error->message);
      continue;
    }
    for (const DetectorEntry& entry : detectors()) entry.detect(statement, facts, sink);
  }
  return sink.take();
}

}  // namespace voyager::analysis
