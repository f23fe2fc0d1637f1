// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <initializer_list>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace voyager::assess {

/// A CSV file with a line of column names (RFC 4180, UTF-8). NULL and the empty text are the same.
/// Throws, each function: E4303 naming the file and the line where a value begins.
class CsvTable {
 public:
  /// What a value is looked up with. Views live as long as the table.
  class Row {
   public:
    std::string_view text(std::string_view column) const;
    /// None when it is empty.
    std::optional<std::int64_t> integer(std::string_view column) const;
    /// 0 when it is empty.
    double number(std::string_view column) const;
    [[noreturn]] void fail_at(std::string_view column, std::string_view problem) const;

   private:
    friend class CsvTable;
    Row(const CsvTable& table, std::size_t index) : table_(table), index_(index) {}
    const CsvTable& table_;
    std::size_t index_;
  };

  explicit CsvTable(const std::filesystem::path& path);

  bool has(std::string_view column) const { return columns_.contains(column); }
  std::size_t size() const { return lines_.size(); }
  Row row(std::size_t index) const { return {*this, index}; }

 private:
  struct Line {
    std::size_t number = 0;
    std::vector<std::string> values;
  };
  friend class CsvParser;

  std::filesystem::path path_;
  std::map<std::string, std::size_t, std::less<>> columns_;
  std::vector<Line> lines_;
};

/// A line of CSV with its end; values in quotes where they need them.
std::string csv_line(std::initializer_list<std::string_view> values);

}  // namespace voyager::assess
