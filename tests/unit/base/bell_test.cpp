// SPDX-License-Identifier: Apache-2.0
#include "base/bell.hpp"

#include <gtest/gtest.h>
#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

#include <thread>

#include "base/error.hpp"
#include "base/file.hpp"
#include "support/temp_directory.hpp"

namespace voyager {
namespace {

using namespace std::chrono_literals;

class BellTest : public ::testing::Test {
 protected:
  std::filesystem::path file() const { return directory_.path() / "bell"; }

 private:
  testing::TempDirectory directory_;
};

TEST_F(BellTest, TimesOutWhenNobodyRings) {
  Bell bell(file());
  EXPECT_FALSE(bell.wait(10ms));
}

TEST_F(BellTest, ARingBetweenConstructionAndWaitIsNotMissed) {
  Bell bell(file());
  ring_bell(file());
  EXPECT_TRUE(bell.wait(10s));
  EXPECT_FALSE(bell.wait(10ms)) << "one ring must not be reported twice";
}

TEST_F(BellTest, ManyRingsBeforeAWaitAreOne) {
  Bell bell(file());
  for (int i = 0; i < 1000; ++i) ring_bell(file());
  EXPECT_TRUE(bell.wait(10s));
  EXPECT_FALSE(bell.wait(10ms));
}

TEST_F(BellTest, ARingWakesAWaitingThread) {
  Bell bell(file());
  std::jthread ringer([this] { ring_bell(file()); });
  EXPECT_TRUE(bell.wait(10s));
}

TEST_F(BellTest, EveryListenerHearsARing) {
  Bell one(file());
  Bell two(file());
  one.ring();
  EXPECT_TRUE(one.wait(10s));
  EXPECT_TRUE(two.wait(10s));
}

TEST_F(BellTest, AWriteToTheFileRings) {
  Bell bell(file());
  File::open(file(), File::Mode::append).write("x");
  EXPECT_TRUE(bell.wait(10s));
}

TEST_F(BellTest, RingsReachOtherProcesses) {
  Bell bell(file());
  const pid_t child = ::fork();
  if (child == 0) {
    ring_bell(file());
    ::_exit(0);
  }
  EXPECT_TRUE(bell.wait(10s));
  EXPECT_EQ(::waitpid(child, nullptr, 0), child);
}

TEST_F(BellTest, StopEndsAWaitAtOnceAndALaterWaitIsNotDisturbed) {
  Bell bell(file());
  std::stop_source stop;
  std::jthread stopper([&stop] { stop.request_stop(); });
  EXPECT_FALSE(bell.wait(1h, stop.get_token()));
  EXPECT_FALSE(bell.wait(1h, stop.get_token())) << "a stop stays a stop";
  EXPECT_FALSE(bell.wait(10ms));
  bell.ring();
  EXPECT_TRUE(bell.wait(10s));
}

TEST_F(BellTest, AVeryLongTimeoutDoesNotOverflow) {
  Bell bell(file());
  bell.ring();
  EXPECT_TRUE(bell.wait(std::chrono::milliseconds::max()));
}

TEST_F(BellTest, ItsDescriptorCanBePolledAndCleared) {
  Bell bell(file());
  pollfd watched{bell.fd(), POLLIN, 0};
  EXPECT_EQ(::poll(&watched, 1, 0), 0);
  bell.ring();
  EXPECT_EQ(::poll(&watched, 1, 1000), 1);
  bell.clear();
  EXPECT_EQ(::poll(&watched, 1, 0), 0);
}

TEST_F(BellTest, RingingWithoutAFileIsAnError) {
  EXPECT_THROW(ring_bell(file()), Error);
}

}  // namespace
}  // namespace voyager
