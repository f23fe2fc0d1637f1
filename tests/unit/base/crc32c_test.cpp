// SPDX-License-Identifier: Apache-2.0
#include "base/crc32c.hpp"

#include <gtest/gtest.h>

#include <string>

namespace voyager {
namespace {

std::string ascending() {
  std::string bytes;
  for (int i = 0; i < 32; ++i) bytes += static_cast<char>(i);
  return bytes;
}

TEST(Crc32c, GivesTheVectorsOfRfc3720) {
  const std::string up = ascending();
  const std::string down(up.rbegin(), up.rend());
  EXPECT_EQ(crc32c(std::string(32, '\0')), 0x8A9136AAU);
  EXPECT_EQ(crc32c(std::string(32, '\xFF')), 0x62A8AB43U);
  EXPECT_EQ(crc32c(up), 0x46DD794EU);
  EXPECT_EQ(crc32c(down), 0x113FDB5CU);
  EXPECT_EQ(crc32c("123456789"), 0xE3069283U);
  EXPECT_EQ(crc32c(""), 0U);
}

TEST(Crc32c, IsTheSameWithAndWithoutTheInstruction) {
  std::string bytes;
  for (int i = 0; i < 300; ++i) {
    EXPECT_EQ(crc32c(bytes), crc32c_portable(bytes)) << "length " << i;
    bytes += static_cast<char>(i * 7 + 1);
  }
}

TEST(Crc32c, IsTheSameInLanesSideBySide) {
  std::string bytes;
  std::uint32_t seed = 0;
  for (std::uint32_t i = 0; bytes.size() < 13'000; ++i)
    bytes += static_cast<char>(i * 2654435761U >> 24U);
  for (std::size_t length = 3'000; length < bytes.size(); length += 997) {
    const std::string_view part = std::string_view(bytes).substr(bytes.size() - length);
    EXPECT_EQ(crc32c(part, seed), crc32c_portable(part, seed)) << "length " << length;
    seed = crc32c(part, seed);
  }
}

TEST(Crc32c, CanBeContinuedAtAnyPlace) {
  const std::string bytes = ascending();
  for (std::size_t cut = 0; cut <= bytes.size(); ++cut) {
    const std::uint32_t first = crc32c(std::string_view(bytes).substr(0, cut));
    EXPECT_EQ(crc32c(std::string_view(bytes).substr(cut), first), crc32c(bytes))
        << "cut at " << cut;
  }
}

}  // namespace
}  // namespace voyager
