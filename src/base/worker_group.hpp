// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <exception>
#include <functional>
#include <stop_token>
#include <thread>
#include <vector>

#include "base/mutex.hpp"

namespace voyager {

/// Runs the same work on several threads; the first exception stops the others and comes out of
/// wait().
///
/// Each worker gets its number and a stop token that is set when another worker failed or stop()
/// was called. Threads: start(), stop() and wait() from the owner only.
class WorkerGroup {
 public:
  using Work = std::function<void(std::size_t number, const std::stop_token& stop)>;

  WorkerGroup() = default;
  ~WorkerGroup();
  WorkerGroup(const WorkerGroup&) = delete;
  WorkerGroup& operator=(const WorkerGroup&) = delete;

  /// Adds `count` threads running `work`; may be called more than once.
  void start(std::size_t count, const Work& work);
  void stop() { source_.request_stop(); }
  std::stop_token token() const { return source_.get_token(); }
  /// Joins all; throws the first worker's exception.
  void wait();

 private:
  void keep_first(std::exception_ptr error);

  std::stop_source source_;
  std::vector<std::jthread> threads_;
  Mutex mutex_;
  std::exception_ptr first_error_ GUARDED_BY(mutex_);
};

}  // namespace voyager
