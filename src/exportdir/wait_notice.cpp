// SPDX-License-Identifier: Apache-2.0
#include "exportdir/wait_notice.hpp"

#include <fmt/format.h>

#include <utility>

#include "base/error.hpp"
#include "base/log.hpp"
#include "base/text.hpp"

namespace voyager::exportdir {
namespace {

using std::chrono::duration_cast;
using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr seconds between_causes{5};
constexpr seconds between_reminders{30};

std::string waited_for(WaitNotice::Clock::duration time) {
  return short_duration(duration_cast<seconds>(time).count());
}

std::string next_try_text(const std::optional<milliseconds>& next_try) {
  if (!next_try) return "";
  return fmt::format("; next try in {:.1f}s", static_cast<double>(next_try->count()) / 1000);
}

}  // namespace

WaitNotice::WaitNotice(MetaDb& meta, std::string role, Status& status)
    : meta_(meta), role_(std::move(role)), status_(status) {}

bool WaitNotice::due(const std::string& cause, Clock::time_point now) const {
  return wait_->said.empty() ||
         now - wait_->said_at >= (cause == wait_->said ? between_reminders : between_causes);
}

void WaitNotice::waiting(const std::string& doing, const std::string& cause,
                         std::optional<milliseconds> next_try) {
  MutexLock lock(mutex_);
  const auto now = Clock::now();
  const std::int64_t now_micros = unix_micros_now();
  if (!wait_ || wait_->doing != doing) wait_ = Wait{doing, now, now_micros, "", now};
  if (due(cause, now)) {
    const bool again = !wait_->said.empty();
    status_.warning(
        fmt::format("{} waits{}: {}{}", doing,
                    again ? fmt::format(" (for {})", waited_for(now - wait_->since)) : "", cause,
                    next_try_text(next_try)));
    wait_->said = cause;
    wait_->said_at = now;
  } else {
    log::warn("{} waits: {}{}", doing, cause, next_try_text(next_try));
  }
  clear_ = false;
  WaitFigures figures{fmt::format("{}: {}", doing, cause), wait_->since_micros, std::nullopt};
  if (next_try) figures.next_try_micros = now_micros + next_try->count() * 1000;
  publish(figures);
}

void WaitNotice::over() {
  MutexLock lock(mutex_);
  if (wait_)
    status_.line(
        fmt::format("{} goes on after {}", wait_->doing, waited_for(Clock::now() - wait_->since)));
  wait_.reset();
  if (!clear_) clear_ = publish(std::nullopt);
}

bool WaitNotice::publish(const std::optional<WaitFigures>& wait) {
  try {
    meta_.put_figures(role_, to_figures(wait));
    return true;
  } catch (const Error& error) {
    log::debug("what is waited for can't be recorded: {}", error.line());
    return false;
  }
}

}  // namespace voyager::exportdir
