// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>

#include "changes/slot_outlook.hpp"

namespace voyager::changes {

/// How the change log fills the file system that it is on.
struct DiskOutlook {
  std::int64_t log_bytes = 0;
  std::int64_t free_bytes = 0;                    ///< for us
  std::optional<std::int64_t> growth_per_second;  ///< of the log; negative: it shrinks
  std::optional<std::chrono::seconds> time_left;  ///< until it is full, at this growth
};

/// Makes an outlook of the last minutes, as SlotTrend does. Threads: one.
class DiskTrend {
 public:
  DiskOutlook sample(SlotTrend::Clock::time_point now, std::int64_t log_bytes,
                     std::int64_t free_bytes);

 private:
  SlotTrend trend_;
};

/// little_time: full within an hour; much_retained: less than a tenth is free, and the log grows.
/// `capacity_bytes`: of the file system. Pure.
SlotAlarm alarm_of(const DiskOutlook& outlook, std::int64_t capacity_bytes);
/// One line with numbers and what to do. `alarm`: not none.
std::string describe(SlotAlarm alarm, const DiskOutlook& outlook);

}  // namespace voyager::changes
