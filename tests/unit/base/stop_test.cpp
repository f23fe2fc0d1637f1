// SPDX-License-Identifier: Apache-2.0
#include "base/stop.hpp"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <condition_variable>
#include <csignal>
#include <mutex>

namespace voyager {
namespace {

void wait_for(const std::stop_token& stop) {
  std::mutex mutex;
  std::condition_variable_any changed;
  std::unique_lock lock(mutex);
  changed.wait(lock, stop, [] { return false; });
}

/// Signals are a matter of the whole process, so each test has a process of its own.
template <typename Body>
int status_of_child(Body body) {
  const pid_t child = ::fork();
  if (child == 0) ::_exit(body());
  int status = 0;
  EXPECT_EQ(::waitpid(child, &status, 0), child);
  return status;
}

TEST(StopOnSignals, SigtermAndSigintSetTheToken) {
  for (const int number : {SIGTERM, SIGINT}) {
    const int status = status_of_child([number] {
      const std::stop_token stop = stop_on_signals();
      if (stop.stop_requested()) return 1;
      ::kill(::getpid(), number);
      wait_for(stop);
      return 42;
    });
    EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 42) << "signal " << number;
  }
}

TEST(StopOnSignals, ASecondSignalEndsTheProcess) {
  const int status = status_of_child([] {
    const std::stop_token stop = stop_on_signals();
    ::kill(::getpid(), SIGINT);
    wait_for(stop);
    ::kill(::getpid(), SIGINT);
    for (;;) ::pause();
    return 0;
  });
  EXPECT_TRUE(WIFSIGNALED(status));
  EXPECT_EQ(WTERMSIG(status), SIGINT);
}

TEST(StopOnSignals, ABrokenPipeDoesNotKill) {
  const int status = status_of_child([] {
    stop_on_signals();
    std::array<int, 2> ends{};
    if (::pipe(ends.data()) != 0) return 1;
    ::close(ends[0]);
    return ::write(ends[1], "x", 1) < 0 ? 42 : 1;
  });
  EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 42);
}

TEST(StopOnSignals, TheProcessEndsNormallyWhileTheWatcherWaits) {
  EXPECT_EXIT(
      {
        stop_on_signals();
        std::exit(7);  // NOLINT(concurrency-mt-unsafe): the destructors are what is tested
      },
      ::testing::ExitedWithCode(7), "");
}

}  // namespace
}  // namespace voyager
