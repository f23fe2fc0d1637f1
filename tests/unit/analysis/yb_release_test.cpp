// SPDX-License-Identifier: Apache-2.0
#include "analysis/yb_release.hpp"

#include <gtest/gtest.h>

#include "analysis/catalogue/parts.hpp"
#include "base/error.hpp"

namespace voyager::analysis {
namespace {

TEST(YbReleaseTest, HasFourNumbers) {
  const YbRelease release = YbRelease::parse("2025.1.10.3");
  EXPECT_EQ(release.text(), "2025.1.10.3");
  EXPECT_EQ(release.series(), "2025.1");
  EXPECT_EQ(YbRelease::parse(" 2.25.1.0-b12 ").text(), "2.25.1.0");
}

TEST(YbReleaseTest, RefusesAnythingElse) {
  for (const char* text : {"", "2025", "2025.1", "2025.1.0", "2025.1.0.0.0", "2025.1.x.0",
                           "2025.1.-1.0", "2025..1.0", "v2025.1.0.0", "2025.1.0.99999999999"})
    EXPECT_THROW(YbRelease::parse(text), Error) << text;
}

TEST(YbReleaseTest, ComparesByNumbersNotByLetters) {
  EXPECT_LT(YbRelease::parse("2025.1.9.0"), YbRelease::parse("2025.1.10.0"));
  EXPECT_LT(YbRelease::parse("2.25.0.0"), YbRelease::parse("2024.1.0.0"));
}

TEST(YbReleaseTest, AKnownSeriesIsJudgedAsItself) {
  const TargetRelease target = target_release(YbRelease::parse("2024.2.3.1"));
  EXPECT_EQ(target.judged_as, "2024.2");
  EXPECT_FALSE(target.newer_than_known);
  EXPECT_TRUE(target.note.empty());
}

TEST(YbReleaseTest, ANewerSeriesHasAllThatTheNewestKnownOneGetsInAnyRelease) {
  const SeriesVersions late = from_releases({"2026.1.7.0", "2.25.9.0"});
  const TargetRelease stable = target_release(YbRelease::parse("2027.1.0.0"));
  EXPECT_EQ(stable.judged_as, "2026.1");
  EXPECT_NE(stable.note.find("2027.1"), std::string::npos);
  EXPECT_TRUE(reached(late, stable));
  const TargetRelease preview = target_release(YbRelease::parse("2.31.0.0"));
  EXPECT_EQ(preview.judged_as, "2.25");
  EXPECT_TRUE(reached(late, preview));
  EXPECT_FALSE(reached(late, target_release(YbRelease::parse("2026.1.6.9"))));
  EXPECT_TRUE(reached(late, target_release(YbRelease::parse("2026.1.7.0"))));
}

TEST(YbReleaseTest, AnOlderUnknownSeriesHasNothingAndSaysSo) {
  const TargetRelease target = target_release(YbRelease::parse("2.8.0.0"));
  EXPECT_FALSE(target.newer_than_known);
  EXPECT_FALSE(target.note.empty());
  EXPECT_FALSE(reached(since_postgresql_15(), target));
}

TEST(YbReleaseTest, TheDefaultIsKnown) {
  EXPECT_TRUE(target_release(newest_known_release()).note.empty());
}

}  // namespace
}  // namespace voyager::analysis
