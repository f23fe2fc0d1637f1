// SPDX-License-Identifier: Apache-2.0
#include "engines/postgres/yb_version.hpp"

#include <gmock/gmock.h>

namespace voyager::postgres {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

YbVersion version(const std::string& text) {
  return parse_yb_version("15.12-YB-" + text + "-b0").value_or(YbVersion{});
}

TEST(YbVersion, IsReadFromWhatTheServerPrints) {
  EXPECT_EQ(parse_yb_version("11.2-YB-2024.2.1.0-b10"), (YbVersion{{2024, 2, 1, 0}}));
  EXPECT_EQ(parse_yb_version("15.12-YB-2.25.1.3"), (YbVersion{{2, 25, 1, 3}}));
  EXPECT_EQ(version("2025.2.3.0").text(), "2025.2.3.0");
}

TEST(YbVersion, OfAnythingElseIsNotKnown) {
  for (const char* text : {"15.20", "", "15.12-YB-", "15.12-YB-2024", "15.12-YB-2024.x.1.0-b1",
                           "15.12-YB-2024.1.1.0.5-b1", "15.12-YB-2024.-1.1.0"})
    EXPECT_FALSE(parse_yb_version(text)) << text;
}

TEST(YbVersion, HasWhatItsOwnSeriesGot) {
  const auto has = [](const std::string& text) {
    return has_since(version(text), {{{2024, 2, 8, 0}}, {{2025, 1, 4, 0}}, {{2025, 2, 2, 0}}});
  };
  EXPECT_FALSE(has("2024.2.7.9"));
  EXPECT_TRUE(has("2024.2.8.0"));
  EXPECT_TRUE(has("2024.2.11.0"));
  EXPECT_FALSE(has("2025.1.3.9")) << "newer than another series' release, but not fixed";
  EXPECT_TRUE(has("2025.2.2.0"));
  EXPECT_TRUE(has("2026.1.0.0")) << "a newer series has it";
  EXPECT_FALSE(has("2024.1.9.0"));
  EXPECT_FALSE(has("2.25.1.0"));
}

TEST(YbVersion, StreamsChangesSince2024_1_1) {
  for (const char* text : {"2024.1.1.0", "2024.2.0.0", "2025.2.0.0", "2031.1.0.0", "2.25.0.0"})
    EXPECT_TRUE(streams_changes(version(text))) << text;
  for (const char* text : {"2024.1.0.0", "2.20.13.0", "2.18.0.0", "2.21.1.0"})
    EXPECT_FALSE(streams_changes(version(text))) << text;
}

TEST(YbVersion, NamesTheDefectsOfARelease) {
  EXPECT_THAT(stream_defects(version("2025.2.3.0")), IsEmpty());
  EXPECT_THAT(stream_defects(version("2026.1.0.0")), IsEmpty());
  EXPECT_THAT(stream_defects(version("2024.2.7.0")), ElementsAre(HasSubstr("SAVEPOINT")));
  EXPECT_THAT(stream_defects(version("2025.2.1.0")), ElementsAre(HasSubstr("SAVEPOINT")));
  EXPECT_THAT(stream_defects(version("2024.2.6.0")),
              ElementsAre(HasSubstr("SAVEPOINT"), HasSubstr("4 MB")));
}

}  // namespace
}  // namespace voyager::postgres
