// SPDX-License-Identifier: Apache-2.0
#include "base/log.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.hpp"
#include "base/file.hpp"
#include "support/temp_directory.hpp"

namespace voyager {
namespace {

using ::testing::ContainsRegex;
using ::testing::HasSubstr;
using ::testing::Not;

TEST(Log, KnowsTheDocumentedLevels) {
  EXPECT_EQ(log::parse_level("trace"), log::Level::trace);
  EXPECT_EQ(log::parse_level("debug"), log::Level::debug);
  EXPECT_EQ(log::parse_level("info"), log::Level::info);
  EXPECT_EQ(log::parse_level("warn"), log::Level::warn);
  EXPECT_EQ(log::parse_level("error"), log::Level::error);
  EXPECT_EQ(log::parse_level("fatal"), log::Level::error);
  EXPECT_EQ(log::parse_level("panic"), log::Level::error);
}

TEST(Log, RefusesAnUnknownLevel) {
  try {
    log::parse_level("loud");
    FAIL() << "nothing was thrown";
  } catch (const Error& error) {
    EXPECT_EQ(error.code().number, 1002);
  }
}

TEST(Log, WritesLinesWithTimeProcessAndLevelToAPrivateFile) {
  const testing::TempDirectory directory;
  const std::filesystem::path file = directory.path() / "x.log";
  log::open(file, log::Level::info);
  log::info("table {} has {} chunks", "t", 3);
  log::warn("two\nlines");
  log::debug("too small");
  const std::string text = read_file(file);
  EXPECT_THAT(text, ContainsRegex("^20[0-9-]+ [0-9:]+\\.[0-9]+ UTC \\[" +
                                  std::to_string(::getpid()) + "\\] info table t has 3 chunks\n"));
  EXPECT_THAT(text, HasSubstr("two\\nlines\n"));
  EXPECT_THAT(text, Not(HasSubstr("too small")));
  struct stat status {};
  ASSERT_EQ(::stat(file.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777U, 0600U);
}

TEST(Log, GoesOnAfterTheOldLines) {
  const testing::TempDirectory directory;
  const std::filesystem::path file = directory.path() / "x.log";
  log::open(file, log::Level::info);
  log::info("first run");
  log::open(file, log::Level::info);
  log::info("second run");
  EXPECT_THAT(read_file(file), HasSubstr("first run"));
  EXPECT_THAT(read_file(file), HasSubstr("second run"));
}

TEST(Log, ADirectoryIsNoLogFile) {
  const testing::TempDirectory directory;
  EXPECT_THROW(log::open(directory.path(), log::Level::info), Error);
}

}  // namespace
}  // namespace voyager
