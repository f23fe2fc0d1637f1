// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "analysis/finding.hpp"
#include "analysis/issue.hpp"
#include "analysis/schema_facts.hpp"
#include "analysis/yb_release.hpp"

/// What `analyze-schema` reports: one value, which each of the writers (writers.hpp) shows in full.
/// Pure functions.
namespace voyager::analysis {

/// What the schema itself does not say.
struct ReportContext {
  std::string voyager_version;
  TargetRelease target;
  std::string database;          ///< empty: not known
  std::string database_version;  ///< empty: not known
  std::vector<std::string> notes;
};

/// The objects of one type that the files create.
struct ReportedObjects {
  std::string type;                ///< "TABLE"
  std::vector<std::string> names;  ///< sorted; overloaded functions stand there repeatedly
  /// How many have a finding that is more than advice (see is_advice()).
  std::size_t invalid = 0;
  std::string details;  ///< a sentence, or empty
};

/// A finding, judged for the target's release.
struct ReportedFinding {
  const Issue* issue = nullptr;  ///< never null; lives as long as the program
  Finding finding;
  /// The issue's, or unsupported_plpgsql_objects for a query construct inside a routine.
  Category category = Category::unsupported_features;
  Maturity maturity = Maturity::unsupported;
  std::string reason;  ///< the issue's description, and what exactly it is here
};

/// Texts are UTF-8 without control characters but line ends and tabs, whatever the files hold: what
/// is neither became U+FFFD.
struct SchemaReport {
  ReportContext context;
  std::vector<std::string> schemas;
  std::vector<ReportedObjects> objects;   ///< in import order; types with objects only
  std::vector<ReportedFinding> findings;  ///< in the order of the files
};

/// Findings of what the target has in full (GA) are left out. Throws: E8201 for a finding whose
/// issue the catalogue does not have.
SchemaReport build_schema_report(const std::vector<ParsedStatement>& statements,
                                 const SchemaFacts& facts, const std::vector<Finding>& findings,
                                 ReportContext context);

/// It works as it is, but slowly or with something to know: such a finding makes no object invalid.
bool is_advice(Category category);

/// "Unsupported features".
std::string category_title(Category category);

/// Findings by category, and in each by impact (LEVEL_1 first); categories without any are absent.
std::map<Category, std::array<std::size_t, 3>> count_findings(const SchemaReport& report);

/// The text as SchemaReport has it.
std::string printable(const std::string& text);

}  // namespace voyager::analysis
