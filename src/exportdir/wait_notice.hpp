// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <optional>
#include <string>

#include "base/mutex.hpp"
#include "base/status.hpp"
#include "exportdir/live_figures.hpp"
#include "exportdir/meta_db.hpp"

namespace voyager::exportdir {

/// Makes a wait of this process visible: its cause, since when, and when it is tried again.
///
/// On the screen each cause is said when it appears, then every half minute; what changes from
/// second to second is said every five seconds at most. In the figures of the role, where the
/// status commands find it, it stands as of the last call. Never throws: meta.db may be what is
/// waited for. Threads: any.
class WaitNotice {
 public:
  using Clock = std::chrono::steady_clock;

  WaitNotice(MetaDb& meta, std::string role, Status& status);

  /// `doing` ("capture") can't go on because of `cause`. `next_try`: from now; nothing when it is
  /// not tried again but something else ends the wait.
  void waiting(const std::string& doing, const std::string& cause,
               std::optional<std::chrono::milliseconds> next_try = std::nullopt);
  /// It goes on; says so when something was waited for. Also clears what an earlier process left.
  void over();

 private:
  bool due(const std::string& cause, Clock::time_point now) const
      VOYAGER_TSA(requires_capability(mutex_));
  bool publish(const std::optional<WaitFigures>& wait);

  MetaDb& meta_;
  const std::string role_;
  Status& status_;
  Mutex mutex_;
  struct Wait {
    std::string doing;
    Clock::time_point since;
    std::int64_t since_micros = 0;
    std::string said;  ///< the cause as it was on the screen last
    Clock::time_point said_at;
  };
  std::optional<Wait> wait_ GUARDED_BY(mutex_);
  bool clear_ GUARDED_BY(mutex_) = false;  ///< the figures say that nothing is waited for
};

}  // namespace voyager::exportdir
