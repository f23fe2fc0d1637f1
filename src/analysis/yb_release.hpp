// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace voyager::analysis {

/// A release of YugabyteDB, A.B.C.D. A.B is its series: features come to each series on their own.
struct YbRelease {
  std::array<int, 4> parts{};

  /// Throws: E4201 when the text is not four numbers; a build number behind them ("-b12") is fine.
  static YbRelease parse(std::string_view text);

  std::string text() const;    ///< "2025.1.0.0"
  std::string series() const;  ///< "2025.1"
  friend auto operator<=>(const YbRelease&, const YbRelease&) = default;
};

/// The first release of each series that has something, by series.
using SeriesVersions = std::map<std::string, YbRelease, std::less<>>;

/// The release that findings are judged for.
struct TargetRelease {
  YbRelease release;  ///< as the user named it
  /// The series whose entries count. A series that is newer than all we know has what the newest
  /// known one has in any of its releases.
  std::string judged_as;
  bool newer_than_known = false;
  std::string note;  ///< for the report when the series is not known; else empty
};

/// Never throws; series are told apart by year (2024.1) and by number (2.25, previews and old).
TargetRelease target_release(const YbRelease& release);

/// The newest stable release that we know all about; the default of --target-db-version.
const YbRelease& newest_known_release();

/// How far a feature is in a release.
enum class Maturity : std::uint8_t {
  unsupported,
  tech_preview,         ///< behind a flag, not for production
  early_access,         ///< may need a flag
  generally_available,  ///< nothing to report
};

/// "UNSUPPORTED", "TP", "EA", "GA".
std::string_view maturity_name(Maturity maturity);

/// Whether the target has what came in these versions.
bool reached(const SeriesVersions& versions, const TargetRelease& target);

}  // namespace voyager::analysis
