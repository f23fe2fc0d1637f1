// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>

#include "assess/assessment.hpp"

namespace voyager::assess {
namespace {

using analysis::Impact;

void append(std::vector<analysis::ReportedFinding>& findings, const std::string& issue,
            int number) {
  for (int i = 0; i < number; ++i) {
    analysis::ReportedFinding entry;
    entry.issue = analysis::find_issue(issue);
    entry.category = entry.issue->category;
    findings.push_back(entry);
  }
}

/// The verdict for so many findings of each impact.
ComplexityVerdict verdict(int level_1, int level_2, int level_3, int advice = 0) {
  std::vector<analysis::ReportedFinding> findings;
  append(findings, "UNLOGGED_TABLES", level_1);
  append(findings, "ADVISORY_LOCKS", level_2);
  append(findings, "UNSUPPORTED_DATATYPE_XML", level_3);
  append(findings, "REDUNDANT_INDEXES", advice);
  return complexity(findings);
}

TEST(Complexity, TheIssuesOfTheseTestsHaveTheirImpacts) {
  EXPECT_EQ(analysis::find_issue("UNLOGGED_TABLES")->impact, Impact::level_1);
  EXPECT_EQ(analysis::find_issue("ADVISORY_LOCKS")->impact, Impact::level_2);
  EXPECT_EQ(analysis::find_issue("UNSUPPORTED_DATATYPE_XML")->impact, Impact::level_3);
}

TEST(Complexity, ChangesJustAboveEachThreshold) {
  EXPECT_EQ(verdict(0, 0, 0).level, Complexity::low);
  EXPECT_EQ(verdict(20, 10, 0).level, Complexity::low);
  EXPECT_EQ(verdict(21, 0, 0).level, Complexity::medium);
  EXPECT_EQ(verdict(0, 11, 0).level, Complexity::medium);
  EXPECT_EQ(verdict(0, 0, 1).level, Complexity::medium);
  EXPECT_EQ(verdict(5'000, 100, 4).level, Complexity::medium);
  EXPECT_EQ(verdict(0, 101, 0).level, Complexity::high);
  EXPECT_EQ(verdict(0, 0, 5).level, Complexity::high);
}

TEST(Complexity, AdviceAboutPerformanceDoesNotCount) {
  EXPECT_EQ(verdict(20, 0, 0, 500).level, Complexity::low);
}

TEST(Complexity, IsExplained) {
  EXPECT_EQ(verdict(0, 0, 0).explanation,
            "Nothing was found that needs a change; advice about performance is not counted.");
  EXPECT_EQ(verdict(21, 0, 0).explanation,
            "Findings: 21 of level 1; advice about performance is not counted. More than 20 of "
            "level 1 make it MEDIUM.");
  EXPECT_EQ(verdict(3, 2, 1).explanation,
            "Findings: 1 of level 3, 2 of level 2, 3 of level 1; advice about performance is not "
            "counted. Any of level 3 makes it MEDIUM.");
}

}  // namespace
}  // namespace voyager::assess
