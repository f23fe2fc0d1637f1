// SPDX-License-Identifier: Apache-2.0
#include "base/failpoint.hpp"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <cstdlib>

#include "base/error.hpp"

namespace voyager {
namespace {

#ifdef VOYAGER_FAILPOINTS

using Clock = std::chrono::steady_clock;

/// The specification is read once in a process, so each test has a process of its own.
template <typename Body>
int status_of_child(const char* specification, Body body) {
  const pid_t child = ::fork();
  if (child == 0) {
    ::setenv("VOYAGER_FAILPOINT", specification, 1);
    ::_exit(body());
  }
  int status = 0;
  EXPECT_EQ(::waitpid(child, &status, 0), child);
  return status;
}

int error_number_of_pass(const char* name) {
  try {
    failpoint(name);
    return 0;
  } catch (const Error& error) {
    return error.code().number - 9000;
  }
}

TEST(Failpoint, KillsAtTheNthPassOfItsNameAndSaysSo) {
  ::testing::internal::CaptureStderr();
  const int status = status_of_child("other:1:error,here:3", [] {
    failpoint("here");
    failpoint("elsewhere");
    failpoint("here");
    if (error_number_of_pass("other") != 99) return 1;
    failpoint("here");
    return 0;
  });
  EXPECT_EQ(::testing::internal::GetCapturedStderr(),
            "failed at failpoint other\nkilled at failpoint here\n");
  EXPECT_TRUE(WIFSIGNALED(status));
  EXPECT_EQ(WTERMSIG(status), SIGKILL);
}

TEST(Failpoint, ThrowsOnceWhenAskedForAnError) {
  const int status = status_of_child("here:2:error", [] {
    const bool right = error_number_of_pass("here") == 0 && error_number_of_pass("here") == 99 &&
                       error_number_of_pass("here") == 0;
    return right ? 42 : 1;
  });
  EXPECT_EQ(WEXITSTATUS(status), 42);
}

TEST(Failpoint, SleepsWhenAskedForADelay) {
  const int status = status_of_child("here:1:delay=100", [] {
    const auto before = Clock::now();
    failpoint("here");
    return Clock::now() - before >= std::chrono::milliseconds(100) ? 42 : 1;
  });
  EXPECT_EQ(WEXITSTATUS(status), 42);
}

TEST(Failpoint, DoesNothingWithoutASpecification) {
  EXPECT_EQ(WEXITSTATUS(status_of_child("", [] { return error_number_of_pass("x") + 42; })), 42);
}

TEST(Failpoint, RefusesWhatItDoesNotUnderstand) {
  for (const char* bad :
       {"here:0", "here:x", "here:1:explode", "here:1:delay=soon", ":1", "a:1:error:2"})
    EXPECT_EQ(WEXITSTATUS(status_of_child(bad, [] { return error_number_of_pass("x"); })), 98)
        << bad;
}

#else

TEST(Failpoint, IsCompiledOut) {
  VOYAGER_FAILPOINT("nothing.happens");
}

#endif

}  // namespace
}  // namespace voyager
