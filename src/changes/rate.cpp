// SPDX-License-Identifier: Apache-2.0
#include "changes/rate.hpp"

#include <algorithm>

namespace voyager::changes {

void RateMeter::sample(Clock::time_point now, std::int64_t total) {
  samples_.push_back({now, total});
  // One sample older than the longest window stays: the window's own start.
  while (samples_.size() > 2 && now - samples_[1].time > std::chrono::minutes(10))
    samples_.pop_front();
}

std::int64_t RateMeter::per_second(std::chrono::minutes window) const {
  const Sample& last = samples_.back();
  const auto first = std::find_if(samples_.begin(), samples_.end(), [&](const Sample& sample) {
    return last.time - sample.time <= window;
  });
  const auto millis =
      std::chrono::duration_cast<std::chrono::milliseconds>(last.time - first->time).count();
  return millis > 0 ? (last.total - first->total) * 1000 / millis : 0;
}

}  // namespace voyager::changes
