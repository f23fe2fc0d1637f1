// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>

/// What a running process says about itself among its figures (MetaDb::put_figures()), as values:
/// its writer and the status commands share their text form, which docs/formats/meta-db.md names.
namespace voyager::exportdir {

using Figures = std::map<std::string, std::string>;

/// What a process waits for. Times are microseconds since 1970 UTC, for people only.
struct WaitFigures {
  std::string cause;
  std::int64_t since_micros = 0;
  std::optional<std::int64_t> next_try_micros;  ///< nothing: something else ends the wait

  friend bool operator==(const WaitFigures&, const WaitFigures&) = default;
};
/// Nothing: it does not wait.
Figures to_figures(const std::optional<WaitFigures>& wait);
std::optional<WaitFigures> wait_from(const Figures& figures);

/// How the database keeps the log that capture has not confirmed yet.
struct SlotFigures {
  std::string state;  ///< safe, extended, endangered, lost
  std::optional<std::int64_t> retained_bytes;
  std::optional<std::int64_t> growth_per_second;  ///< bytes; negative while it shrinks
  std::optional<std::int64_t> left_bytes;         ///< until the server may remove what is needed
  std::optional<std::int64_t> seconds_left;       ///< the same at the present growth

  friend bool operator==(const SlotFigures&, const SlotFigures&) = default;
};
Figures to_figures(const SlotFigures& slot);
/// Nothing when the slot is not watched.
std::optional<SlotFigures> slot_from(const Figures& figures);

}  // namespace voyager::exportdir
