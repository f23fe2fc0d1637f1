// SPDX-License-Identifier: Apache-2.0
#include "base/process.hpp"

#include <gtest/gtest.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <stdexcept>

#include "base/error.hpp"

namespace voyager {
namespace {

struct Ran {
  CommandResult result;
  std::string output;
};

Ran run_shell(const std::string& script) {
  Ran ran;
  ran.result = run_command({{"sh", "-c", script}, {{"VOYAGER_TEST_WORD", "a b"}}},
                           [&](std::string_view piece) { ran.output += piece; });
  return ran;
}

TEST(Process, GivesOutputErrorsAndExitCode) {
  const Ran ran = run_shell("echo out; echo err >&2; exit 3");
  EXPECT_EQ(ran.output, "out\n");
  EXPECT_EQ(ran.result.error_output, "err\n");
  EXPECT_EQ(ran.result.exit_code, 3);
}

TEST(Process, AddsToTheEnvironmentAndKeepsIt) {
  EXPECT_EQ(run_shell("echo $VOYAGER_TEST_WORD").output, "a b\n");
  EXPECT_NE(run_shell("echo $PATH").output, "\n");
}

TEST(Process, FillingOnePipeDoesNotBlockTheOther) {
  const Ran ran =
      run_shell("head -c 300000 /dev/zero | tr '\\0' e >&2; head -c 300000 /dev/zero | tr '\\0' o");
  EXPECT_EQ(ran.output.size(), 300000U);
  EXPECT_EQ(ran.result.error_output.size(), 300000U);
}

TEST(Process, EndlessErrorOutputIsCut) {
  const Ran ran = run_shell("head -c 3000000 /dev/zero >&2");
  EXPECT_EQ(ran.result.error_output.size(), 1U << 20U);
  EXPECT_EQ(ran.result.exit_code, 0);
}

TEST(Process, ASignalIsPartOfTheExitCode) {
  EXPECT_EQ(run_shell("kill -TERM $$").result.exit_code, 128 + SIGTERM);
}

TEST(Process, HasNoInput) {
  EXPECT_EQ(run_shell("cat").output, "");
}

TEST(Process, AProgramThatDoesNotExistIsAnErrorThatNamesIt) {
  try {
    run_command({{"no-such-program-here"}, {}}, nullptr);
    FAIL() << "nothing was thrown";
  } catch (const Error& error) {
    EXPECT_EQ(error.code().number, 9010);
    EXPECT_NE(std::string(error.what()).find("no-such-program-here"), std::string::npos);
  }
}

TEST(Process, AFailingReceiverEndsTheChild) {
  EXPECT_THROW(
      run_command({{"yes"}, {}}, [](std::string_view) { throw std::runtime_error("enough"); }),
      std::runtime_error);
  EXPECT_EQ(::waitpid(-1, nullptr, WNOHANG), -1);
  EXPECT_EQ(errno, ECHILD);
}

TEST(Process, AliveMeansThatTheProcessExists) {
  EXPECT_TRUE(process_alive(::getpid()));
  EXPECT_TRUE(process_alive(1));
  const pid_t child = ::fork();
  if (child == 0) ::_exit(0);
  ::waitpid(child, nullptr, 0);
  EXPECT_FALSE(process_alive(child));
  EXPECT_FALSE(process_alive(0));
  EXPECT_FALSE(process_alive(-1));
}

TEST(Process, APrivateFileIsReadableByUsAloneAndIsNowhereElse) {
  Ran ran;
  ran.result = run_command({{"sh", "-c", "cat $KEPT; stat -Lc %a $KEPT; readlink $KEPT; env"},
                            {},
                            {{"KEPT", "planted-secret\n"}}},
                           [&](std::string_view piece) { ran.output += piece; });
  EXPECT_EQ(ran.result.error_output, "");
  EXPECT_EQ(ran.output.find("planted-secret\n600\n/memfd:"), 0U) << ran.output;
  EXPECT_EQ(ran.output.rfind("planted-secret"), 0U) << "in the environment: " << ran.output;
}

TEST(Process, OurPasswordsAreNotInherited) {
  ::setenv("SOURCE_DB_PASSWORD", "planted-secret", 1);
  const std::string output = run_shell("env").output;
  ::unsetenv("SOURCE_DB_PASSWORD");
  EXPECT_EQ(output.find("planted-secret"), std::string::npos);
}

TEST(Process, PrivateMemoryIsNotDumped) {
  const pid_t child = fork();
  if (child == 0) {
    keep_memory_private();
    rlimit limit{};
    ::getrlimit(RLIMIT_CORE, &limit);
    ::_exit(::prctl(PR_GET_DUMPABLE) == 0 && limit.rlim_max == 0 ? 0 : 1);
  }
  int status = -1;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  EXPECT_EQ(status, 0);
}

}  // namespace
}  // namespace voyager
