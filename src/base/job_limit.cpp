// SPDX-License-Identifier: Apache-2.0
#include "base/job_limit.hpp"

#include <algorithm>

namespace voyager {

JobLimit::JobLimit(int jobs, int most) : state_(new State{std::max(1, most), {}, {}, 1}) {
  set(jobs);
}

int JobLimit::now() const {
  const MutexLock lock(state_->mutex);
  return state_->now;
}

void JobLimit::set(int jobs) {
  const MutexLock lock(state_->mutex);
  state_->now = std::clamp(jobs, 1, state_->most);
  state_->changed.notify_all();
}

bool JobLimit::wait(int worker, const std::stop_token& stop) const {
  State& state = *state_;
  const MutexLock lock(state.mutex);
  return state.changed.wait(
      state.mutex, stop,
      [&state, worker]() VOYAGER_TSA(no_thread_safety_analysis) { return worker < state.now; });
}

}  // namespace voyager
