// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <condition_variable>
#include <memory>
#include <stop_token>

#include "base/mutex.hpp"

namespace voyager {

/// How many workers of a group may work at the moment.
///
/// The group has most() workers, numbered from 0; a worker may begin something while its number is
/// less than now(). Copies are the same limit: one side moves it, the workers heed it. A limit made
/// of a number alone stays that number. Threads: any.
class JobLimit {
 public:
  // NOLINTNEXTLINE(google-explicit-constructor): most groups have one number, once and for all
  JobLimit(int jobs) : JobLimit(jobs, jobs) {}
  /// Begins with `jobs`; both are at least 1, and `jobs` at most `most`.
  JobLimit(int jobs, int most);

  int now() const;
  int most() const { return state_->most; }
  /// At least 1, at most most().
  void set(int jobs);
  bool allows(int worker) const { return worker < now(); }
  /// Waits until this worker may work. False when stopped.
  bool wait(int worker, const std::stop_token& stop) const;

 private:
  struct State {
    const int most;
    Mutex mutex;
    std::condition_variable_any changed;
    int now GUARDED_BY(mutex);
  };
  std::shared_ptr<State> state_;
};

}  // namespace voyager
