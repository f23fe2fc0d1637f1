// SPDX-License-Identifier: Apache-2.0
#include "base/bell.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdint>
#include <functional>
#include <limits>
#include <optional>
#include <system_error>
#include <utility>

#include "base/error.hpp"
#include "base/file.hpp"

namespace voyager {
namespace {

constexpr ErrorCode bell_failed{9003};

[[noreturn]] void throw_bell_error(const std::filesystem::path& file) {
  const int number = errno;
  std::string remedy;
  if (number == EMFILE || number == ENOSPC)
    remedy = "Raise fs.inotify.max_user_instances and fs.inotify.max_user_watches (sysctl)";
  fail(bell_failed,
       fmt::format("cannot watch {}: {}", file.string(), std::generic_category().message(number)),
       std::move(remedy));
}

void drain(int fd) {
  std::array<char, 4096> bytes{};
  while (::read(fd, bytes.data(), bytes.size()) > 0 || errno == EINTR) {
  }
}

int milliseconds_until(std::chrono::steady_clock::time_point deadline) {
  const auto left =
      std::chrono::ceil<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now())
          .count();
  return static_cast<int>(std::clamp<std::int64_t>(left, 0, std::numeric_limits<int>::max()));
}

}  // namespace

void ring_bell(const std::filesystem::path& file) {
  if (::utimensat(AT_FDCWD, file.c_str(), nullptr, 0) != 0) throw_bell_error(file);
}

Bell::Bell(const std::filesystem::path& file)
    : file_(file),
      inotify_(::inotify_init1(IN_CLOEXEC | IN_NONBLOCK)),
      wake_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
  try {
    if (inotify_ < 0 || wake_ < 0) throw_bell_error(file_);
    File::open(file_, File::Mode::append).close();
    if (::inotify_add_watch(inotify_, file_.c_str(), IN_MODIFY | IN_ATTRIB | IN_CLOSE_WRITE) < 0)
      throw_bell_error(file_);
  } catch (...) {
    ::close(inotify_);
    ::close(wake_);
    throw;
  }
}

Bell::~Bell() {
  ::close(inotify_);
  ::close(wake_);
}

void Bell::ring() {
  ring_bell(file_);
}

bool Bell::wait(std::chrono::milliseconds timeout, const std::stop_token& stop) {
  const auto now = std::chrono::steady_clock::now();
  const auto longest = std::chrono::duration_cast<std::chrono::milliseconds>(
      std::chrono::steady_clock::time_point::max() - now);
  const auto deadline = now + std::min(timeout, longest);
  std::optional<std::stop_callback<std::function<void()>>> waker;
  waker.emplace(stop, [this] { static_cast<void>(::eventfd_write(wake_, 1)); });
  bool rang = false;
  while (true) {
    std::array<pollfd, 2> watched{{{inotify_, POLLIN, 0}, {wake_, POLLIN, 0}}};
    const int ready = ::poll(watched.data(), watched.size(), milliseconds_until(deadline));
    if (ready < 0 && errno != EINTR) throw_bell_error(file_);
    if (stop.stop_requested() || ready == 0) break;
    rang = ready > 0 && watched[0].revents != 0;
    if (rang) break;
  }
  waker.reset();
  drain(wake_);  // a later wait may come with another token
  if (rang) clear();
  return rang;
}

void Bell::clear() {
  drain(inotify_);
}

}  // namespace voyager
