// SPDX-License-Identifier: Apache-2.0
#include "changes/disk_outlook.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.hpp"

namespace voyager::changes {
namespace {

/// Enough for a person to be called, and to act.
constexpr auto short_time = std::chrono::hours(1);

std::string bytes_text(std::int64_t bytes) {
  return human_bytes(static_cast<std::uint64_t>(std::max<std::int64_t>(0, bytes)));
}

}  // namespace

DiskOutlook DiskTrend::sample(SlotTrend::Clock::time_point now, std::int64_t log_bytes,
                              std::int64_t free_bytes) {
  const SlotOutlook trend =
      trend_.sample(now, {engine::SlotHealth::State::safe, log_bytes, free_bytes});
  return {log_bytes, free_bytes, trend.growth_per_second, trend.time_left};
}

SlotAlarm alarm_of(const DiskOutlook& outlook, std::int64_t capacity_bytes) {
  if (outlook.growth_per_second.value_or(0) <= 0) return SlotAlarm::none;
  if (outlook.time_left && *outlook.time_left < short_time) return SlotAlarm::little_time;
  return outlook.free_bytes < capacity_bytes / 10 ? SlotAlarm::much_retained : SlotAlarm::none;
}

std::string describe(SlotAlarm alarm, const DiskOutlook& outlook) {
  const std::string when =
      alarm == SlotAlarm::little_time && outlook.time_left
          ? fmt::format("is full in about {}", short_duration(outlook.time_left->count()))
          : "is nearly full";
  return fmt::format(
      "the file system of the export directory {}: the change log takes {} and grows by {}/s, {} "
      "are free. See whether its importers run and what they wait for, and let archive changes "
      "take away what all of them have; once it is full the capture waits, and the database keeps "
      "its log instead",
      when, bytes_text(outlook.log_bytes), bytes_text(outlook.growth_per_second.value_or(0)),
      bytes_text(outlook.free_bytes));
}

}  // namespace voyager::changes
