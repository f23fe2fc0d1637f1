// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <compare>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace voyager::postgres {

/// A release of YugabyteDB: the first two numbers name its series, 2024.2 of 2024.2.8.0.
struct YbVersion {
  std::array<int, 4> numbers{};

  bool same_series(const YbVersion& other) const {
    return numbers[0] == other.numbers[0] && numbers[1] == other.numbers[1];
  }
  std::string text() const;
  friend auto operator<=>(const YbVersion&, const YbVersion&) = default;
};

/// From what SHOW server_version prints ("15.12-YB-2025.2.3.0-b0"); empty for anything else.
std::optional<YbVersion> parse_yb_version(std::string_view server_version);

/// Whether a release has what came into each of these series with the release given. A series that
/// is newer than all of them has it too; one between them has it not. Pure.
bool has_since(const YbVersion& version, std::initializer_list<YbVersion> releases);

/// Whether changes can be read through the replication protocol. Pure.
/// Source: YugabyteDB documentation, "CDC using logical replication" (2024.1.1 and later).
bool streams_changes(const YbVersion& version);

/// Known defects of a release's change stream, one line for each. Pure.
std::vector<std::string> stream_defects(const YbVersion& version);

}  // namespace voyager::postgres
