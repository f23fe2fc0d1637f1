// SPDX-License-Identifier: Apache-2.0
#include "exportdir/wait_watch.hpp"

#include <utility>

#include "base/backoff.hpp"
#include "base/error.hpp"
#include "base/log.hpp"

namespace voyager::exportdir {

bool StallClock::lasts(Clock::time_point now, const Stall& seen) {
  if (seen.cause.empty()) {
    since_.reset();
    return false;
  }
  if (!since_ || mark_ != seen.mark) since_ = now;
  mark_ = seen.mark;
  return now - *since_ >= patience_;
}

WaitWatch::WaitWatch(MetaDb& meta, std::string role, Status& status, std::string doing, Look look,
                     Pace pace)
    : notice_(meta, std::move(role), status),
      doing_(std::move(doing)),
      look_(std::move(look)),
      pace_(pace),
      clock_(pace.patience),
      thread_([this](const std::stop_token& stop) { watch(stop); }) {}

WaitWatch::~WaitWatch() {
  thread_.request_stop();
  thread_.join();
  if (told_) notice_.over();
}

void WaitWatch::watch(const std::stop_token& stop) {
  while (wait_unless_stopped(pace_.interval, stop)) {
    try {
      look_once();
    } catch (const Error& error) {
      // Whoever works there says so in the way that suits it.
      log::debug("{}: whether it stands still is not known: {}", doing_, error.line());
    }
  }
}

void WaitWatch::look_once() {
  const Stall seen = look_();
  if (clock_.lasts(StallClock::Clock::now(), seen)) {
    notice_.waiting(doing_, seen.cause);
    told_ = true;
  } else if (std::exchange(told_, false)) {
    notice_.over();
  }
}

}  // namespace voyager::exportdir
