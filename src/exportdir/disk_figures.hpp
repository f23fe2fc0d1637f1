// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>

#include "exportdir/live_figures.hpp"

namespace voyager::exportdir {

/// How the change log fills its file system, as its exporter saw it last.
struct DiskFigures {
  std::int64_t log_bytes = 0;
  std::int64_t free_bytes = 0;
  std::optional<std::int64_t> seconds_left;  ///< until it is full, at the present growth

  friend bool operator==(const DiskFigures&, const DiskFigures&) = default;
};
/// Nothing: nobody watches it.
Figures to_figures(const std::optional<DiskFigures>& disk);
std::optional<DiskFigures> disk_from(const Figures& figures);

}  // namespace voyager::exportdir
