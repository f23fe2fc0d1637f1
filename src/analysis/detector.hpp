// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "analysis/finding.hpp"
#include "analysis/parsed_statement.hpp"
#include "analysis/schema_facts.hpp"

namespace voyager::analysis {

/// Looks at one statement and reports what it finds. Pure: what it needs of other statements stands
/// in the facts.
using Detector = void (*)(const ParsedStatement&, const SchemaFacts&, FindingSink&);

/// A detector and all issues that it can report; a test compares them with the catalogue.
struct DetectorEntry {
  std::string_view family;  ///< the file under detectors/ that has it
  Detector detect;
  std::vector<std::string> issues = {};
  /// Called for the statements that PostgreSQL's grammar refuses instead of the others; what it
  /// reports takes the place of `syntax_issue`.
  bool of_refused = false;
};

const std::vector<DetectorEntry>& detectors();

/// What PostgreSQL's grammar refuses is reported as this.
inline constexpr std::string_view syntax_issue = "UNSUPPORTED_PG_SYNTAX";

/// Every detector over every statement; findings in the order of the statements. Statements that
/// could not be parsed are findings of `syntax_issue` unless a detector knows better. Not judged by
/// a release: see Issue::maturity().
std::vector<Finding> analyse(const std::vector<ParsedStatement>& statements,
                             const SchemaFacts& facts);

}  // namespace voyager::analysis
