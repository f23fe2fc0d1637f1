// SPDX-License-Identifier: Apache-2.0
#include "model/table.hpp"

#include <algorithm>

#include "base/text.hpp"

namespace voyager {

std::vector<Column> Table::stored_columns() const {
  std::vector<Column> stored;
  std::copy_if(columns.begin(), columns.end(), std::back_inserter(stored),
               [](const Column& column) { return !column.generated; });
  return stored;
}

const Column* Table::find_column(const std::string& column) const {
  const auto found = std::find_if(columns.begin(), columns.end(),
                                  [&](const Column& c) { return c.name == column; });
  return found == columns.end() ? nullptr : &*found;
}

bool matches_table_pattern(const std::string& pattern, const QualifiedName& table,
                           const std::string& default_schema) {
  std::string bare;  // quotes around a part are optional in a pattern
  std::copy_if(pattern.begin(), pattern.end(), std::back_inserter(bare),
               [](char c) { return c != '"'; });
  const std::size_t dot = bare.find('.');
  if (dot == std::string::npos)
    return table.schema == default_schema && glob_match(bare, table.name);
  return glob_match(bare.substr(0, dot), table.schema) &&
         glob_match(bare.substr(dot + 1), table.name);
}

}  // namespace voyager
