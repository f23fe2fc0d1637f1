// SPDX-License-Identifier: Apache-2.0
#include "support/child.hpp"

#include <fcntl.h>
#include <grp.h>
#include <poll.h>
#include <pwd.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <system_error>
#include <utility>

extern char** environ;

namespace voyager::testing {
namespace {

/// Everything the child needs, prepared before fork(): after it only system calls are allowed.
struct Prepared {
  std::vector<std::string> words;
  std::vector<char*> arguments;
  std::vector<std::string> settings;
  std::vector<char*> environment;
  std::string output;
  std::string errors;
  uid_t uid = 0;
  gid_t gid = 0;
  bool change_user = false;
  bool own_session = false;
  int signal_with_parent = 0;
  pid_t parent = 0;
};

std::vector<char*> pointers(std::vector<std::string>& texts) {
  std::vector<char*> result;
  result.reserve(texts.size() + 1);
  for (std::string& text : texts) {
    result.push_back(text.data());
  }
  result.push_back(nullptr);
  return result;
}

std::vector<std::string> merged_environment(const std::map<std::string, std::string>& added) {
  std::vector<std::string> result;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string text = *entry;
    if (added.count(text.substr(0, text.find('='))) == 0) {
      result.push_back(text);
    }
  }
  for (const auto& [name, value] : added) {
    result.push_back(name + "=" + value);
  }
  return result;
}

void prepare_user(const std::string& user, Prepared& prepared) {
  if (user.empty() || geteuid() != 0) {
    return;
  }
  const passwd* entry = getpwnam(user.c_str());
  if (entry == nullptr) {
    throw std::runtime_error("no such user: " + user);
  }
  prepared.change_user = true;
  prepared.uid = entry->pw_uid;
  prepared.gid = entry->pw_gid;
}

Prepared prepare(const ChildOptions& options) {
  Prepared prepared;
  prepared.words = options.arguments;
  prepared.settings = merged_environment(options.environment);
  prepared.output = options.output.empty() ? "/dev/null" : options.output.string();
  prepared.errors = options.errors.empty() ? "/dev/null" : options.errors.string();
  prepared.own_session = options.own_session;
  prepared.signal_with_parent = options.signal_with_parent;
  prepared.parent = getpid();
  prepare_user(options.user, prepared);
  return prepared;
}

bool redirect(const char* path, int flags, int to) {
  const int fd = open(path, flags, 0600);
  return fd >= 0 && dup2(fd, to) >= 0;
}

bool become(const Prepared& prepared) {
  if (prepared.own_session) {
    setsid();
  }
  if (prepared.change_user && (setgroups(1, &prepared.gid) != 0 || setgid(prepared.gid) != 0 ||
                               setuid(prepared.uid) != 0)) {
    return false;
  }
  // After setuid(), which clears it.
  return prepared.signal_with_parent == 0 ||
         (prctl(PR_SET_PDEATHSIG, prepared.signal_with_parent) == 0 &&
          getppid() == prepared.parent);
}

/// In the child. Reports why it failed through `report`, which a successful exec closes.
[[noreturn]] void start(Prepared& prepared, int input, int report) {
  constexpr int write_flags = O_WRONLY | O_CREAT | O_APPEND;
  const bool ready = (input >= 0 ? dup2(input, STDIN_FILENO) >= 0
                                 : redirect("/dev/null", O_RDONLY, STDIN_FILENO)) &&
                     redirect(prepared.output.c_str(), write_flags, STDOUT_FILENO) &&
                     redirect(prepared.errors.c_str(), write_flags, STDERR_FILENO) &&
                     become(prepared);
  if (ready) {
    environ = prepared.environment.data();
    execvp(prepared.arguments[0], prepared.arguments.data());
  }
  const int why = errno;
  static_cast<void>(!write(report, &why, sizeof why));
  _exit(127);
}

std::array<int, 2> make_pipe() {
  std::array<int, 2> ends{};
  if (pipe2(ends.data(), O_CLOEXEC) != 0) {
    throw std::system_error(errno, std::generic_category(), "pipe");
  }
  return ends;
}

void close_if_open(int& fd) {
  if (fd >= 0) {
    ::close(fd);
    fd = -1;
  }
}

}  // namespace

Child::Child(const ChildOptions& options) : output_(options.output), errors_(options.errors) {
  Prepared prepared = prepare(options);
  prepared.arguments = pointers(prepared.words);
  prepared.environment = pointers(prepared.settings);
  std::array<int, 2> input{-1, -1};
  if (options.with_input) {
    input = make_pipe();
  }
  std::array<int, 2> report = make_pipe();
  pid_ = fork();
  if (pid_ < 0) {
    throw std::system_error(errno, std::generic_category(), "fork");
  }
  if (pid_ == 0) {
    start(prepared, input[0], report[1]);
  }
  close_if_open(input[0]);
  close_if_open(report[1]);
  input_ = input[1];
  int why = 0;
  const bool failed = read(report[0], &why, sizeof why) == static_cast<ssize_t>(sizeof why);
  close_if_open(report[0]);
  pidfd_ = static_cast<int>(syscall(SYS_pidfd_open, pid_, 0));
  if (failed) {
    reap(0);
    close_if_open(input_);
    close_if_open(pidfd_);
    throw std::system_error(why, std::generic_category(), "can't start " + options.arguments[0]);
  }
}

Child::Child(Child&& other) noexcept
    : pid_(std::exchange(other.pid_, -1)),
      pidfd_(std::exchange(other.pidfd_, -1)),
      input_(std::exchange(other.input_, -1)),
      exit_code_(other.exit_code_),
      output_(std::move(other.output_)),
      errors_(std::move(other.errors_)) {}

Child::~Child() {
  if (pid_ > 0 && running()) {
    kill();
    reap(0);
  }
  close_if_open(input_);
  close_if_open(pidfd_);
}

bool Child::reap(int flags) {
  if (exit_code_) {
    return true;
  }
  int status = 0;
  pid_t result = 0;
  do {
    result = waitpid(pid_, &status, flags);
  } while (result < 0 && errno == EINTR);
  if (result == 0) {
    return false;
  }
  exit_code_ = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  return true;
}

bool Child::running() {
  return !reap(WNOHANG);
}

std::optional<int> Child::wait_for(std::chrono::milliseconds limit) {
  const auto end = std::chrono::steady_clock::now() + limit;
  while (!reap(WNOHANG)) {
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(
        end - std::chrono::steady_clock::now());
    if (left.count() <= 0) {
      return std::nullopt;
    }
    // The descriptor of a process becomes readable when it ends.
    pollfd wanted{pidfd_, POLLIN, 0};
    poll(&wanted, 1, static_cast<int>(left.count()));
  }
  return exit_code_;
}

int Child::wait(std::chrono::milliseconds limit) {
  if (const std::optional<int> code = wait_for(limit)) {
    return *code;
  }
  kill();
  reap(0);
  throw std::runtime_error("a child process did not end in " +
                           std::to_string(limit.count() / 1000) + " s: " + errors());
}

void Child::signal(int number) {
  if (running()) {
    ::kill(pid_, number);
  }
}

void Child::close_input() {
  close_if_open(input_);
}

std::string Child::output() const {
  return file_text(output_);
}
std::string Child::errors() const {
  return file_text(errors_);
}

void run(const std::vector<std::string>& arguments, const std::string& user) {
  std::string errors = "/tmp/voyager-run.XXXXXX";
  const int fd = mkstemp(errors.data());
  if (fd < 0) {
    throw std::system_error(errno, std::generic_category(), errors);
  }
  ::close(fd);
  ChildOptions options;
  options.arguments = arguments;
  options.errors = errors;
  options.user = user;
  std::string text;
  int code = 0;
  try {
    Child child(options);
    code = child.wait();
    text = child.errors();
  } catch (...) {
    unlink(errors.c_str());
    throw;
  }
  unlink(errors.c_str());
  if (code != 0) {
    throw std::runtime_error(arguments[0] + " failed with " + std::to_string(code) + ": " + text);
  }
}

std::string file_text(const std::filesystem::path& path) {
  const std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

}  // namespace voyager::testing
