// SPDX-License-Identifier: Apache-2.0
#include "analysis/yb_release.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/error.hpp"
#include "base/text.hpp"

namespace voyager::analysis {
namespace {

constexpr ErrorCode bad_release{4201};

/// Stable series are named by a year since 2024; the others are previews and releases before it.
constexpr int first_year = 2000;

using Series = std::array<int, 2>;

/// Source: YugabyteDB docs, "Release notes": stable and preview series.
const std::vector<Series>& known_stable() {
  static const std::vector<Series> series{{2024, 1}, {2024, 2}, {2025, 1}, {2025, 2}, {2026, 1}};
  return series;
}
const std::vector<Series>& known_numbered() {
  static const std::vector<Series> series{{2, 14}, {2, 16}, {2, 17}, {2, 18}, {2, 19},
                                          {2, 20}, {2, 21}, {2, 23}, {2, 25}};
  return series;
}

std::string series_text(const Series& series) {
  return fmt::format("{}.{}", series[0], series[1]);
}

}  // namespace

YbRelease YbRelease::parse(std::string_view text) {
  YbRelease release;
  const std::string_view numbers = trim(text).substr(0, trim(text).find('-'));
  const std::vector<std::string> parts = split(numbers, '.');
  bool good = parts.size() == release.parts.size();
  for (std::size_t i = 0; good && i < parts.size(); ++i) {
    const auto number = parse_int(parts[i]);
    good = number && *number >= 0 && *number < 10'000;
    if (good) release.parts[i] = static_cast<int>(*number);
  }
  if (!good)
    fail(bad_release, fmt::format("'{}' is not a release of YugabyteDB", text),
         "Releases have four numbers, for example " + newest_known_release().text());
  return release;
}

std::string YbRelease::text() const {
  return fmt::format("{}.{}.{}.{}", parts[0], parts[1], parts[2], parts[3]);
}

std::string YbRelease::series() const {
  return series_text({parts[0], parts[1]});
}

TargetRelease target_release(const YbRelease& release) {
  const Series asked{release.parts[0], release.parts[1]};
  const std::vector<Series>& known = asked[0] >= first_year ? known_stable() : known_numbered();
  TargetRelease target{release, release.series(), false, ""};
  if (std::find(known.begin(), known.end(), asked) != known.end()) return target;
  if (asked > known.back()) {
    target.judged_as = series_text(known.back());
    target.newer_than_known = true;
    target.note = fmt::format("The series {} is newer than this program; it is judged as {}.",
                              series_text(asked), target.judged_as);
  } else {
    target.note = fmt::format(
        "The series {} is not known; it is judged as having nothing that came to later ones.",
        series_text(asked));
  }
  return target;
}

const YbRelease& newest_known_release() {
  static const YbRelease release{{2026, 1, 0, 0}};
  return release;
}

std::string_view maturity_name(Maturity maturity) {
  switch (maturity) {
    case Maturity::generally_available:
      return "GA";
    case Maturity::early_access:
      return "EA";
    case Maturity::tech_preview:
      return "TP";
    case Maturity::unsupported:
      break;
  }
  return "UNSUPPORTED";
}

bool reached(const SeriesVersions& versions, const TargetRelease& target) {
  const auto found = versions.find(target.judged_as);
  if (found == versions.end()) return false;
  return target.newer_than_known || target.release >= found->second;
}

}  // namespace voyager::analysis
