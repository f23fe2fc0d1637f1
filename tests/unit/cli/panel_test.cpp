// SPDX-License-Identifier: Apache-2.0
#include "cli/panel.hpp"

#include <gtest/gtest.h>

#include "base/text.hpp"

namespace voyager::cli {
namespace {

TEST(Panel, LooksLikeTheDocumentedTableOfTheExporter) {
  const auto lines = format_panel({{"Total Exported Events", "123456"},
                                   {"Total Exported Events (Current Run)", "123456"},
                                   {"Export Rate(Last 3 min)", "22133/sec"},
                                   {"Export Rate(Last 10 min)", "21011/sec"}});
  EXPECT_EQ(join(lines, "\n"),
            "| ---------------------------------------  |  ----------------------------- |\n"
            "| Metric                                   |                          Value |\n"
            "| ---------------------------------------  |  ----------------------------- |\n"
            "| Total Exported Events                    |                         123456 |\n"
            "| Total Exported Events (Current Run)      |                         123456 |\n"
            "| Export Rate(Last 3 min)                  |                      22133/sec |\n"
            "| Export Rate(Last 10 min)                 |                      21011/sec |\n"
            "| ---------------------------------------  |  ----------------------------- |");
}

TEST(Panel, LooksLikeTheDocumentedTableOfTheImporter) {
  const auto lines = format_panel({{"Total Imported events", "272572"},
                                   {"Events Imported in this Run", "272572"},
                                   {"Ingestion Rate (last 3 mins)", "14542 events/sec"},
                                   {"Ingestion Rate (last 10 mins)", "14542 events/sec"},
                                   {"Time taken in this Run", "0.83 mins"},
                                   {"Remaining Events", "4727427"},
                                   {"Estimated Time to catch up", "5m42s"}});
  EXPECT_EQ(join(lines, "\n"),
            "| -----------------------------  |  ----------------------------- |\n"
            "| Metric                         |                          Value |\n"
            "| -----------------------------  |  ----------------------------- |\n"
            "| Total Imported events          |                         272572 |\n"
            "| Events Imported in this Run    |                         272572 |\n"
            "| Ingestion Rate (last 3 mins)   |               14542 events/sec |\n"
            "| Ingestion Rate (last 10 mins)  |               14542 events/sec |\n"
            "| Time taken in this Run         |                      0.83 mins |\n"
            "| Remaining Events               |                        4727427 |\n"
            "| Estimated Time to catch up     |                          5m42s |\n"
            "| -----------------------------  |  ----------------------------- |");
}

TEST(Panel, GrowsForANameThatIsLongerThanTheWideColumn) {
  const std::string name(45, 'x');
  for (const std::string& line : format_panel({{name, "1"}})) EXPECT_EQ(line.size(), 45U + 37U);
}

TEST(Bar, ShowsPartAndCounts) {
  EXPECT_EQ(format_bar("public.orders", 420'000, 1'000'000),
            "public.orders                            [########------------]  42% "
            "420,000/1,000,000");
}

TEST(Bar, IsFullOnlyAtTheEnd) {
  EXPECT_NE(format_bar("t", 999, 1000).find(" 99%"), std::string::npos);
  EXPECT_NE(format_bar("t", 1000, 1000).find("100%"), std::string::npos);
  EXPECT_NE(format_bar("t", 2000, 1000).find("100%"), std::string::npos);
}

TEST(Bar, HasNoPartWhenTheTotalIsNotKnown) {
  EXPECT_EQ(format_bar("t", 1234, 0).find('%'), std::string::npos);
}

TEST(CutToWidth, CutsBetweenCharacters) {
  EXPECT_EQ(cut_to_width("abc", 3), "abc");
  EXPECT_EQ(cut_to_width("abcd", 3), "abc");
  EXPECT_EQ(cut_to_width("ab\xc3\xa4", 3), "ab");
  EXPECT_EQ(cut_to_width("\xf0\x9f\x98\x80", 3), "");
}

}  // namespace
}  // namespace voyager::cli
