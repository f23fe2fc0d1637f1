// SPDX-License-Identifier: Apache-2.0
#include "base/text.hpp"

#include <gtest/gtest.h>

namespace voyager {
namespace {

TEST(Text, SplitKeepsEmptyPartsAndJoinPutsThemTogetherAgain) {
  EXPECT_EQ(split("a,,b,", ','), (std::vector<std::string>{"a", "", "b", ""}));
  EXPECT_EQ(split("", ','), std::vector<std::string>{""});
  EXPECT_EQ(join({"a", "", "b", ""}, ","), "a,,b,");
  EXPECT_EQ(join({}, ","), "");
}

TEST(Text, TrimTakesBlanksFromBothEndsOnly) {
  EXPECT_EQ(trim(" \t a b\n"), "a b");
  EXPECT_EQ(trim(" \n"), "");
}

TEST(Text, ToLowerLeavesBytesOutsideOfAsciiAlone) {
  EXPECT_EQ(to_lower("ÄbC-Z9"), "Äbc-z9");
}

TEST(Text, GlobMatchesTheWholeName) {
  EXPECT_TRUE(glob_match("orders", "orders"));
  EXPECT_FALSE(glob_match("orders", "orders2"));
  EXPECT_FALSE(glob_match("order", "orders"));
  EXPECT_FALSE(glob_match("", "a"));
  EXPECT_TRUE(glob_match("", ""));
}

TEST(Text, GlobStarTakesAnyRunAndQuestionMarkOneCharacter) {
  EXPECT_TRUE(glob_match("*", ""));
  EXPECT_TRUE(glob_match("o*s", "orders"));
  EXPECT_TRUE(glob_match("*a*b*", "xxaayybb"));
  EXPECT_FALSE(glob_match("*a*b", "xxaayybbc"));
  EXPECT_TRUE(glob_match("a?c", "abc"));
  EXPECT_FALSE(glob_match("a?c", "ac"));
  EXPECT_TRUE(glob_match("*aab", "aaaab"));  // needs going back to the star
}

TEST(Text, GlobWithManyStarsEndsInReasonableTime) {
  const std::string name(2000, 'a');
  EXPECT_FALSE(glob_match("*a*a*a*a*a*a*a*a*a*a*b", name));
}

TEST(Text, ThousandsAreSeparatedByCommas) {
  EXPECT_EQ(with_thousands(0), "0");
  EXPECT_EQ(with_thousands(999), "999");
  EXPECT_EQ(with_thousands(1000), "1,000");
  EXPECT_EQ(with_thousands(1234567), "1,234,567");
  EXPECT_EQ(with_thousands(UINT64_MAX), "18,446,744,073,709,551,615");
}

TEST(Text, DurationsHaveNoLeadingZeroParts) {
  EXPECT_EQ(short_duration(0), "0s");
  EXPECT_EQ(short_duration(59), "59s");
  EXPECT_EQ(short_duration(90), "1m30s");
  EXPECT_EQ(short_duration(342), "5m42s");
  EXPECT_EQ(short_duration(4000), "1h6m40s");
  EXPECT_EQ(short_duration(3600), "1h0m0s");
  EXPECT_EQ(short_duration(-90), "-1m30s");
}

TEST(Text, BytesAreShownInTheLargestFittingUnit) {
  EXPECT_EQ(human_bytes(0), "0 B");
  EXPECT_EQ(human_bytes(1023), "1023 B");
  EXPECT_EQ(human_bytes(1536), "1.5 KiB");
  EXPECT_EQ(human_bytes(64ULL << 20), "64.0 MiB");
  EXPECT_EQ(human_bytes(UINT64_MAX), "16.0 EiB");
}

TEST(Text, ParseIntTakesWholeNumbersOnly) {
  EXPECT_EQ(parse_int("42"), 42);
  EXPECT_EQ(parse_int("-7"), -7);
  EXPECT_EQ(parse_int("9223372036854775807"), INT64_MAX);
  for (const char* text : {"", " 1", "1 ", "1x", "0x10", "9223372036854775808", "1.5"})
    EXPECT_EQ(parse_int(text), std::nullopt) << text;
}

TEST(Text, TimestampsAreUtcWithMicroseconds) {
  EXPECT_EQ(utc_timestamp(0), "1970-01-01 00:00:00.000000 UTC");
  EXPECT_EQ(utc_timestamp(1795299303123456), "2026-11-21 22:15:03.123456 UTC");
  EXPECT_EQ(utc_timestamp(-1), "1969-12-31 23:59:59.999999 UTC");
}

TEST(Text, NowIsAfterThisWasWritten) {
  EXPECT_GT(unix_micros_now(), 1'600'000'000'000'000);
}

}  // namespace
}  // namespace voyager
