// SPDX-License-Identifier: Apache-2.0
#include <fcntl.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <iostream>
#include <vector>

#include "cli/program.hpp"
#include "fuzz.hpp"
#include "support/temp_directory.hpp"

namespace voyager::fuzz {
namespace {

namespace fs = std::filesystem;

/// The program's world: an empty directory to work in, with one that it may use as --export-dir; no
/// terminal to ask, nothing to print to, no database that it knows.
class World {
 public:
  World() {
    fs::current_path(directory_.path());
    if (const int terminal = ::open("/dev/tty", O_RDONLY); terminal >= 0) {
      ::ioctl(terminal, TIOCNOTTY);
      ::close(terminal);
    }
    std::cin.setstate(std::ios::eofbit);
    std::cout.rdbuf(nullptr);
    std::cerr.rdbuf(nullptr);
  }

  int run(std::vector<std::string> arguments) {
    fs::create_directory(export_directory);
    std::vector<char*> argv;
    for (std::string& argument : arguments) argv.push_back(argument.data());
    const int code = cli::run(static_cast<int>(argv.size()), argv.data(), registry_);
    check_nothing_left(code);
    fs::remove_all(export_directory);
    return code;
  }

 private:
  /// A wrong command line (2) leaves nothing at all; nothing ever stands beside the export
  /// directory.
  static void check_nothing_left(int code) {
    for (const auto& entry : fs::directory_iterator(".")) {
      if (entry.path().filename() != export_directory) std::abort();
    }
    if (code == 2 && !fs::is_empty(export_directory)) std::abort();
    if (code < 0 || code > 3) std::abort();
  }

  static constexpr const char* export_directory = "export";
  testing::TempDirectory directory_;
  engine::Registry registry_;
};

/// Values stay below the working directory, whatever the fuzzer makes of them.
std::string harmless(std::string argument) {
  std::replace(argument.begin(), argument.end(), '/', '_');
  for (auto at = argument.find(".."); at != std::string::npos; at = argument.find(".."))
    argument.replace(at, 2, "_");
  if (argument == "." || argument.ends_with("=.")) argument.back() = '_';
  return argument;
}

}  // namespace

/// Arguments, one for each line.
void fuzz_one(std::string_view bytes) {
  static World world;
  std::vector<std::string> arguments{"yb-voyager"};
  while (!bytes.empty()) {
    const std::size_t end = std::min(bytes.find('\n'), bytes.size());
    std::string argument(bytes.substr(0, end));
    argument.erase(std::find(argument.begin(), argument.end(), '\0'), argument.end());
    arguments.push_back(harmless(std::move(argument)));
    bytes.remove_prefix(std::min(end + 1, bytes.size()));
  }
  world.run(std::move(arguments));
}

}  // namespace voyager::fuzz
