// SPDX-License-Identifier: Apache-2.0
#include "exportdir/lock.hpp"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <csignal>
#include <future>
#include <optional>

#include "base/error.hpp"
#include "support/temp_directory.hpp"

namespace voyager::exportdir {
namespace {

constexpr std::string_view role = "source_db_exporter";

/// A process that holds a role until it is killed.
class HoldingProcess {
 public:
  explicit HoldingProcess(const Layout& layout) {
    std::array<int, 2> ready{};
    if (::pipe(ready.data()) != 0) return;
    pid_ = ::fork();
    if (pid_ == 0) {
      const RoleLock lock = RoleLock::take(layout, role);
      static_cast<void>(::write(ready[1], "x", 1));
      for (;;) ::pause();
    }
    char byte = 0;
    static_cast<void>(::read(ready[0], &byte, 1));
    ::close(ready[0]);
    ::close(ready[1]);
  }
  ~HoldingProcess() { end(); }
  HoldingProcess(const HoldingProcess&) = delete;
  HoldingProcess& operator=(const HoldingProcess&) = delete;

  pid_t pid() const { return pid_; }
  void end() {
    if (pid_ <= 0) return;
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
    pid_ = 0;
  }

 private:
  pid_t pid_ = 0;
};

TEST(RoleLock, ASecondProcessIsRefusedAndToldThePid) {
  const testing::TempDirectory directory;
  const Layout layout(directory.path());
  HoldingProcess holder(layout);
  EXPECT_EQ(RoleLock::holder(layout, role), holder.pid());
  try {
    RoleLock::take(layout, role);
    FAIL() << "nothing was thrown";
  } catch (const Error& error) {
    EXPECT_EQ(error.code().number, 2010);
    EXPECT_NE(error.line().find(std::to_string(holder.pid())), std::string::npos) << error.line();
    EXPECT_NE(error.line().find(role), std::string::npos) << error.line();
  }
}

TEST(RoleLock, ADeadProcessHoldsNothing) {
  const testing::TempDirectory directory;
  const Layout layout(directory.path());
  HoldingProcess holder(layout);
  holder.end();
  EXPECT_EQ(RoleLock::holder(layout, role), std::nullopt);
  const RoleLock lock = RoleLock::take(layout, role);
  EXPECT_EQ(RoleLock::holder(layout, role), ::getpid());
}

TEST(RoleLock, EndsWithTheObjectAndIsHeldOnce) {
  const testing::TempDirectory directory;
  const Layout layout(directory.path());
  {
    const RoleLock lock = RoleLock::take(layout, role);
    EXPECT_THROW(RoleLock::take(layout, role), Error);
  }
  EXPECT_NO_THROW(RoleLock::take(layout, role));
}

TEST(RoleLock, WhatIsHeldForAMomentIsWaitedFor) {
  const testing::TempDirectory directory;
  const Layout layout(directory.path());
  std::optional<RoleLock> held = RoleLock::take(layout, role);
  auto next = std::async(std::launch::async, [&] { return RoleLock::take_in_turn(layout, role); });
  EXPECT_EQ(next.wait_for(std::chrono::milliseconds(50)), std::future_status::timeout);
  held.reset();
  const RoleLock own = next.get();
  EXPECT_EQ(RoleLock::holder(layout, role), ::getpid());
}

TEST(RoleLock, RolesDoNotDisturbEachOther) {
  const testing::TempDirectory directory;
  const Layout layout(directory.path());
  const RoleLock one = RoleLock::take(layout, "one");
  EXPECT_NO_THROW(RoleLock::take(layout, "two"));
}

TEST(RoleLock, NobodyHoldsARoleThatWasNeverTaken) {
  const testing::TempDirectory directory;
  EXPECT_EQ(RoleLock::holder(Layout(directory.path()), role), std::nullopt);
}

}  // namespace
}  // namespace voyager::exportdir
