// SPDX-License-Identifier: Apache-2.0
#include "cli/panel.hpp"

#include <fmt/core.h>

#include <algorithm>

#include "base/text.hpp"

namespace voyager::cli {
namespace {

// The documented widths: the importer's table has the narrow first column, the exporter's the wide
// one.
constexpr std::size_t narrow_name = 30;
constexpr std::size_t wide_name = 40;
constexpr std::size_t value_width = 30;

std::string panel_line(const std::string& name, const std::string& value, std::size_t width) {
  return fmt::format("| {:<{}} | {:>{}} |", name, width, value, value_width);
}

}  // namespace

std::vector<std::string> format_panel(const Status::Rows& rows) {
  std::size_t width = narrow_name;
  for (const auto& row : rows)
    if (row.first.size() > width) width = std::max(wide_name, row.first.size());
  const std::string rule =
      panel_line(std::string(width - 1, '-'), " " + std::string(value_width - 1, '-'), width);
  std::vector<std::string> lines = {rule, panel_line("Metric", "Value", width), rule};
  for (const auto& [name, value] : rows) lines.push_back(panel_line(name, value, width));
  lines.push_back(rule);
  return lines;
}

std::string format_bar(const std::string& item, std::uint64_t done, std::uint64_t total) {
  if (total == 0) return fmt::format("{:<40} {:>20}", item, with_thousands(done));
  constexpr std::uint64_t cells = 20;
  const std::uint64_t shown = std::min(done, total);
  // Divided first as floating point: done * 100 could overflow for byte counts.
  const double part = static_cast<double>(shown) / static_cast<double>(total);
  const auto filled = static_cast<std::size_t>(part * static_cast<double>(cells));
  return fmt::format("{:<40} [{}{}] {:>3}% {}/{}", item, std::string(filled, '#'),
                     std::string(cells - filled, '-'), static_cast<int>(part * 100),
                     with_thousands(done), with_thousands(total));
}

std::string cut_to_width(const std::string& text, std::size_t columns) {
  if (text.size() <= columns) return text;
  std::size_t end = columns;
  const auto continues = [&](std::size_t at) {
    return (static_cast<unsigned char>(text[at]) & 0xC0U) == 0x80U;
  };
  while (end > 0 && continues(end)) --end;
  return text.substr(0, end);
}

}  // namespace voyager::cli
