// SPDX-License-Identifier: Apache-2.0
#include "exportdir/change_log_format.hpp"

#include <gtest/gtest.h>

#include "base/crc32c.hpp"
#include "change_log_fixture.hpp"

namespace voyager::exportdir::change_log {
namespace {

template <typename Record>
std::string body_of(const Record& record) {
  SizeSink size;
  encode(size, record);
  std::string body(size.size(), '\0');
  MemorySink sink(body.data());
  encode(sink, record);
  return body;
}

std::string hex(std::string_view bytes) {
  std::string text;
  for (const char c : bytes) text += fmt::format("{:02x}", static_cast<unsigned char>(c));
  return text;
}

TEST(ChangeLogFormat, NumbersAreLittleEndian) {
  EXPECT_EQ(hex(body_of(SegmentEnd{0x0102030405060708})), "0807060504030201");
  EXPECT_EQ(decode_segment_end(body_of(SegmentEnd{-2})).last_vsn, -2);
}

TEST(ChangeLogFormat, ARowHasTheDocumentedBytes) {
  const std::vector<Value> before{{Value::Kind::unchanged, {}}};
  const std::vector<Value> after{{Value::Kind::null, {}}, Value::of("ab")};
  EXPECT_EQ(hex(body_of(RowChange{7, Operation::update, before, after})),
            "07000000"
            "55"
            "01000000"
            "01"
            "02000000"
            "00"
            "02"
            "02000000"
            "6162");
}

TEST(ChangeLogFormat, TheChecksumCoversLengthKindAndBody) {
  const std::string kind_and_body =
      "\x06"
      "body";
  EXPECT_EQ(record_checksum(kind_and_body), crc32c(std::string("\5\0\0\0", 4) + kind_and_body));
}

TEST(ChangeLogFormat, EveryTruncatedBodyIsRefused) {
  const Relation relation{3, {"s", "t"}, {"s", "leaf"}, "x > 1", {{"a", true}, {"b", false}}};
  const std::string body = body_of(relation);
  EXPECT_EQ(decode_relation(body), relation);
  for (std::size_t size = 0; size < body.size(); ++size)
    EXPECT_EQ(error_number([&] { decode_relation(body.substr(0, size)); }), 2102) << size;
  EXPECT_EQ(error_number([&] { decode_relation(body + "x"); }), 2102);
}

TEST(ChangeLogFormat, AWildCountDoesNotTakeMemory) {
  RowValues values;
  const std::string body = std::string("\1\0\0\0I", 5) + "\xFF\xFF\xFF\xFF" + "rest";
  EXPECT_EQ(error_number([&] { decode_row(body, values); }), 2102);
  EXPECT_TRUE(values.before.empty());
}

TEST(ChangeLogFormat, ANewerVersionIsRefusedByItsOwnNumber) {
  std::string body = body_of(SegmentHead{"role", 1, 1, {}});
  EXPECT_EQ(decode_segment_head(body).exporter_role, "role");
  body[magic.size()] = 2;
  EXPECT_EQ(error_number([&] { decode_segment_head(body); }), 2107);
}

TEST(ChangeLogFormat, AMarkIsTakenOnlyWhole) {
  const CommittedMark mark{3, 1ULL << 40, 77, {"0000000000000ABC"}};
  const std::string text = encode_mark(mark);
  EXPECT_EQ(decode_mark(text), mark);
  EXPECT_EQ(decode_mark(text + "left from a longer mark"), mark);
  for (std::size_t size = 0; size < text.size(); ++size)
    EXPECT_EQ(decode_mark(text.substr(0, size)), std::nullopt) << size;
  for (std::size_t i = 0; i < text.size(); ++i) {
    std::string flipped = text;
    flipped[i] = static_cast<char>(flipped[i] ^ 1);
    EXPECT_EQ(decode_mark(flipped), std::nullopt) << i;
  }
  EXPECT_EQ(decode_mark(std::string(100, '\0')), std::nullopt);
}

}  // namespace
}  // namespace voyager::exportdir::change_log
