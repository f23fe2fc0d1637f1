// SPDX-License-Identifier: Apache-2.0
#include "base/status.hpp"

#include <gtest/gtest.h>

namespace voyager {
namespace {

TEST(FormatTable, PadsTextToTheLeftAndNumbersToTheRight) {
  EXPECT_EQ(
      format_table({"Metric", "Value"}, {{"Total Exported Events", "123,456"}, {"Rate", "7"}}),
      "| --------------------- | ------- |\n"
      "| Metric                |   Value |\n"
      "| --------------------- | ------- |\n"
      "| Total Exported Events | 123,456 |\n"
      "| Rate                  |       7 |\n"
      "| --------------------- | ------- |\n");
}

TEST(FormatTable, WithoutRowsShowsTheHeader) {
  EXPECT_EQ(format_table({"TABLE"}, {}),
            "| ----- |\n"
            "| TABLE |\n"
            "| ----- |\n");
}

TEST(FormatTable, CountsCharactersNotBytes) {
  EXPECT_EQ(format_table({"D"}, {{"a → b"}, {"12345"}}),
            "| ----- |\n"
            "| D     |\n"
            "| ----- |\n"
            "| a → b |\n"
            "| 12345 |\n"
            "| ----- |\n");
}

TEST(FormatTable, FillsShortRows) {
  EXPECT_EQ(format_table({"a", "b"}, {{"x"}}),
            "| - | - |\n"
            "| a | b |\n"
            "| - | - |\n"
            "| x |   |\n"
            "| - | - |\n");
}

}  // namespace
}  // namespace voyager
