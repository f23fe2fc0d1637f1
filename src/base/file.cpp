// SPDX-License-Identifier: Apache-2.0
#include "base/file.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <system_error>
#include <utility>

#include "base/abandoned_copies.hpp"
#include "base/error.hpp"
#include "base/failpoint.hpp"
#include "base/text.hpp"

namespace voyager {
namespace {

constexpr ErrorCode file_failed{9001};
constexpr ErrorCode file_system_full{9002};
constexpr mode_t private_file = S_IRUSR | S_IWUSR;

[[noreturn]] void throw_file_error(std::string_view what, const std::filesystem::path& path) {
  const int number = errno;
  const std::string message =
      fmt::format("cannot {} {}: {}", what, path.string(), std::generic_category().message(number));
  if (number == ENOSPC || number == EDQUOT)
    throw Error(file_system_full, Action::retry, message, "Make room in the file system");
  fail(file_failed, message);
}

int flags_of(File::Mode mode) {
  switch (mode) {
    case File::Mode::read:
      return O_RDONLY;
    case File::Mode::append:
      return O_WRONLY | O_CREAT | O_APPEND;
    case File::Mode::create:
      return O_WRONLY | O_CREAT | O_TRUNC;
    case File::Mode::read_write:
      break;
  }
  return O_RDWR | O_CREAT;
}

template <typename Call>
auto retry_interrupted(Call call) {
  auto result = call();
  while (result < 0 && errno == EINTR) result = call();
  return result;
}

std::filesystem::path directory_of(const std::filesystem::path& path) {
  return path.has_parent_path() ? path.parent_path() : ".";
}

}  // namespace

File File::open(const std::filesystem::path& path, Mode mode) {
  File file;
  file.path_ = path;
  file.fd_ = retry_interrupted(
      [&] { return ::open(path.c_str(), flags_of(mode) | O_CLOEXEC, private_file); });
  if (file.fd_ < 0) throw_file_error("open", path);
  return file;
}

File::~File() {
  if (fd_ >= 0) ::close(fd_);
}

File::File(File&& other) noexcept
    : fd_(std::exchange(other.fd_, -1)), path_(std::move(other.path_)) {}

File& File::operator=(File&& other) noexcept {
  if (this == &other) return *this;
  if (fd_ >= 0) ::close(fd_);
  fd_ = std::exchange(other.fd_, -1);
  path_ = std::move(other.path_);
  return *this;
}

void File::write(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t n = retry_interrupted([&] { return ::write(fd_, bytes.data(), bytes.size()); });
    if (n < 0) throw_file_error("write", path_);
    bytes.remove_prefix(static_cast<std::size_t>(n));
  }
}

void File::write_at(std::uint64_t offset, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t n = retry_interrupted(
        [&] { return ::pwrite(fd_, bytes.data(), bytes.size(), static_cast<off_t>(offset)); });
    if (n < 0) throw_file_error("write", path_);
    bytes.remove_prefix(static_cast<std::size_t>(n));
    offset += static_cast<std::uint64_t>(n);
  }
}

std::size_t File::read_at(std::uint64_t offset, std::span<char> buffer) const {
  std::size_t done = 0;
  while (done < buffer.size()) {
    const ssize_t n = retry_interrupted([&] {
      return ::pread(fd_, buffer.data() + done, buffer.size() - done,
                     static_cast<off_t>(offset + done));
    });
    if (n < 0) throw_file_error("read", path_);
    if (n == 0) break;
    done += static_cast<std::size_t>(n);
  }
  return done;
}

std::uint64_t File::size() const {
  struct stat status {};
  if (::fstat(fd_, &status) != 0) throw_file_error("look at", path_);
  return static_cast<std::uint64_t>(status.st_size);
}

void File::truncate(std::uint64_t size) {
  if (retry_interrupted([&] { return ::ftruncate(fd_, static_cast<off_t>(size)); }) != 0)
    throw_file_error("truncate", path_);
}

void File::sync() {
  if (retry_interrupted([&] { return ::fdatasync(fd_); }) != 0) throw_file_error("sync", path_);
}

void File::close() {
  const int fd = std::exchange(fd_, -1);
  if (fd >= 0 && ::close(fd) != 0 && errno != EINTR) throw_file_error("close", path_);
}

void make_directory(const std::filesystem::path& path) {
  if (path.empty() || std::filesystem::is_directory(path)) return;
  make_directory(path.parent_path());
  if (::mkdir(path.c_str(), S_IRWXU) != 0 && errno != EEXIST)
    throw_file_error("create directory", path);
}

void sync_directory(const std::filesystem::path& directory) {
  const int fd = ::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0) throw_file_error("open directory", directory);
  const int result = retry_interrupted([&] { return ::fsync(fd); });
  const int failure = errno;
  ::close(fd);
  errno = failure;
  if (result != 0) throw_file_error("sync directory", directory);
}

void remove_abandoned_copies(const std::filesystem::path& path) {
  constexpr std::string_view suffix = ".tmp";
  const std::string prefix = path.filename().string() + ".";
  std::error_code ignored;
  for (std::filesystem::directory_iterator entry(directory_of(path), ignored), end;
       !ignored && entry != end; entry.increment(ignored)) {
    const std::string name = entry->path().filename().string();
    if (!name.starts_with(prefix) || !name.ends_with(suffix)) continue;
    const auto pid =
        parse_int(name.substr(prefix.size(), name.size() - prefix.size() - suffix.size()));
    const bool ended =
        pid.value_or(0) > 0 && ::kill(static_cast<pid_t>(*pid), 0) != 0 && errno == ESRCH;
    std::error_code in_use;
    if (ended) std::filesystem::remove_all(entry->path(), in_use);
  }
}

void write_file_atomically(const std::filesystem::path& path, std::string_view content) {
  std::filesystem::path temporary = path;
  temporary += fmt::format(".{}.tmp", ::getpid());
  try {
    File file = File::open(temporary, File::Mode::create);
    file.write(content);
    if (::fsync(file.fd()) != 0) throw_file_error("sync", temporary);
    file.close();
    VOYAGER_FAILPOINT("file.before_rename");
    if (::rename(temporary.c_str(), path.c_str()) != 0) throw_file_error("replace", path);
  } catch (...) {
    ::unlink(temporary.c_str());
    throw;
  }
  remove_abandoned_copies(path);
  sync_directory(directory_of(path));
}

std::string read_file(const std::filesystem::path& path) {
  const File file = File::open(path, File::Mode::read);
  std::string content(file.size(), '\0');
  content.resize(file.read_at(0, content));
  return content;
}

}  // namespace voyager
