// SPDX-License-Identifier: Apache-2.0
#include "engines/postgres/yb_version.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.hpp"

namespace voyager::postgres {

std::string YbVersion::text() const {
  return fmt::format("{}.{}.{}.{}", numbers[0], numbers[1], numbers[2], numbers[3]);
}

std::optional<YbVersion> parse_yb_version(std::string_view server_version) {
  constexpr std::string_view mark = "-YB-";
  const std::size_t found = server_version.find(mark);
  if (found == std::string_view::npos) return std::nullopt;
  std::string_view rest = server_version.substr(found + mark.size());
  rest = rest.substr(0, rest.find_first_of("- "));  // the build number says nothing
  YbVersion version;
  const std::vector<std::string> parts = split(std::string(rest), '.');
  if (parts.size() < 2 || parts.size() > version.numbers.size()) return std::nullopt;
  for (std::size_t i = 0; i < parts.size(); ++i) {
    const auto number = parse_int(parts[i]);
    if (!number || *number < 0) return std::nullopt;
    version.numbers[i] = static_cast<int>(*number);
  }
  return version;
}

bool has_since(const YbVersion& version, std::initializer_list<YbVersion> releases) {
  const auto own = std::find_if(releases.begin(), releases.end(), [&](const YbVersion& release) {
    return release.same_series(version);
  });
  if (own != releases.end()) return version >= *own;
  return version > *std::max_element(releases.begin(), releases.end());
}

bool streams_changes(const YbVersion& version) {
  // The preview series 2.23 and 2.25 were cut after the stable 2024.1.
  const bool preview = version.numbers[0] == 2;
  return preview ? version.numbers[1] >= 23 : has_since(version, {{{2024, 1, 1, 0}}});
}

std::vector<std::string> stream_defects(const YbVersion& version) {
  std::vector<std::string> lines;
  // Source: YugabyteDB technical advisories and release notes.
  if (!has_since(version, {{{2024, 2, 8, 0}}, {{2025, 1, 4, 0}}, {{2025, 2, 2, 0}}}))
    lines.push_back(
        fmt::format("YugabyteDB {} streams changes that ROLLBACK TO SAVEPOINT undid. Use no "
                    "savepoints while its changes are captured, or upgrade to 2024.2.8, 2025.1.4 "
                    "or 2025.2.2.",
                    version.text()));
  if (!has_since(version, {{{2, 20, 13, 0}}, {{2024, 2, 7, 0}}, {{2025, 2, 0, 0}}}))
    lines.push_back(
        fmt::format("YugabyteDB {} can't stream rows of more than 4 MB (TA-29060). Write none "
                    "while its changes are captured, or upgrade to 2024.2.7 or 2025.2.0.",
                    version.text()));
  return lines;
}

}  // namespace voyager::postgres
