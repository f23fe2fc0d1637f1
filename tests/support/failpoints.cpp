// SPDX-License-Identifier: Apache-2.0
#include "support/failpoints.hpp"

#include <filesystem>
#include <regex>

#include "support/child.hpp"

namespace voyager::testing {

std::set<std::string> failpoints() {
  std::set<std::string> names;
  const std::regex call("VOYAGER_FAILPOINT\\(\"([a-z_.]+)\"\\)");
  for (const auto& entry : std::filesystem::recursive_directory_iterator(VOYAGER_SOURCES)) {
    if (entry.path().extension() != ".cpp") continue;
    const std::string text = file_text(entry.path());
    for (std::sregex_iterator match(text.begin(), text.end(), call), none; match != none; ++match)
      names.insert((*match)[1]);
  }
  return names;
}

}  // namespace voyager::testing
