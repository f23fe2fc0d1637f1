// SPDX-License-Identifier: Apache-2.0
#include "base/stop.hpp"

#include <pthread.h>

#include <csignal>
#include <thread>

namespace voyager {
namespace {

sigset_t ending_signals() {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGINT);
  sigaddset(&set, SIGTERM);
  return set;
}

/// As if the signal had never been caught.
void end_process(int number) {
  static_cast<void>(std::signal(number, SIG_DFL));
  const sigset_t set = ending_signals();
  pthread_sigmask(SIG_UNBLOCK, &set, nullptr);
  static_cast<void>(std::raise(number));
}

class SignalWatcher {
 public:
  SignalWatcher() {
    static_cast<void>(
        std::signal(SIGPIPE, SIG_IGN));  // a dead peer is an error of write(), not our end
    const sigset_t set = ending_signals();
    pthread_sigmask(SIG_BLOCK, &set, nullptr);
    thread_ = std::jthread([this](const std::stop_token& closing) { watch(closing); });
  }
  ~SignalWatcher() {
    thread_.request_stop();
    pthread_kill(thread_.native_handle(), SIGTERM);  // ends its sigwait
  }
  SignalWatcher(const SignalWatcher&) = delete;
  SignalWatcher& operator=(const SignalWatcher&) = delete;

  std::stop_token token() const { return stop_.get_token(); }

 private:
  void watch(const std::stop_token& closing) {
    const sigset_t set = ending_signals();
    while (true) {
      int number = 0;
      const int failure = sigwait(&set, &number);
      if (closing.stop_requested()) return;
      if (failure != 0) continue;
      if (stop_.stop_requested()) end_process(number);
      stop_.request_stop();
    }
  }

  std::stop_source stop_;
  std::jthread thread_;
};

}  // namespace

std::stop_token stop_on_signals() {
  static const SignalWatcher watcher;
  return watcher.token();
}

}  // namespace voyager
