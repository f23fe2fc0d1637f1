// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <fmt/core.h>

#include <filesystem>
#include <string>
#include <string_view>

namespace voyager::log {

enum class Level { trace, debug, info, warn, error, off };

/// Level by the names of --log-level (trace, debug, info, warn, error, fatal, panic).
/// Throws: Error E1002 for any other word.
Level parse_level(std::string_view name);

/// Sends this process's log to a file (appended, rotated at 200 MB, ten kept, mode 0600).
/// Before it is called, lines go nowhere. Threads: call once, before threads start.
void open(const std::filesystem::path& file, Level level);

/// Writes one line. Never pass row data or passwords: values are named by type and length.
void write(Level level, std::string_view line);

template <typename... Args>
void debug(fmt::format_string<Args...> format, Args&&... args) {
  write(Level::debug, fmt::format(format, std::forward<Args>(args)...));
}
template <typename... Args>
void info(fmt::format_string<Args...> format, Args&&... args) {
  write(Level::info, fmt::format(format, std::forward<Args>(args)...));
}
template <typename... Args>
void warn(fmt::format_string<Args...> format, Args&&... args) {
  write(Level::warn, fmt::format(format, std::forward<Args>(args)...));
}
template <typename... Args>
void error(fmt::format_string<Args...> format, Args&&... args) {
  write(Level::error, fmt::format(format, std::forward<Args>(args)...));
}

}  // namespace voyager::log
