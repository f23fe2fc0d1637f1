// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>

#include "analysis/detector.hpp"
#include "base/file.hpp"
#include "base/text.hpp"

namespace voyager::analysis {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAreArray;

std::vector<fs::path> samples() {
  std::vector<fs::path> files;
  for (const auto& entry : fs::directory_iterator(VOYAGER_SAMPLE_SCHEMAS)) files.push_back(entry);
  std::sort(files.begin(), files.end());
  return files;
}

/// In one line, whatever the name holds.
std::string on_one_line(const std::string& text) {
  return join(split(text, '\n'), "\\n");
}

/// "ISSUE object line" for each finding.
std::vector<std::string> found_in(const fs::path& file) {
  const auto statements = parse_text(file.filename(), read_file(file));
  std::vector<std::string> lines;
  for (const Finding& finding : analyse(statements, SchemaFacts::gather(statements)))
    lines.push_back(
        join({finding.issue, on_one_line(finding.object_name), std::to_string(finding.line)}, " "));
  std::sort(lines.begin(), lines.end());
  return lines;
}

std::vector<std::string> expected_of(const fs::path& file) {
  const fs::path golden =
      fs::path(VOYAGER_GOLDEN_ANALYSIS) / "samples" / file.filename().replace_extension("expected");
  std::vector<std::string> lines = split(read_file(golden), '\n');
  std::erase(lines, "");
  return lines;
}

class SampleSchemasTest : public testing::TestWithParam<fs::path> {};

TEST_P(SampleSchemasTest, HaveTheFindingsOfTheirFileAndNoOthers) {
  const std::vector<std::string> found = found_in(GetParam());
  EXPECT_THAT(found, ElementsAreArray(expected_of(GetParam()))) << join(found, "\n");
}

std::string case_name(const testing::TestParamInfo<fs::path>& info) {
  return info.param.stem().string();
}

INSTANTIATE_TEST_SUITE_P(Samples, SampleSchemasTest, testing::ValuesIn(samples()), case_name);

}  // namespace
}  // namespace voyager::analysis
