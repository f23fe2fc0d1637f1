// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <filesystem>
#include <stop_token>

namespace voyager {

/// Touches the file: every Bell on it rings, in all processes. For those who never wait themselves.
/// Throws: E9003 when the file does not exist.
void ring_bell(const std::filesystem::path& file);

/// Tells processes that share a directory that something changed, so that nobody polls by sleeping.
///
/// ring() touches a file; wait() returns when any process rang since this object last returned from
/// wait(), when `timeout` has passed, or when a stop is requested. Built on inotify(7).
/// A write to the file rings as well. The file is created when it is missing.
/// Threads: ring() from any; wait() from one thread for each object.
class Bell {
 public:
  explicit Bell(const std::filesystem::path& file);
  ~Bell();
  Bell(const Bell&) = delete;
  Bell& operator=(const Bell&) = delete;

  void ring();
  /// True when it rang; false on time-out or stop.
  bool wait(std::chrono::milliseconds timeout, const std::stop_token& stop = {});
  /// For poll(2) beside a socket: readable when the bell rang. clear() resets it.
  int fd() const { return inotify_; }
  void clear();

 private:
  std::filesystem::path file_;
  int inotify_ = -1;
  int wake_ = -1;  // eventfd that a stop request writes to
};

}  // namespace voyager
