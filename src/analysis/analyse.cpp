// SPDX-License-Identifier: Apache-2.0
#include "analysis/detector.hpp"
#include "analysis/detectors/detectors.hpp"

namespace voyager::analysis {

const std::vector<DetectorEntry>& detectors() {
  static const std::vector<DetectorEntry> entries{
      {"storage", detect_storage, {"STORAGE_PARAMETERS", "UNLOGGED_TABLES"}, false},
  };
  return entries;
}

namespace {

void run(const std::vector<DetectorEntry>& entries, const ParsedStatement& statement,
         const SchemaFacts& facts, FindingSink& sink) {
  for (const DetectorEntry& entry : entries)
    if (entry.of_refused == statement.error.has_value()) entry.detect(statement, facts, sink);
}

}  // namespace

std::vector<Finding> analyse(const std::vector<ParsedStatement>& statements,
                             const SchemaFacts& facts) {
  FindingSink sink;
  for (const ParsedStatement& statement : statements) {
    const std::size_t before = sink.findings().size();
    run(detectors(), statement, facts, sink);
    if (statement.error && sink.findings().size() == before)
      sink.report_at(syntax_issue, statement, statement.error->line, statement.error->message);
  }
  return sink.take();
}

}  // namespace voyager::analysis
