// SPDX-License-Identifier: Apache-2.0
#include "snapshot/wait_notice.hpp"

#include <fmt/format.h>

#include <utility>

#include "base/log.hpp"

namespace voyager::snapshot {

WaitNotice::WaitNotice(Status& status, std::string database,
                       std::function<void(const std::string&)> publish)
    : status_(status), database_(std::move(database)), publish_(std::move(publish)) {}

void WaitNotice::waiting(const Error& error) {
  const std::string cause = fmt::format("E{} {}", error.code().number, error.what());
  log::warn("will try again: {}", cause);
  MutexLock lock(mutex_);
  if (cause == cause_) return;
  cause_ = cause;
  status_.warning(fmt::format("waiting for the {} database: {}", database_, cause));
  publish_(cause);
}

void WaitNotice::over() {
  MutexLock lock(mutex_);
  if (cause_.empty()) return;
  cause_.clear();
  status_.line(fmt::format("the {} database works again", database_));
  publish_("");
}

}  // namespace voyager::snapshot
