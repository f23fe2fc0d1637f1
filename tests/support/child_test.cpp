// SPDX-License-Identifier: Apache-2.0
#include "support/child.hpp"

#include <gtest/gtest.h>

namespace voyager::testing {
namespace {

using namespace std::chrono_literals;

std::filesystem::path scratch(const char* name) {
  return std::filesystem::path(::testing::TempDir()) /
         (std::to_string(getpid()) + "." + std::string(name));
}

TEST(Child, ExitCodeOutputAndEnvironmentComeBack) {
  ChildOptions options;
  options.arguments = {"sh", "-c", "echo $GREETING; echo no >&2; exit 7"};
  options.environment = {{"GREETING", "hello"}};
  options.output = scratch("out");
  options.errors = scratch("err");
  Child child(options);
  EXPECT_EQ(child.wait(), 7);
  EXPECT_EQ(child.output(), "hello\n");
  EXPECT_EQ(child.errors(), "no\n");
}

TEST(Child, KilledOneHasTheCodeOfItsSignal) {
  ChildOptions options;
  options.arguments = {"sleep", "60"};
  Child child(options);
  EXPECT_TRUE(child.running());
  EXPECT_FALSE(child.wait_for(10ms).has_value());
  child.kill();
  EXPECT_EQ(child.wait(), 137);
}

TEST(Child, MissingProgramIsAnError) {
  ChildOptions options;
  options.arguments = {"/nowhere/program"};
  EXPECT_THROW(Child{options}, std::runtime_error);
}

TEST(Child, ClosedInputIsSeenByTheChild) {
  ChildOptions options;
  options.arguments = {"cat"};
  options.with_input = true;
  Child child(options);
  EXPECT_FALSE(child.wait_for(10ms).has_value());
  child.close_input();
  EXPECT_EQ(child.wait(10s), 0);
}

}  // namespace
}  // namespace voyager::testing
