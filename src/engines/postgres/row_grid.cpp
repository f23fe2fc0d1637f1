// SPDX-License-Identifier: Apache-2.0
#include "engines/postgres/row_grid.hpp"

namespace voyager::postgres {

std::vector<Slice> slices_of(const GridColumns& columns, std::size_t count, std::size_t bytes) {
  std::vector<Slice> slices;
  std::size_t filled = 0;
  for (std::size_t row = 0; row < count; ++row) {
    if (slices.empty() || filled >= bytes) {
      slices.push_back({row, 0});
      filled = 0;
    }
    for (const GridColumn& column : columns) filled += column.at(row).text.size();
    ++slices.back().rows;
  }
  return slices;
}

std::string_view parameter_of(const Value& value) {
  if (value.kind != Value::Kind::text) return {};
  return value.text.data() != nullptr ? value.text : std::string_view("");
}

std::vector<std::string_view> parameters_of(const GridColumns& columns, std::size_t row) {
  std::vector<std::string_view> parameters;
  parameters.reserve(columns.size());
  for (const GridColumn& column : columns) parameters.push_back(parameter_of(column.at(row)));
  return parameters;
}

void append_copy_row(std::string& out, const GridColumns& columns, std::size_t row) {
  for (std::size_t i = 0; i < columns.size(); ++i) {
    if (i > 0) out += '\t';
    append_copy_field(out, columns[i].at(row));
  }
  out += '\n';
}

std::vector<ArrayLiteral> arrays_of(const GridColumns& columns, const Slice& slice) {
  std::vector<ArrayLiteral> arrays(columns.size());
  for (std::size_t i = 0; i < columns.size(); ++i) {
    for (std::size_t row = slice.first; row < slice.first + slice.rows; ++row)
      arrays[i].add(columns[i].at(row));
  }
  return arrays;
}

}  // namespace voyager::postgres
