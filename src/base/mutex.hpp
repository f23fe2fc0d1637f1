// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <mutex>

#if defined(__clang__)
#define VOYAGER_TSA(x) __attribute__((x))
#else
#define VOYAGER_TSA(x)
#endif

namespace voyager {

/// A std::mutex the compiler can reason about: clang -Wthread-safety rejects any access to a
/// member marked GUARDED_BY(mutex_) outside a MutexLock. (std::mutex itself is not annotated in
/// libstdc++ 12.)
class VOYAGER_TSA(capability("mutex")) Mutex {
 public:
  void lock() VOYAGER_TSA(acquire_capability()) { mutex_.lock(); }
  void unlock() VOYAGER_TSA(release_capability()) { mutex_.unlock(); }

 private:
  std::mutex mutex_;
};

class VOYAGER_TSA(scoped_lockable) MutexLock {
 public:
  explicit MutexLock(Mutex& mutex) VOYAGER_TSA(acquire_capability(mutex)) : mutex_(mutex) {
    mutex_.lock();
  }
  ~MutexLock() VOYAGER_TSA(release_capability()) { mutex_.unlock(); }
  MutexLock(const MutexLock&) = delete;
  MutexLock& operator=(const MutexLock&) = delete;

 private:
  Mutex& mutex_;
};

}  // namespace voyager

#define GUARDED_BY(m) VOYAGER_TSA(guarded_by(m))
