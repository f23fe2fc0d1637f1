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
            "07"
            "55"
            "01"
            "01"
            "02"
            "00"
            "04"
            "6162");
}

TEST(ChangeLogFormat, NumbersOfABatchHaveSevenBitsInAByte) {
  const auto written = [](std::uint64_t number) {
    std::string bytes(10, '\0');
    MemorySink sink(bytes.data());
    put_number(sink, number);
    bytes.resize(static_cast<std::size_t>(sink.end() - bytes.data()));
    return bytes;
  };
  EXPECT_EQ(hex(written(127)), "7f");
  EXPECT_EQ(hex(written(128)), "8001");
  for (const std::uint64_t number :
       {std::uint64_t{0}, std::uint64_t{300}, std::uint64_t{1} << 42U, ~std::uint64_t{0}}) {
    const std::string bytes = written(number);
    const std::string longer = bytes + "x";
    std::string_view rest = longer;
    EXPECT_EQ(take_number(rest), number);
    EXPECT_EQ(rest, "x");
    rest = std::string_view(bytes).substr(0, bytes.size() - 1);
    EXPECT_EQ(take_number(rest), std::nullopt);
  }
  const std::string endless(11, '\xFF');
  std::string_view rest = endless;
  EXPECT_EQ(take_number(rest), std::nullopt);
}

TEST(ChangeLogFormat, ANumberThatIsTooLargeForItsPlaceIsRefused) {
  EXPECT_EQ(error_number([] { decode_row_head("\x80\x80\x80\x80\x10I", Encoding::compact); }),
            2102);
  EXPECT_EQ(decode_row_head("\xFF\xFF\xFF\xFF\x0FI", Encoding::compact).relation, 0xFFFF'FFFFU);
}

TEST(ChangeLogFormat, TheChecksumCoversLengthKindAndBody) {
  const std::string kind_and_body =
      "\x06"
      "body";
  EXPECT_EQ(block_checksum(kind_and_body), crc32c(std::string("\5\0\0\0", 4) + kind_and_body));
}

TEST(ChangeLogFormat, EveryTruncatedBodyIsRefused) {
  const Relation relation{3, {"s", "t"}, {"s", "leaf"}, "x > 1", {{"a", true}, {"b", false}}};
  const std::string body = body_of(relation);
  EXPECT_EQ(decode_relation(body, Encoding::compact), relation);
  for (std::size_t size = 0; size < body.size(); ++size)
    EXPECT_EQ(error_number([&] { decode_relation(body.substr(0, size), Encoding::compact); }), 2102)
        << size;
  EXPECT_EQ(error_number([&] { decode_relation(body + "x", Encoding::compact); }), 2102);
}

TEST(ChangeLogFormat, AWildCountDoesNotTakeMemory) {
  RowValues values;
  const std::string fixed = std::string("\1\0\0\0I", 5) + "\xFF\xFF\xFF\xFF" + "rest";
  EXPECT_EQ(error_number([&] { decode_row(fixed, Encoding::fixed, values); }), 2102);
  const std::string compact = "\1I\xFF\xFF\xFF\xFF\x0Frest";
  EXPECT_EQ(error_number([&] { decode_row(compact, Encoding::compact, values); }), 2102);
  EXPECT_TRUE(values.before.empty());
}

TEST(ChangeLogFormat, ANewerVersionIsRefusedByItsOwnNumber) {
  SegmentHead head;
  head.exporter_role = "role";
  std::string body = body_of(head);
  EXPECT_EQ(decode_segment_head(body).exporter_role, "role");
  for (const char other : {char{0}, static_cast<char>(format_version + 1)}) {
    body[magic.size()] = other;
    EXPECT_EQ(error_number([&] { decode_segment_head(body); }), 2107);
  }
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
