// SPDX-License-Identifier: Apache-2.0
#include "base/worker_group.hpp"

#include <utility>

namespace voyager {

WorkerGroup::~WorkerGroup() {
  stop();
  threads_.clear();  // joins before the members that the workers use go away
}

void WorkerGroup::start(std::size_t count, const Work& work) {
  for (std::size_t i = 0; i < count; ++i) {
    threads_.emplace_back([this, work, number = threads_.size()] {
      try {
        work(number, source_.get_token());
      } catch (...) {
        keep_first(std::current_exception());
      }
    });
  }
}

void WorkerGroup::wait() {
  threads_.clear();
  std::exception_ptr error;
  {
    const MutexLock lock(mutex_);
    error = std::exchange(first_error_, nullptr);
  }
  if (error) std::rethrow_exception(error);
}

void WorkerGroup::keep_first(std::exception_ptr error) {
  {
    const MutexLock lock(mutex_);
    if (!first_error_) first_error_ = std::move(error);
  }
  stop();
}

}  // namespace voyager
