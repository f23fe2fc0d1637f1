// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <optional>
#include <random>
#include <stop_token>

namespace voyager {

/// Waits that long, or until a stop is requested. False when stopped.
bool wait_unless_stopped(std::chrono::milliseconds time, const std::stop_token& stop);

/// Growing pauses between attempts: from `first`, doubled each time up to `most`, each shortened by
/// a random part of up to one half so that many workers don't come back at the same moment.
/// Threads: one object for each thread.
class Backoff {
 public:
  /// The defaults suit a lost connection.
  explicit Backoff(std::chrono::milliseconds first = std::chrono::milliseconds(500),
                   std::chrono::milliseconds most = std::chrono::seconds(10));

  /// How long the next pause is; the one after it is longer.
  std::chrono::milliseconds next();
  /// Takes the next pause. False when stopped.
  bool wait(const std::stop_token& stop);
  /// Starts again from the first pause, after a success.
  void reset() { pause_ = first_; }

 private:
  std::chrono::milliseconds first_;
  std::chrono::milliseconds most_;
  std::chrono::milliseconds pause_;
  std::optional<std::minstd_rand> random_;
};

}  // namespace voyager
