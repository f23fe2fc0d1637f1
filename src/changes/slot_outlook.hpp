// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>

#include "engine/source.hpp"

namespace voyager::changes {

/// How a slot is, and where that leads.
struct SlotOutlook {
  engine::SlotHealth health;
  std::optional<std::int64_t> growth_per_second;  ///< bytes of retained log; negative: it shrinks
  /// Until the server may remove log that is needed, at this growth; nothing when it won't, or when
  /// no limit is known.
  std::optional<std::chrono::seconds> time_left;
};

/// Makes an outlook of what a slot looked like over the last minutes. Threads: one.
class SlotTrend {
 public:
  using Clock = std::chrono::steady_clock;
  /// Call every few seconds. Growth is known after ten seconds and looks back five minutes:
  /// shorter, and the steps by which a server lets go of its log would look like leaps.
  SlotOutlook sample(Clock::time_point now, const engine::SlotHealth& health);

 private:
  struct Sample {
    Clock::time_point time;
    std::int64_t retained_bytes;
  };
  std::deque<Sample> samples_;
};

/// "safe", "extended", "endangered", "lost".
std::string_view word_of(engine::SlotHealth::State state);

/// What to tell a person about a slot, most urgent first.
enum class SlotAlarm : std::uint8_t { none, much_retained, little_time, endangered, lost };
/// Pure. little_time: less than an hour; much_retained: ten GiB and growing, with no limit but the
/// disk's.
SlotAlarm alarm_of(const SlotOutlook& outlook);
/// One line with numbers and a remedy. `database`: "source".
std::string describe(SlotAlarm alarm, const SlotOutlook& outlook, const std::string& slot,
                     const std::string& database);

/// Says when an alarm is due: at once when it is more urgent than what was told in the last ten
/// minutes, else after them. Threads: one.
class AlarmPace {
 public:
  bool due(SlotTrend::Clock::time_point now, SlotAlarm alarm);

 private:
  SlotAlarm told_ = SlotAlarm::none;
  SlotTrend::Clock::time_point told_at_{};
};

}  // namespace voyager::changes
