// SPDX-License-Identifier: Apache-2.0
#include "base/file.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.hpp"
#include "support/temp_directory.hpp"

namespace voyager {
namespace {

class FileTest : public ::testing::Test {
 protected:
  std::filesystem::path path(const std::string& name) const { return directory_.path() / name; }
  static unsigned mode_of(const std::filesystem::path& path) {
    struct stat status {};
    EXPECT_EQ(::stat(path.c_str(), &status), 0);
    return status.st_mode & 07777U;
  }

 private:
  testing::TempDirectory directory_;
};

TEST_F(FileTest, NewFilesArePrivate) {
  const mode_t before = ::umask(0);
  for (const File::Mode mode : {File::Mode::append, File::Mode::create, File::Mode::read_write}) {
    const auto name = path("f" + std::to_string(static_cast<int>(mode)));
    File::open(name, mode).close();
    EXPECT_EQ(mode_of(name), 0600U);
  }
  make_directory(path("a/b"));
  EXPECT_EQ(mode_of(path("a/b")), 0700U);
  EXPECT_EQ(mode_of(path("a")), 0700U);
  ::umask(before);
}

TEST_F(FileTest, AppendGoesOnAndCreateBeginsAnew) {
  File::open(path("f"), File::Mode::append).write("one");
  File::open(path("f"), File::Mode::append).write("two");
  EXPECT_EQ(read_file(path("f")), "onetwo");
  File::open(path("f"), File::Mode::create).write("x");
  EXPECT_EQ(read_file(path("f")), "x");
}

TEST_F(FileTest, ReadsAndWritesAtOffsets) {
  File file = File::open(path("f"), File::Mode::read_write);
  file.write_at(3, "defg");
  file.write_at(0, "abc");
  std::string text(10, '?');
  EXPECT_EQ(file.read_at(2, {text.data(), 3}), 3U);
  EXPECT_EQ(text.substr(0, 3), "cde");
  EXPECT_EQ(file.read_at(5, text), 2U);
  EXPECT_EQ(file.read_at(100, text), 0U);
  file.truncate(4);
  EXPECT_EQ(file.size(), 4U);
}

TEST_F(FileTest, AMovedFileIsClosedOnce) {
  File first = File::open(path("f"), File::Mode::create);
  const int fd = first.fd();
  File second = std::move(first);
  EXPECT_FALSE(first.is_open());  // NOLINT(bugprone-use-after-move): this is what is tested
  EXPECT_EQ(second.fd(), fd);
  second = File();
  EXPECT_FALSE(second.is_open());
}

TEST_F(FileTest, AMissingFileIsAnErrorThatNamesIt) {
  try {
    read_file(path("missing"));
    FAIL() << "nothing was thrown";
  } catch (const Error& error) {
    EXPECT_EQ(error.code().number, 9001);
    EXPECT_NE(std::string(error.what()).find("missing"), std::string::npos);
  }
}

TEST_F(FileTest, AFullDeviceIsAnErrorWorthARetry) {
  File file = File::open("/dev/full", File::Mode::append);
  try {
    file.write("x");
    FAIL() << "nothing was thrown";
  } catch (const Error& error) {
    EXPECT_EQ(error.code().number, 9002);
    EXPECT_EQ(error.action(), Action::retry);
  }
}

TEST_F(FileTest, AtomicWriteReplacesTheWholeFileAndLeavesNothingElse) {
  write_file_atomically(path("f"), "a long first content");
  write_file_atomically(path("f"), "short");
  EXPECT_EQ(read_file(path("f")), "short");
  EXPECT_EQ(mode_of(path("f")), 0600U);
  const std::filesystem::directory_iterator entries(path(""));
  EXPECT_EQ(std::distance(begin(entries), end(entries)), 1);
}

/// The pid is larger than any that Linux gives.
TEST_F(FileTest, AnAtomicWriteRemovesWhatAKilledOneLeft) {
  const std::string running = path("f." + std::to_string(::getppid()) + ".tmp");
  File::open(running, File::Mode::create).close();
  File::open(path("f.9999999.tmp"), File::Mode::create).close();
  File::open(path("other.9999999.tmp"), File::Mode::create).close();
  write_file_atomically(path("f"), "x");
  EXPECT_FALSE(std::filesystem::exists(path("f.9999999.tmp")));
  EXPECT_TRUE(std::filesystem::exists(running));
  EXPECT_TRUE(std::filesystem::exists(path("other.9999999.tmp")));
}

TEST_F(FileTest, AFailedAtomicWriteKeepsTheOldStateAndCleansUp) {
  make_directory(path("f/inside"));  // a directory can't be replaced by a file
  EXPECT_THROW(write_file_atomically(path("f"), "x"), Error);
  EXPECT_TRUE(std::filesystem::is_directory(path("f/inside")));
  const std::filesystem::directory_iterator entries(path(""));
  EXPECT_EQ(std::distance(begin(entries), end(entries)), 1);
}

}  // namespace
}  // namespace voyager
