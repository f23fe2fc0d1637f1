// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <string>

#include "base/error.hpp"
#include "base/mutex.hpp"
#include "base/status.hpp"

namespace voyager::snapshot {

/// Tells the user once for each cause, not once for each worker and try, that a database is waited
/// for. Threads: any.
class WaitNotice {
 public:
  /// `publish` also gets the cause, and "" when it is over; it is for other processes to read.
  WaitNotice(Status& status, std::string database, std::function<void(const std::string&)> publish);

  void waiting(const Error& error);
  /// Something worked again.
  void over();

 private:
  Status& status_;
  const std::string database_;
  const std::function<void(const std::string&)> publish_;
  Mutex mutex_;
  std::string cause_ GUARDED_BY(mutex_);
};

}  // namespace voyager::snapshot
