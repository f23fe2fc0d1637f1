// SPDX-License-Identifier: Apache-2.0
#include "base/status.hpp"

#include <algorithm>
#include <string_view>

namespace voyager {
namespace {

using Row = std::vector<std::string>;

/// Characters on the screen: UTF-8 continuation bytes take no room.
std::size_t width_of(std::string_view text) {
  return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char c) {
    return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U;
  }));
}

bool is_number(const std::string& text) {
  return !text.empty() && text.find_first_not_of("0123456789,.%-") == std::string::npos;
}

struct Layout {
  std::vector<std::size_t> widths;
  std::vector<bool> right;  // columns of numbers only
};

const std::string& cell(const Row& row, std::size_t column) {
  static const std::string empty;
  return column < row.size() ? row[column] : empty;
}

Layout measure(const Row& header, const std::vector<Row>& rows) {
  Layout layout;
  for (std::size_t i = 0; i < header.size(); ++i) {
    std::size_t width = width_of(header[i]);
    bool numbers = !rows.empty();
    for (const Row& row : rows) {
      width = std::max(width, width_of(cell(row, i)));
      numbers = numbers && is_number(cell(row, i));
    }
    layout.widths.push_back(width);
    layout.right.push_back(numbers);
  }
  return layout;
}

std::string rule(const Layout& layout) {
  std::string line = "|";
  for (const std::size_t width : layout.widths) line += " " + std::string(width, '-') + " |";
  return line + "\n";
}

std::string line_of(const Row& row, const Layout& layout) {
  std::string line = "|";
  for (std::size_t i = 0; i < layout.widths.size(); ++i) {
    const std::string& text = cell(row, i);
    const std::string padding(layout.widths[i] - width_of(text), ' ');
    line += " " + (layout.right[i] ? padding + text : text + padding) + " |";
  }
  return line + "\n";
}

}  // namespace

std::string format_table(const std::vector<std::string>& header,
                         const std::vector<std::vector<std::string>>& rows) {
  const Layout layout = measure(header, rows);
  const std::string separator = rule(layout);
  std::string table = separator + line_of(header, layout) + separator;
  for (const Row& row : rows) table += line_of(row, layout);
  if (!rows.empty()) table += separator;
  return table;
}

}  // namespace voyager
