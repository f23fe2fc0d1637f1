// SPDX-License-Identifier: Apache-2.0
#include "engines/postgres/row_grid.hpp"

#include <gtest/gtest.h>

namespace voyager::postgres {
namespace {

TEST(RowGrid, CutsRowsIntoSlicesOfAboutTheGivenSize) {
  const std::vector<Value> values(10, Value::of("12345"));  // five rows of ten bytes
  const Grid grid(values, 5);
  const GridColumns columns{{&grid, 0}, {&grid, 1}};
  const std::vector<Slice> slices = slices_of(columns, 5, 15);
  ASSERT_EQ(slices.size(), 3U);
  EXPECT_EQ(slices[0].rows, 2U);
  EXPECT_EQ(slices[1].first, 2U);
  EXPECT_EQ(slices[2].rows, 1U);
}

TEST(RowGrid, GivesARowLargerThanASliceASliceOfItsOwn) {
  const std::string large(100, 'x');
  const std::vector<Value> values{Value::of(large), Value::of(large)};
  const Grid grid(values, 2);
  const std::vector<Slice> slices = slices_of({{&grid, 0}}, 2, 10);
  ASSERT_EQ(slices.size(), 2U);
  EXPECT_EQ(slices[1].first, 1U);
}

TEST(RowGrid, TellsNullFromTheEmptyText) {
  EXPECT_EQ(parameter_of(Value{}).data(), nullptr);
  EXPECT_NE(parameter_of(Value::of(std::string_view())).data(), nullptr);
}

}  // namespace
}  // namespace voyager::postgres
