// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <deque>

namespace voyager::changes {

/// Events per second over the last minutes, from samples of a growing count. Threads: one.
class RateMeter {
 public:
  using Clock = std::chrono::steady_clock;
  explicit RateMeter(Clock::time_point start) { samples_.push_back({start, 0}); }

  /// total: events since the start. Call about once a second; older samples than ten minutes go.
  void sample(Clock::time_point now, std::int64_t total);
  /// Events per second over `window`, or over the time since the start when that is shorter.
  std::int64_t per_second(std::chrono::minutes window) const;

 private:
  struct Sample {
    Clock::time_point time;
    std::int64_t total;
  };
  std::deque<Sample> samples_;
};

}  // namespace voyager::changes
