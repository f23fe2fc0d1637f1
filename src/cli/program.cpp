// SPDX-License-Identifier: Apache-2.0
#include "cli/program.hpp"

#include <fmt/core.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <iostream>

#include "base/log.hpp"
#include "base/process.hpp"
#include "base/stop.hpp"
#include "base/text.hpp"
#include "cli/cli_errors.hpp"
#include "cli/command_table.hpp"
#include "cli/terminal.hpp"

namespace voyager::cli {
namespace {

constexpr int exit_done = 0;
constexpr int exit_failed = 1;
constexpr int exit_usage = 2;

void print_error(const std::string& line) {
  std::cerr << "yb-voyager: " << line << std::endl;
}

std::optional<std::string> process_environment(const std::string& name) {
  // NOLINTNEXTLINE(concurrency-mt-unsafe): before any thread is started
  const char* value = std::getenv(name.c_str());
  return value == nullptr ? std::nullopt : std::optional<std::string>(value);
}

/// Overwrites passwords among the arguments, which other users of the machine can read.
void hide_passwords(int argc, char** argv) {
  const std::string_view flag_end = "-password";
  for (int i = 1; i < argc; ++i) {
    const std::string_view argument = argv[i];
    const std::size_t equals = argument.find('=');
    const std::string_view flag = argument.substr(0, equals);
    if (flag.substr(0, 2) != "--" || flag.size() < flag_end.size() ||
        flag.substr(flag.size() - flag_end.size()) != flag_end)
      continue;
    char* value = equals != std::string_view::npos ? argv[i] + equals + 1
                  : i + 1 < argc                   ? argv[i + 1]
                                                   : nullptr;
    if (value != nullptr) std::memset(value, '*', std::strlen(value));
  }
}

/// Fills a command's options: command line, then environment, then configuration file.
void fill_options(const CommandEntry& entry, Command& command, OptionTable& options,
                  const std::vector<std::string>& arguments) {
  command.declare(options);
  options.parse_arguments(arguments);
  if (options.help_wanted()) return;
  options.apply_environment(process_environment);
  if (!command.common().config_file.empty()) {
    const ConfigFile config = ConfigFile::load(command.common().config_file);
    config.check(config_keys());
    options.apply_config(config, entry.sections);
  }
  options.check_required();
  command.check();
}

void open_log(const CommandEntry& entry, const Command& command, const exportdir::Layout& layout) {
  const log::Level level = log::parse_level(command.common().log_level);
  // A command that only looks must not fill a directory that holds no migration.
  if (!std::filesystem::is_directory(layout.logs())) return;
  log::open(layout.log_file(entry.name), level);
  log::info("yb-voyager {} {}", VOYAGER_VERSION, entry.words);
}

int run_command(const CommandEntry& entry, Command& command, const OptionTable& options,
                const engine::Registry& registry) {
  for (const auto& [name, value] : options.exported_variables())
    // The environment wins over the file. NOLINTNEXTLINE(concurrency-mt-unsafe): no thread runs yet
    ::setenv(name.c_str(), value.c_str(), 0);
  const std::stop_token stop = stop_on_signals();
  const CommonOptions& common = command.common();
  const exportdir::Layout layout{std::filesystem::path(common.export_dir)};
  if (entry.starts_migration) layout.create();
  if (entry.needs_directory) open_log(entry, command, layout);
  const bool document = command.prints_document();
  Terminal terminal(document ? std::cerr : std::cout, std::cin,
                    detect_terminal(document ? STDERR_FILENO : STDOUT_FILENO,
                                    common.disable_progress, common.yes));
  const Session session{registry, layout, terminal, std::cout, stop, ask_password_at_terminal};
  const int code = command.run(session);
  std::cout.flush();
  if (code == exit_done && stop.stop_requested()) {
    print_error("stopped by a signal; the same command goes on from here");
    return exit_failed;
  }
  return code;
}

/// Runs `work`; an error becomes one line and this exit code.
template <typename Work>
int guarded(int code_of_failure, Work work) {
  try {
    return work();
  } catch (const Error& error) {
    log::error("{}", error.line());
    print_error(error.line());
  } catch (const std::exception& error) {
    const std::string line = fmt::format("E{} {}", unexpected.number, error.what());
    log::error("{}", line);
    print_error(line);
  }
  return code_of_failure;
}

int run_entry(const CommandEntry& entry, const std::vector<std::string>& arguments,
              const engine::Registry& registry) {
  const std::unique_ptr<Command> command = entry.make();
  OptionTable options;
  const int parsed = guarded(exit_usage, [&] {
    fill_options(entry, *command, options, arguments);
    return exit_done;
  });
  if (parsed != exit_done) return parsed;
  if (options.help_wanted()) {
    std::cout << command_help(entry);
    return exit_done;
  }
  return guarded(exit_failed, [&] { return run_command(entry, *command, options, registry); });
}

int refuse_unknown(const std::vector<std::string>& words) {
  return guarded(exit_usage, [&]() -> int {
    const std::optional<std::string> meant = suggestion(words);
    fail(unknown_command, fmt::format("there is no command '{}'", join(words, " ")),
         meant ? fmt::format("Did you mean '{}'?", *meant) : "yb-voyager --help lists them");
  });
}

}  // namespace

int run(int argc, char** argv, const engine::Registry& registry) {
  ::umask(077);
  keep_memory_private();
  const std::vector<std::string> arguments(argv + std::min(argc, 1), argv + argc);
  hide_passwords(argc, argv);
  std::vector<std::string> words = leading_words(arguments);
  const std::vector<std::string> flags(
      arguments.begin() + static_cast<std::ptrdiff_t>(words.size()), arguments.end());
  const bool help_word = !words.empty() && words.front() == "help";
  if (help_word) words.erase(words.begin());
  const CommandEntry* entry = find_command(words);
  if (entry != nullptr)
    return run_entry(*entry, help_word ? std::vector<std::string>{"--help"} : flags, registry);
  const bool asks_for_help = flags.empty() || flags.front() == "--help" || flags.front() == "-h";
  const auto under = commands_under(words);
  if (under.empty() || !asks_for_help) return refuse_unknown(words.empty() ? flags : words);
  std::cout << overview(under);
  return exit_done;
}

}  // namespace voyager::cli
