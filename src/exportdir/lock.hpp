// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <optional>
#include <string_view>

#include "base/file.hpp"
#include "exportdir/layout.hpp"

namespace voyager::exportdir {

/// One process for each role in one export directory. The lock ends with the process, however it
/// dies; the file holds the pid for people. It is an open file description lock (fcntl(2),
/// F_OFD_SETLK), because that kind can be looked at by holder() without taking it for a moment.
class RoleLock {
 public:
  /// Throws: E2010 naming the role and the pid that holds it.
  static RoleLock take(const Layout& layout, std::string_view role);
  /// For what is held for a moment only: waits for its turn, up to ten seconds. Throws: as take().
  static RoleLock take_in_turn(const Layout& layout, std::string_view role);
  /// The pid of the live process that holds the role now, if any.
  static std::optional<int> holder(const Layout& layout, std::string_view role);

 private:
  static RoleLock take_within(const Layout& layout, std::string_view role,
                              std::chrono::seconds patience);
  explicit RoleLock(File file) : file_(std::move(file)) {}
  File file_;
};

}  // namespace voyager::exportdir
