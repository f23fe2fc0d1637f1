// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <stop_token>
#include <string>
#include <thread>

#include "exportdir/wait_notice.hpp"
#include "model/stall.hpp"

namespace voyager::exportdir {

/// Tells a stall from what looks like one for a moment. Pure. Threads: one.
class StallClock {
 public:
  using Clock = std::chrono::steady_clock;
  explicit StallClock(std::chrono::milliseconds patience) : patience_(patience) {}

  /// True when it has been this one for as long as the patience lasts.
  bool lasts(Clock::time_point now, const Stall& seen);

 private:
  std::chrono::milliseconds patience_;
  std::string mark_;
  std::optional<Clock::time_point> since_;
};

/// Looks every few seconds whether work of this process stands still while its connections are
/// alive, and makes the cause visible as a WaitNotice does.
/// Threads: one of its own, in which `look` is called; it ends with the object.
class WaitWatch {
 public:
  /// Throws: Error when it can't be known at present.
  using Look = std::function<Stall()>;
  struct Pace {
    std::chrono::milliseconds interval{2000};
    std::chrono::milliseconds patience{5000};
  };

  WaitWatch(MetaDb& meta, std::string role, Status& status, std::string doing, Look look,
            Pace pace);
  ~WaitWatch();
  WaitWatch(const WaitWatch&) = delete;
  WaitWatch& operator=(const WaitWatch&) = delete;

 private:
  void watch(const std::stop_token& stop);
  void look_once();

  WaitNotice notice_;
  const std::string doing_;
  const Look look_;
  const Pace pace_;
  StallClock clock_;
  bool told_ = false;
  std::jthread thread_;  // last: it uses the others
};

}  // namespace voyager::exportdir
