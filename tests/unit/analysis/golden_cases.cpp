// SPDX-License-Identifier: Apache-2.0
#include "golden_cases.hpp"

#include <algorithm>
#include <fstream>
#include <sstream>

#include "base/text.hpp"

namespace voyager::analysis {
namespace {

struct Expectation {
  std::string issue;
  std::size_t lines_below = 0;
};

Expectation expectation(std::string_view text) {
  const std::size_t plus = text.find('+');
  Expectation expected{std::string(trim(text.substr(0, plus))), 0};
  if (plus != std::string_view::npos)
    expected.lines_below =
        static_cast<std::size_t>(parse_int(trim(text.substr(plus + 1))).value_or(0));
  return expected;
}

GoldenCase read_case(const std::filesystem::path& file) {
  constexpr std::string_view mark = "-- expect:";
  std::ifstream in(file);
  std::ostringstream whole;
  whole << in.rdbuf();
  GoldenCase golden{file.parent_path().filename(), file, whole.str(), {}};
  std::vector<Expectation> open;
  std::size_t number = 0;
  for (const std::string& line : split(golden.sql, '\n')) {
    ++number;
    const std::string_view text = trim(line);
    if (text.substr(0, mark.size()) == mark) {
      open.push_back(expectation(text.substr(mark.size())));
    } else if (!text.empty() && text.substr(0, 2) != "--") {
      for (const Expectation& expected : open)
        golden.expected.emplace(number + expected.lines_below, expected.issue);
      open.clear();
    }
  }
  return golden;
}

}  // namespace

std::vector<GoldenCase> golden_cases() {
  std::vector<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(VOYAGER_GOLDEN_ANALYSIS))
    if (entry.path().extension() == ".sql") files.push_back(entry.path());
  std::sort(files.begin(), files.end());
  std::vector<GoldenCase> cases;
  for (const auto& file : files) cases.push_back(read_case(file));
  return cases;
}

}  // namespace voyager::analysis
