// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace voyager {

/// A child program to run to its end. Never put a password in arguments: use environment.
struct Command {
  std::vector<std::string> arguments;              ///< arguments[0] is looked up in PATH
  std::map<std::string, std::string> environment;  ///< added to our own
};

struct CommandResult {
  int exit_code = 0;  ///< 128 + signal number when it was killed
  std::string error_output;
};

/// Runs it and hands its standard output over in pieces as it comes.
/// Throws: E9010 when the program can't be started.
CommandResult run_command(const Command& command,
                          const std::function<void(std::string_view)>& output);

/// True while a process with this id exists.
bool process_alive(int pid);

}  // namespace voyager
