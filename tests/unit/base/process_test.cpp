// SPDX-License-Identifier: Apache-2.0
#include "base/process.hpp"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
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

}  // namespace
}  // namespace voyager
