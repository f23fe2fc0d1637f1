// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "analysis/catalogue/parts.hpp"
#include "analysis/detector.hpp"
#include "analysis/issue.hpp"
#include "golden_cases.hpp"

namespace voyager::analysis {
namespace {

/// Issues that no statement shows: they come from a running database's statistics.
const std::set<std::string>& issues_of_statistics() {
  static const std::set<std::string> issues{
      "INDEX_ON_LOW_CARDINALITY_COLUMN",
      "INDEX_ON_COLUMN_WITH_HIGH_PERCENTAGE_OF_NULL_VALUES",
      "INDEX_ON_COLUMN_WITH_HIGH_PERCENTAGE_OF_PARTICULAR_VALUE",
  };
  return issues;
}

std::set<std::string> detected() {
  std::set<std::string> types{std::string(syntax_issue)};
  for (const DetectorEntry& entry : detectors())
    types.insert(entry.issues.begin(), entry.issues.end());
  return types;
}

std::set<std::string> with_golden_case() {
  std::set<std::string> types;
  for (const GoldenCase& golden : golden_cases())
    for (const auto& [line, issue] : golden.expected) types.insert(issue);
  return types;
}

Maturity maturity(const char* type, const char* release) {
  return find_issue(type)->maturity(target_release(YbRelease::parse(release)));
}

TEST(IssueCatalogueTest, HasEveryTypeOnceWithAllItsTexts) {
  std::set<std::string> types;
  for (const Issue& issue : issue_catalogue()) {
    EXPECT_TRUE(types.insert(issue.type).second) << issue.type << " stands there twice";
    EXPECT_FALSE(issue.name.empty()) << issue.type;
    EXPECT_FALSE(issue.description.empty()) << issue.type;
    EXPECT_FALSE(issue.suggestion.empty()) << issue.type;
    EXPECT_EQ(find_issue(issue.type), &issue);
  }
  EXPECT_EQ(find_issue("NO_SUCH_ISSUE"), nullptr);
}

TEST(IssueCatalogueTest, HasThe154IssuesOfTheReferenceBesideItsOwn) {
  std::size_t own = statement_issues().size();
  for (const Issue& issue : statement_issues()) EXPECT_NE(find_issue(issue.type), nullptr);
  EXPECT_EQ(issue_catalogue().size() - own, 154U);
}

TEST(IssueCatalogueTest, EveryIssueHasADetectorAndAGoldenCase) {
  const std::set<std::string> detectable = detected();
  const std::set<std::string> golden = with_golden_case();
  for (const Issue& issue : issue_catalogue()) {
    if (issues_of_statistics().contains(issue.type)) continue;
    EXPECT_TRUE(detectable.contains(issue.type)) << issue.type << " has no detector";
    EXPECT_TRUE(golden.contains(issue.type)) << issue.type << " has no golden case";
  }
}

TEST(IssueCatalogueTest, DetectorsAndCasesNameKnownIssuesOnly) {
  for (const std::string& type : detected())
    EXPECT_NE(find_issue(type), nullptr) << type << " of a detector is not in the catalogue";
  for (const std::string& type : with_golden_case())
    EXPECT_NE(find_issue(type), nullptr) << type << " of a case is not in the catalogue";
  for (const std::string& type : issues_of_statistics())
    EXPECT_NE(find_issue(type), nullptr) << type << " of statistics is not in the catalogue";
}

TEST(IssueCatalogueTest, AnIssueIsGoneFromTheReleaseThatHasTheFeatureInEachSeries) {
  EXPECT_EQ(maturity("UNLOGGED_TABLES", "2024.1.9.0"), Maturity::unsupported);
  EXPECT_EQ(maturity("UNLOGGED_TABLES", "2024.2.0.0"), Maturity::generally_available);
  EXPECT_EQ(maturity("STORED_GENERATED_COLUMNS", "2024.2.5.0"), Maturity::unsupported);
  EXPECT_EQ(maturity("STORED_GENERATED_COLUMNS", "2.25.0.0"), Maturity::generally_available);
  EXPECT_EQ(maturity("STORED_GENERATED_COLUMNS", "2025.1.0.0"), Maturity::generally_available);
  EXPECT_EQ(maturity("FETCH_WITH_TIES", "2024.2.5.0"), Maturity::unsupported);
  EXPECT_EQ(maturity("FETCH_WITH_TIES", "2025.1.0.0"), Maturity::generally_available);
  EXPECT_EQ(maturity("SAVEPOINT_USAGE", "2025.1.3.9"), Maturity::unsupported);
  EXPECT_EQ(maturity("SAVEPOINT_USAGE", "2025.1.4.0"), Maturity::generally_available);
  EXPECT_EQ(maturity("EXCLUSION_CONSTRAINTS", "2026.1.0.0"), Maturity::unsupported);
}

TEST(IssueCatalogueTest, EarlyAccessComesBeforeTechPreviewAndAfterGeneralAvailability) {
  EXPECT_EQ(maturity("HOTSPOTS_ON_DATE_INDEX", "2025.2.0.0"), Maturity::unsupported);
  EXPECT_EQ(maturity("HOTSPOTS_ON_DATE_INDEX", "2025.2.1.0"), Maturity::tech_preview);
  EXPECT_EQ(maturity("HOTSPOTS_ON_DATE_INDEX", "2025.2.2.0"), Maturity::early_access);
  EXPECT_EQ(maturity("HOTSPOTS_ON_DATE_INDEX", "2026.1.0.0"), Maturity::early_access);
  EXPECT_EQ(maturity("ADVISORY_LOCKS", "2.25.1.0"), Maturity::tech_preview);
  EXPECT_EQ(maturity("ADVISORY_LOCKS", "2025.1.0.0"), Maturity::generally_available);
  EXPECT_EQ(maturity("INHERITANCE", "2025.1.0.0"), Maturity::tech_preview);
}

TEST(IssueCatalogueTest, WhatIsNotGenerallyAvailableBehindAFlagNamesTheFlag) {
  for (const Issue& issue : issue_catalogue())
    EXPECT_EQ(issue.ea.empty() && issue.tp.empty(), issue.flags.empty()) << issue.type;
}

}  // namespace
}  // namespace voyager::analysis
