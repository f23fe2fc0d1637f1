// SPDX-License-Identifier: Apache-2.0
#include "base/process.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <system_error>
#include <utility>

#include "base/error.hpp"

namespace voyager {
namespace {

constexpr ErrorCode cannot_start{9010};
constexpr ErrorCode cannot_follow{9011};
/// Enough for every message of a client program; the rest of an endless one is dropped.
constexpr std::size_t kept_error_bytes = 1U << 20U;

[[noreturn]] void throw_start_error(const std::string& program, int number) {
  fail(cannot_start,
       fmt::format("cannot start {}: {}", program, std::generic_category().message(number)),
       number == ENOENT ? "Install it, or put its directory into PATH" : "");
}

class Pipe {
 public:
  explicit Pipe(const std::string& program) {
    if (::pipe2(ends_.data(), O_CLOEXEC) != 0) throw_start_error(program, errno);
  }
  ~Pipe() {
    close(0);
    close(1);
  }
  Pipe(const Pipe&) = delete;
  Pipe& operator=(const Pipe&) = delete;

  int read_end() const { return ends_[0]; }
  int write_end() const { return ends_[1]; }
  void close(std::size_t end) {
    const int fd = std::exchange(ends_[end], -1);
    if (fd >= 0) ::close(fd);
  }

 private:
  std::array<int, 2> ends_{-1, -1};
};

/// A started child; killed when it is left before its end.
class Child {
 public:
  explicit Child(pid_t pid) : pid_(pid) {}
  ~Child() {
    if (pid_ <= 0) return;
    ::kill(pid_, SIGKILL);
    static_cast<void>(wait());
  }
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;

  int wait() {
    int status = 0;
    while (::waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
    }
    pid_ = 0;
    return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
  }

 private:
  pid_t pid_;
};

/// The C arrays that posix_spawn wants, with the strings behind them.
class Pointers {
 public:
  explicit Pointers(std::vector<std::string> texts) : texts_(std::move(texts)) {
    for (std::string& text : texts_) pointers_.push_back(text.data());
    pointers_.push_back(nullptr);
  }
  char* const* get() const { return pointers_.data(); }

 private:
  std::vector<std::string> texts_;
  std::vector<char*> pointers_;
};

/// A file without a name in any directory.
class MemoryFile {
 public:
  MemoryFile(const std::string& program, std::string_view content)
      : fd_(::memfd_create("private", MFD_CLOEXEC)) {
    // Clients pass over a file of passwords that others might read.
    const bool made =
        fd_ >= 0 && ::fchmod(fd_, S_IRUSR | S_IWUSR) == 0 &&
        ::write(fd_, content.data(), content.size()) == static_cast<ssize_t>(content.size());
    if (!made) throw_start_error(program, errno);
  }
  ~MemoryFile() {
    if (fd_ >= 0) ::close(fd_);
  }
  MemoryFile(MemoryFile&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  MemoryFile& operator=(MemoryFile&&) = delete;
  MemoryFile(const MemoryFile&) = delete;
  MemoryFile& operator=(const MemoryFile&) = delete;

  int fd() const { return fd_; }
  std::string name() const { return fmt::format("/proc/self/fd/{}", fd_); }

 private:
  int fd_;
};

std::vector<std::string> environment_with(const std::map<std::string, std::string>& added) {
  std::vector<std::string> all;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string text = *entry;
    const std::string name = text.substr(0, text.find('='));
    if (added.count(name) == 0 && !name.ends_with("_PASSWORD")) all.push_back(text);
  }
  for (const auto& [name, value] : added) all.push_back(fmt::format("{}={}", name, value));
  return all;
}

struct Actions {
  posix_spawn_file_actions_t value{};
  Actions() { posix_spawn_file_actions_init(&value); }
  ~Actions() { posix_spawn_file_actions_destroy(&value); }
  Actions(const Actions&) = delete;
  Actions& operator=(const Actions&) = delete;
};

struct Attributes {
  posix_spawnattr_t value{};
  /// We block or ignore these signals ourselves; the child must not inherit that.
  Attributes() {
    posix_spawnattr_init(&value);
    sigset_t set;
    sigemptyset(&set);
    posix_spawnattr_setsigmask(&value, &set);
    for (const int number : {SIGPIPE, SIGINT, SIGTERM}) sigaddset(&set, number);
    posix_spawnattr_setsigdefault(&value, &set);
    posix_spawnattr_setflags(&value, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
  }
  ~Attributes() { posix_spawnattr_destroy(&value); }
  Attributes(const Attributes&) = delete;
  Attributes& operator=(const Attributes&) = delete;
};

pid_t spawn(const Command& command, const Pipe& output, const Pipe& errors) {
  const Pointers arguments(command.arguments);
  std::map<std::string, std::string> added = command.environment;
  std::vector<MemoryFile> files;
  Actions actions;
  for (const auto& [variable, content] : command.private_files) {
    const MemoryFile& file = files.emplace_back(command.arguments.at(0), content);
    added[variable] = file.name();
    // The same number twice: the child keeps it open (POSIX.1-2024).
    posix_spawn_file_actions_adddup2(&actions.value, file.fd(), file.fd());
  }
  const Pointers environment(environment_with(added));
  posix_spawn_file_actions_addopen(&actions.value, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_adddup2(&actions.value, output.write_end(), STDOUT_FILENO);
  posix_spawn_file_actions_adddup2(&actions.value, errors.write_end(), STDERR_FILENO);
  const Attributes attributes;
  pid_t pid = 0;
  const int failure = ::posix_spawnp(&pid, command.arguments.at(0).c_str(), &actions.value,
                                     &attributes.value, arguments.get(), environment.get());
  if (failure != 0) throw_start_error(command.arguments.at(0), failure);
  return pid;
}

/// One read; an empty view at the end of the stream.
std::string_view read_some(int fd, std::array<char, 65536>& buffer) {
  ssize_t n = ::read(fd, buffer.data(), buffer.size());
  while (n < 0 && errno == EINTR) n = ::read(fd, buffer.data(), buffer.size());
  if (n < 0) fail(cannot_follow, "cannot read the output of a child program");
  return {buffer.data(), static_cast<std::size_t>(n)};
}

/// Both streams at once, else a child that fills one pipe while we read the other would hang.
void follow(Pipe& output, Pipe& errors, const std::function<void(std::string_view)>& sink,
            std::string& error_output) {
  std::array<char, 65536> buffer{};
  while (output.read_end() >= 0 || errors.read_end() >= 0) {
    std::array<pollfd, 2> watched{{{output.read_end(), POLLIN, 0}, {errors.read_end(), POLLIN, 0}}};
    if (::poll(watched.data(), watched.size(), -1) < 0) continue;  // EINTR
    if (watched[0].revents != 0) {
      const std::string_view piece = read_some(output.read_end(), buffer);
      if (piece.empty()) output.close(0);
      if (!piece.empty() && sink) sink(piece);
    }
    if (watched[1].revents != 0) {
      const std::string_view piece = read_some(errors.read_end(), buffer);
      if (piece.empty()) errors.close(0);
      error_output += piece.substr(0, kept_error_bytes - error_output.size());
    }
  }
}

}  // namespace

CommandResult run_command(const Command& command,
                          const std::function<void(std::string_view)>& output) {
  if (command.arguments.empty()) fail(cannot_start, "no program was given to start");
  Pipe out(command.arguments[0]);
  Pipe err(command.arguments[0]);
  Child child(spawn(command, out, err));
  out.close(1);
  err.close(1);
  CommandResult result;
  follow(out, err, output, result.error_output);
  result.exit_code = child.wait();
  return result;
}

void keep_memory_private() {
  const rlimit none{0, 0};
  // Neither can fail for an ordinary process, and nobody can do anything about it.
  static_cast<void>(::setrlimit(RLIMIT_CORE, &none));
  static_cast<void>(::prctl(PR_SET_DUMPABLE, 0, 0, 0, 0));
}

bool process_alive(int pid) {
  return pid > 0 && (::kill(pid, 0) == 0 || errno == EPERM);
}

}  // namespace voyager
