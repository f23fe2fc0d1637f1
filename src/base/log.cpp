// SPDX-License-Identifier: Apache-2.0
#include "base/log.hpp"

#include <spdlog/logger.h>
#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/null_sink.h>
#include <spdlog/sinks/rotating_file_sink.h>
#include <sys/stat.h>

#include <cstdio>
#include <map>
#include <memory>

#include "base/error.hpp"

namespace voyager::log {
namespace {

constexpr ErrorCode unknown_level{1002};
constexpr ErrorCode cannot_open{9001};
constexpr std::size_t rotate_at_bytes = 200ULL << 20;
constexpr std::size_t kept_files = 10;

/// The one log of the process; a null sink until open().
std::unique_ptr<spdlog::logger>& logger() {
  static auto instance =
      std::make_unique<spdlog::logger>("voyager", std::make_shared<spdlog::sinks::null_sink_mt>());
  return instance;
}

spdlog::level::level_enum to_spdlog(Level level) {
  switch (level) {
    case Level::trace:
      return spdlog::level::trace;
    case Level::debug:
      return spdlog::level::debug;
    case Level::info:
      return spdlog::level::info;
    case Level::warn:
      return spdlog::level::warn;
    case Level::error:
      return spdlog::level::err;
    case Level::off:
      break;
  }
  return spdlog::level::off;
}

/// Rotation makes new files too, so the mode is set whenever one is opened.
spdlog::file_event_handlers private_files() {
  spdlog::file_event_handlers handlers;
  handlers.after_open = [](const spdlog::filename_t& name, std::FILE* file) {
    if (::fchmod(::fileno(file), S_IRUSR | S_IWUSR) != 0)
      fail(cannot_open, "cannot make the log file private: " + name);
  };
  return handlers;
}

std::string on_one_line(std::string_view text) {
  std::string line;
  line.reserve(text.size());
  for (const char c : text) {
    if (c == '\n') {
      line += "\\n";
    } else {
      line += c;
    }
  }
  return line;
}

}  // namespace

Level parse_level(std::string_view name) {
  static const std::map<std::string_view, Level> levels{
      {"trace", Level::trace}, {"debug", Level::debug}, {"info", Level::info},
      {"warn", Level::warn},   {"error", Level::error}, {"fatal", Level::error},
      {"panic", Level::error}};
  const auto found = levels.find(name);
  if (found == levels.end())
    fail(unknown_level, fmt::format("\"{}\" is no log level", name),
         "Use one of trace, debug, info, warn, error, fatal, panic");
  return found->second;
}

void open(const std::filesystem::path& file, Level level) {
  try {
    auto sink = std::make_shared<spdlog::sinks::rotating_file_sink_mt>(
        file.string(), rotate_at_bytes, kept_files, false, private_files());
    auto opened = std::make_unique<spdlog::logger>("voyager", std::move(sink));
    opened->set_formatter(std::make_unique<spdlog::pattern_formatter>(
        "%Y-%m-%d %H:%M:%S.%f UTC [%P] %l %v", spdlog::pattern_time_type::utc));
    opened->set_level(to_spdlog(level));
    opened->flush_on(spdlog::level::trace);  // a killed process must not take its last lines along
    logger() = std::move(opened);
  } catch (const spdlog::spdlog_ex& error) {
    fail(cannot_open, fmt::format("cannot open the log file {}: {}", file.string(), error.what()));
  }
}

void write(Level level, std::string_view line) {
  const spdlog::level::level_enum spdlog_level = to_spdlog(level);
  if (!logger()->should_log(spdlog_level)) return;
  if (line.find('\n') == std::string_view::npos) {
    logger()->log(spdlog_level, spdlog::string_view_t(line.data(), line.size()));
  } else {
    logger()->log(spdlog_level, on_one_line(line));
  }
}

}  // namespace voyager::log
