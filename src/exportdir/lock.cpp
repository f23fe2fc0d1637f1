// SPDX-License-Identifier: Apache-2.0
#include "exportdir/lock.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <filesystem>
#include <system_error>
#include <thread>

#include "base/error.hpp"
#include "base/text.hpp"

namespace voyager::exportdir {
namespace {

constexpr ErrorCode role_is_taken{2010};
constexpr ErrorCode cannot_lock{2011};

struct flock whole_file() {
  struct flock lock {};
  lock.l_type = F_WRLCK;
  lock.l_whence = SEEK_SET;
  return lock;
}

bool try_lock(const File& file) {
  struct flock lock = whole_file();
  if (::fcntl(file.fd(), F_OFD_SETLK, &lock) == 0) return true;
  if (errno == EAGAIN || errno == EACCES) return false;
  fail(cannot_lock, fmt::format("cannot lock {}: {}", file.path().string(),
                                std::generic_category().message(errno)));
}

/// Again and again: the system has no wait for a lock that ends by itself.
bool lock_within(const File& file, std::chrono::seconds patience) {
  const auto end = std::chrono::steady_clock::now() + patience;
  while (!try_lock(file)) {
    if (std::chrono::steady_clock::now() >= end) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  return true;
}

bool is_locked(const File& file) {
  struct flock lock = whole_file();
  if (::fcntl(file.fd(), F_OFD_GETLK, &lock) != 0)
    fail(cannot_lock, fmt::format("cannot look at the lock {}: {}", file.path().string(),
                                  std::generic_category().message(errno)));
  return lock.l_type != F_UNLCK;
}

std::optional<int> pid_in(const File& file) {
  std::array<char, 32> text{};
  const std::size_t size = file.read_at(0, text);
  const auto pid = parse_int(trim(std::string_view(text.data(), size)));
  if (!pid) return std::nullopt;
  return static_cast<int>(*pid);
}

}  // namespace

RoleLock RoleLock::take(const Layout& layout, std::string_view role) {
  return take_within(layout, role, {});
}

RoleLock RoleLock::take_in_turn(const Layout& layout, std::string_view role) {
  return take_within(layout, role, std::chrono::seconds(10));
}

RoleLock RoleLock::take_within(const Layout& layout, std::string_view role,
                               std::chrono::seconds patience) {
  File file = File::open(layout.lock_file(role), File::Mode::read_write);
  if (!lock_within(file, patience)) {
    const auto pid = pid_in(file);
    fail(role_is_taken,
         fmt::format("another yb-voyager process{} is the {} of this export directory",
                     pid ? fmt::format(" (pid {})", *pid) : "", role),
         "Wait for it to end, or stop it");
  }
  file.truncate(0);
  file.write_at(0, fmt::format("{}\n", ::getpid()));
  return RoleLock(std::move(file));
}

std::optional<int> RoleLock::holder(const Layout& layout, std::string_view role) {
  const std::filesystem::path path = layout.lock_file(role);
  if (!std::filesystem::exists(path)) return std::nullopt;
  const File file = File::open(path, File::Mode::read);
  if (!is_locked(file)) return std::nullopt;
  return pid_in(file);
}

}  // namespace voyager::exportdir
