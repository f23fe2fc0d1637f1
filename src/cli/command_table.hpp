// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "cli/command.hpp"

namespace voyager::cli {

/// A command as it is found and listed.
struct CommandEntry {
  std::string words;    ///< "export data from source"
  std::string summary;  ///< one line of help
  std::string name;     ///< of its log file and configuration sections; aliases have the same
  bool needs_directory = true;    ///< has --export-dir
  bool starts_migration = false;  ///< creates what is missing in the export directory
  std::function<std::unique_ptr<Command>()> make;
  /// Names of its section in the configuration file.
  std::vector<std::string> sections;
};

const std::vector<CommandEntry>& command_table();

/// The words in front of the first flag.
std::vector<std::string> leading_words(const std::vector<std::string>& arguments);

/// The command with exactly these words, or null.
const CommandEntry* find_command(const std::vector<std::string>& words);

/// The commands whose words begin with these (all for none).
std::vector<const CommandEntry*> commands_under(const std::vector<std::string>& words);

/// The command that unknown words probably mean, or nothing.
std::optional<std::string> suggestion(const std::vector<std::string>& words);

/// The list of commands for `yb-voyager --help` and for words that only begin commands.
std::string overview(const std::vector<const CommandEntry*>& entries);

/// Usage line, summary and flags of one command.
std::string command_help(const CommandEntry& entry);

/// Every key that the configuration file may hold, from the options of all commands.
ConfigKeys config_keys();

}  // namespace voyager::cli
