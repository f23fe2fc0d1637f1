// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace voyager {

/// A child program to run to its end. Passwords belong neither in arguments, which everybody sees,
/// nor in the environment, which children of the child inherit: use private_files.
struct Command {
  std::vector<std::string> arguments;  ///< arguments[0] is looked up in PATH
  /// Added to our own, of which the child does not get the variables that end in _PASSWORD.
  std::map<std::string, std::string> environment;
  /// Contents of files, by the environment variable in which the child finds the file's name. They
  /// are in memory alone, readable by this user only, and gone with the last process that has them
  /// open (memfd_create(2)).
  std::map<std::string, std::string> private_files = {};
};

struct CommandResult {
  int exit_code = 0;  ///< 128 + signal number when it was killed
  std::string error_output;
};

/// Runs it and hands its standard output over in pieces as it comes.
/// Throws: E9010 when the program can't be started.
CommandResult run_command(const Command& command,
                          const std::function<void(std::string_view)>& output);

/// From now on neither a core dump nor another process of the same user may hold our memory, and
/// with it the passwords; children make no core dumps either. Source: prctl(2), PR_SET_DUMPABLE;
/// a limit alone would not stop a dump into a pipe (core(5)).
void keep_memory_private();

/// True while a process with this id exists.
bool process_alive(int pid);

}  // namespace voyager
