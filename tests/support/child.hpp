// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <chrono>
#include <csignal>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace voyager::testing {

/// What to start and how.
struct ChildOptions {
  std::vector<std::string> arguments;              ///< arguments[0] is a path or looked up in PATH
  std::map<std::string, std::string> environment;  ///< added to our own
  std::filesystem::path output;                    ///< standard output; empty: /dev/null
  std::filesystem::path errors;                    ///< standard error; empty: /dev/null
  std::string user;  ///< become this user first, where we are root; empty: stay
  /// Standard input is the reading end of a pipe that close_input() closes; otherwise /dev/null.
  bool with_input = false;
  /// Leave our process group, so that Ctrl-C and a group kill don't reach it.
  bool own_session = false;
  /// Sent to the child when the thread that started it ends; 0: nothing is sent.
  int signal_with_parent = SIGKILL;
};

/// A running child process. The destructor kills (SIGKILL) and reaps what still runs.
/// Threads: one at a time; start it from a thread that lives as long as the child.
class Child {
 public:
  /// Throws: std::runtime_error when the program can't be started.
  explicit Child(const ChildOptions& options);
  ~Child();
  Child(Child&& other) noexcept;
  Child& operator=(Child&&) = delete;
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;

  pid_t pid() const { return pid_; }
  bool running();
  /// The exit code (128 + signal number when it was killed), or nothing when the time is over.
  std::optional<int> wait_for(std::chrono::milliseconds limit);
  /// As wait_for; kills the child and throws std::runtime_error when the time is over.
  int wait(std::chrono::milliseconds limit = std::chrono::minutes(2));
  /// Does nothing once the child has ended.
  void signal(int number);
  void kill() { signal(SIGKILL); }
  void close_input();

  /// What it has written so far.
  std::string output() const;
  std::string errors() const;

 private:
  bool reap(int flags);

  pid_t pid_ = -1;
  int pidfd_ = -1;
  int input_ = -1;
  std::optional<int> exit_code_;
  std::filesystem::path output_;
  std::filesystem::path errors_;
};

/// Runs a program to its end. Throws: std::runtime_error with its standard error when it fails.
void run(const std::vector<std::string>& arguments, const std::string& user = "");

/// The whole file; empty when there is none.
std::string file_text(const std::filesystem::path& path);

}  // namespace voyager::testing
