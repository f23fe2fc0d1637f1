// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <algorithm>

#include "analysis/detector.hpp"
#include "analysis/issue.hpp"
#include "golden_cases.hpp"

namespace voyager::analysis {

// For messages; gtest finds it by the type's namespace.
static void PrintTo(const GoldenCase& golden, std::ostream* out) {
  *out << golden.file;
}

namespace {

using Found = std::multiset<std::pair<std::size_t, std::string>>;

std::set<std::string> issues_of(const std::string& family) {
  std::set<std::string> issues{std::string(syntax_issue)};
  for (const DetectorEntry& entry : detectors())
    if (entry.family == family) issues.insert(entry.issues.begin(), entry.issues.end());
  return issues;
}

std::string listed(const Found& found) {
  std::string text;
  for (const auto& [line, issue] : found) text += "\n  " + std::to_string(line) + ": " + issue;
  return text;
}

Found without(const Found& all, const Found& some) {
  Found rest;
  std::set_difference(all.begin(), all.end(), some.begin(), some.end(),
                      std::inserter(rest, rest.end()));
  return rest;
}

class GoldenTest : public testing::TestWithParam<GoldenCase> {};

TEST_P(GoldenTest, ReportsJustWhatTheFileExpects) {
  const GoldenCase& golden = GetParam();
  const std::set<std::string> judged = issues_of(golden.family);
  ASSERT_GT(judged.size(), 1U) << "no detector is of the family " << golden.family;
  const auto statements = parse_text(golden.file.filename(), golden.sql);
  Found found;
  for (const Finding& finding : analyse(statements, SchemaFacts::gather(statements)))
    if (judged.contains(finding.issue)) found.emplace(finding.line, finding.issue);
  EXPECT_TRUE(without(golden.expected, found).empty())
      << "not reported:" << listed(without(golden.expected, found));
  EXPECT_TRUE(without(found, golden.expected).empty())
      << "reported, but not expected:" << listed(without(found, golden.expected));
}

std::string case_name(const testing::TestParamInfo<GoldenCase>& info) {
  return info.param.family + "_" + info.param.file.stem().string();
}

INSTANTIATE_TEST_SUITE_P(Cases, GoldenTest, testing::ValuesIn(golden_cases()), case_name);

}  // namespace
}  // namespace voyager::analysis
