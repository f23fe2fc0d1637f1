// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace voyager::analysis {

/// A file of statements under tests/golden/analysis/<family>/, with what its family's detectors
/// must report of it and nothing else of theirs.
///
/// A comment `-- expect: TYPE` stands in front of a statement that must be reported, at the next
/// line that is no comment; `-- expect: TYPE +2` two lines further down.
struct GoldenCase {
  std::string family;
  std::filesystem::path file;
  std::string sql;
  std::multiset<std::pair<std::size_t, std::string>> expected;  ///< line, issue
};

std::vector<GoldenCase> golden_cases();

}  // namespace voyager::analysis
