// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string_view>
#include <vector>

#include "engines/postgres/text_forms.hpp"
#include "model/change.hpp"

namespace voyager::postgres {

/// Values row by row, seen as a table. Owns nothing.
class Grid {
 public:
  Grid(const std::vector<Value>& values, std::size_t rows)
      : values_(&values), width_(rows == 0 ? 0 : values.size() / rows) {}
  std::size_t width() const { return width_; }
  const Value& at(std::size_t row, std::size_t column) const {
    return (*values_)[row * width_ + column];
  }

 private:
  const std::vector<Value>* values_;
  std::size_t width_;
};

/// One column of a grid: the values of one parameter.
struct GridColumn {
  const Grid* grid = nullptr;
  std::size_t column = 0;
  const Value& at(std::size_t row) const { return grid->at(row, column); }
};
using GridColumns = std::vector<GridColumn>;

struct Slice {
  std::size_t first = 0;
  std::size_t rows = 0;
};

/// Cuts `count` rows so that the values of one slice are about `bytes`, at least one row each.
std::vector<Slice> slices_of(const GridColumns& columns, std::size_t count, std::size_t bytes);

/// A text parameter: a view without data is NULL; the empty text is not.
std::string_view parameter_of(const Value& value);
std::vector<std::string_view> parameters_of(const GridColumns& columns, std::size_t row);
/// A line of COPY ... (FORMAT text).
void append_copy_row(std::string& out, const GridColumns& columns, std::size_t row);
std::vector<ArrayLiteral> arrays_of(const GridColumns& columns, const Slice& slice);

}  // namespace voyager::postgres
