// SPDX-License-Identifier: Apache-2.0
#include "assess/csv.hpp"

#include <fmt/format.h>

#include <charconv>
#include <cmath>
#include <nlohmann/json.hpp>
#include <utility>

#include "assess/errors.hpp"
#include "base/error.hpp"
#include "base/file.hpp"
#include "base/text.hpp"

namespace voyager::assess {
namespace {

[[noreturn]] void fail_in(const std::filesystem::path& path, std::size_t line,
                          std::string_view problem) {
  fail(unreadable_metadata, fmt::format("{} line {}: {}", path.string(), line, problem),
       "Gather the metadata again");
}

constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";

/// As the report's writer asks for it.
bool is_utf8(const std::string& text) {
  try {
    static_cast<void>(nlohmann::json(text).dump());
    return true;
  } catch (const nlohmann::json::exception&) {
    return false;
  }
}

}  // namespace

/// Cuts a text into lines of values. Source: RFC 4180, section 2.
class CsvParser {
 public:
  CsvParser(const std::filesystem::path& path, std::string_view text) : path_(path), rest_(text) {}

  /// None at the end of the text.
  std::optional<CsvTable::Line> next() {
    while (rest_.starts_with('\n') || rest_.starts_with("\r\n")) end_line();
    if (rest_.empty()) return std::nullopt;
    CsvTable::Line line{line_, {}};
    do line.values.push_back(value());
    while (skip(','));
    if (!rest_.empty() && !end_line()) fail_in(path_, line_, "text behind a closing quote");
    for (const std::string& value : line.values)
      if (!is_utf8(value) || value.find('\0') != std::string::npos)
        fail_in(path_, line.number, "not UTF-8 text");
    return line;
  }

 private:
  bool skip(char expected) {
    if (!rest_.starts_with(expected)) return false;
    rest_.remove_prefix(1);
    return true;
  }

  bool end_line() {
    if (rest_.starts_with("\r\n")) rest_.remove_prefix(1);
    if (!skip('\n')) return false;
    ++line_;
    return true;
  }

  std::string value() {
    if (skip('"')) return quoted();
    std::string_view bare = rest_.substr(0, rest_.find_first_of(",\n"));
    rest_.remove_prefix(bare.size());
    if (bare.ends_with('\r') && rest_.starts_with('\n')) bare.remove_suffix(1);
    if (bare.find('"') != std::string_view::npos)
      fail_in(path_, line_, "a quote inside a value that is not in quotes");
    return std::string(bare);
  }

  std::string quoted() {
    const std::size_t begin = line_;
    std::string text;
    while (true) {
      const std::size_t quote = rest_.find('"');
      if (quote == std::string_view::npos) fail_in(path_, begin, "a quote that is never closed");
      for (const char c : rest_.substr(0, quote)) line_ += c == '\n' ? 1U : 0U;
      text += rest_.substr(0, quote);
      rest_.remove_prefix(quote + 1);
      if (!skip('"')) return text;
      text += '"';
    }
  }

  const std::filesystem::path& path_;
  std::string_view rest_;
  std::size_t line_ = 1;
};

CsvTable::CsvTable(const std::filesystem::path& path) : path_(path) {
  const std::string content = read_file(path);
  std::string_view text = content;
  if (text.starts_with(byte_order_mark)) text.remove_prefix(byte_order_mark.size());
  CsvParser parser(path_, text);
  const std::optional<Line> header = parser.next();
  if (!header) fail_in(path_, 1, "no column names");
  for (const std::string& name : header->values)
    if (!columns_.emplace(name, columns_.size()).second)
      fail_in(path_, header->number, fmt::format("two columns \"{}\"", name));
  while (std::optional<Line> line = parser.next()) {
    if (line->values.size() != columns_.size())
      fail_in(path_, line->number,
              fmt::format("{} values for {} columns", line->values.size(), columns_.size()));
    lines_.push_back(std::move(*line));
  }
}

void CsvTable::Row::fail_at(std::string_view column, std::string_view problem) const {
  fail_in(table_.path_, table_.lines_[index_].number,
          fmt::format("column \"{}\": {}", column, problem));
}

std::string_view CsvTable::Row::text(std::string_view column) const {
  const auto found = table_.columns_.find(column);
  if (found == table_.columns_.end()) fail_at(column, "there is none");
  return table_.lines_[index_].values[found->second];
}

std::optional<std::int64_t> CsvTable::Row::integer(std::string_view column) const {
  const std::string_view digits = text(column);
  if (digits.empty()) return std::nullopt;
  const std::optional<std::int64_t> value = parse_int(digits);
  if (!value) fail_at(column, "not a whole number");
  return value;
}

double CsvTable::Row::number(std::string_view column) const {
  const std::string_view digits = text(column);
  double value = 0;
  const auto [end, failure] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  const bool whole = failure == std::errc() && end == digits.data() + digits.size();
  if (!digits.empty() && (!whole || !std::isfinite(value))) fail_at(column, "not a number");
  return value;
}

std::string csv_line(std::initializer_list<std::string_view> values) {
  std::string line;
  const char* separator = "";
  for (const std::string_view value : values) {
    line += std::exchange(separator, ",");
    if (value.find_first_of(",\"\r\n") == std::string_view::npos) {
      line += value;
      continue;
    }
    line += '"';
    for (const char c : value) line.append(c == '"' ? 2 : 1, c);
    line += '"';
  }
  return line + '\n';
}

}  // namespace voyager::assess
