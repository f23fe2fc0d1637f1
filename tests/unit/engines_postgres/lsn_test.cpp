// SPDX-License-Identifier: Apache-2.0
#include "engines/postgres/lsn.hpp"

#include <gtest/gtest.h>

#include "base/error.hpp"

namespace voyager::postgres {
namespace {

TEST(Lsn, TheServersTextBecomesAPositionOfSixteenDigits) {
  EXPECT_EQ(to_position(parse_lsn("0/16B3748")).text, "00000000016B3748");
  EXPECT_EQ(to_position(parse_lsn("FFFFFFFF/FFFFFFFF")).text, "FFFFFFFFFFFFFFFF");
}

TEST(Lsn, ByteOrderOfPositionsIsLogOrder) {
  EXPECT_LT(to_position(parse_lsn("9/FFFFFFFF")), to_position(parse_lsn("A/0")));
  EXPECT_LT(to_position(parse_lsn("F/1")), to_position(parse_lsn("10/0")));
}

TEST(Lsn, GoesBackToTheServersText) {
  EXPECT_EQ(format_lsn(from_position({"00000002016B3748"})), "2/16B3748");
  EXPECT_EQ(format_lsn(0), "0/0");
}

TEST(Lsn, NoneIsTheEmptyPosition) {
  EXPECT_TRUE(to_position(0).empty());
  EXPECT_EQ(from_position({}), 0U);
}

TEST(Lsn, OtherTextsAreRefused) {
  for (const char* text : {"", "0", "/", "0/", "/0", "0/16B3748 ", "0/G", "0/123456789", "-1/0"})
    EXPECT_THROW(parse_lsn(text), Error) << text;
  EXPECT_THROW(from_position({"16B3748"}), Error);
  EXPECT_THROW(from_position({"0000000/016B3748"}), Error);
}

}  // namespace
}  // namespace voyager::postgres
