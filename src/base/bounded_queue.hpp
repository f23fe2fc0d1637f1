// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <condition_variable>
#include <cstddef>
#include <deque>
#include <optional>
#include <stop_token>
#include <utility>

#include "base/mutex.hpp"

namespace voyager {

/// A first-in first-out queue with room for `capacity` items between one stage and the next.
///
/// Full: push() waits, so a slow target slows the reader instead of filling memory.
/// Closed or stopped: push() returns false and pop() returns nothing once the queue is empty.
/// Threads: any number of producers and consumers.
template <typename T>
class BoundedQueue {
 public:
  explicit BoundedQueue(std::size_t capacity) : capacity_(capacity) {}

  bool push(T item, std::stop_token stop) {
    MutexLock lock(mutex_);
    if (!wait(not_full_, stop,
              [this]() VOYAGER_TSA(no_thread_safety_analysis) {
                return closed_ || items_.size() < capacity_;
              }) ||
        closed_)
      return false;
    items_.push_back(std::move(item));
    not_empty_.notify_one();
    return true;
  }

  std::optional<T> pop(std::stop_token stop) {
    MutexLock lock(mutex_);
    wait(not_empty_, stop,
         [this]() VOYAGER_TSA(no_thread_safety_analysis) { return closed_ || !items_.empty(); });
    if (items_.empty()) return std::nullopt;
    std::optional<T> item(std::move(items_.front()));
    items_.pop_front();
    not_full_.notify_one();
    return item;
  }

  void close() {
    MutexLock lock(mutex_);
    closed_ = true;
    not_empty_.notify_all();
    not_full_.notify_all();
  }

 private:
  template <typename Pred>
  bool wait(std::condition_variable_any& cv, std::stop_token& stop, Pred pred) {
    return cv.wait(mutex_, stop, pred);
  }

  const std::size_t capacity_;
  Mutex mutex_;
  std::condition_variable_any not_empty_;
  std::condition_variable_any not_full_;
  std::deque<T> items_ GUARDED_BY(mutex_);
  bool closed_ GUARDED_BY(mutex_) = false;
};

}  // namespace voyager
