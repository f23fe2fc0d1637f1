// SPDX-License-Identifier: Apache-2.0
#include "base/backoff.hpp"

#include <algorithm>
#include <condition_variable>
#include <mutex>

namespace voyager {

bool wait_unless_stopped(std::chrono::milliseconds time, const std::stop_token& stop) {
  std::mutex mutex;
  std::condition_variable_any never_notified;
  std::unique_lock<std::mutex> lock(mutex);
  never_notified.wait_for(lock, stop, time, [] { return false; });
  return !stop.stop_requested();
}

Backoff::Backoff(std::chrono::milliseconds first, std::chrono::milliseconds most)
    : first_(first), most_(most), pause_(first) {}

std::chrono::milliseconds Backoff::next() {
  const std::chrono::milliseconds full = pause_;
  pause_ = std::min(most_, pause_ * 2);
  // Made here: most things succeed at once, and the device is slow.
  if (!random_) random_.emplace(std::random_device{}());
  std::uniform_int_distribution<std::chrono::milliseconds::rep> part(0, full.count() / 2);
  return full - std::chrono::milliseconds(part(*random_));
}

bool Backoff::wait(const std::stop_token& stop) {
  return wait_unless_stopped(next(), stop);
}

}  // namespace voyager
