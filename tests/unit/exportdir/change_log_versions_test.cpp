// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>

#include "change_log_fixture.hpp"
#include "exportdir/change_log_format.hpp"
#include "exportdir/segment_scan.hpp"

namespace voyager::exportdir {
namespace {

using ::testing::ElementsAre;
using Lines = std::vector<std::string>;

/// Segment 1 as a program wrote it that knew version 1 only.
constexpr std::string_view first_version =
    "370000001ffca7e00159425643484c4f470100000012000000736f757263655f64625f6578706f72"
    "74657201000000000000000100000000000000000000002d0000001d583689030000000000000000"
    "fbffffffffffffff0700000000000000100000003030303030303030303030303030303138000000"
    "52c165580201000000060000007075626c69630100000074060000007075626c6963010000007400"
    "00000002000000010200000069640001000000761c0000004bbae5d2040100000049000000000200"
    "000002010000003102030000006f6e651c00000032d0a4d304010000005502000000020100000031"
    "01020000000201000000310015000000973aa9430401000000440200000002010000003101000000"
    "000a0000005ad5fbfd0501010000000100000006000000da1f65820601000000621d0000009b47db"
    "210705000000000000001000000030303030303030303030303030303031";

std::string from_hex(std::string_view text) {
  std::string bytes;
  for (std::size_t i = 0; i < text.size(); i += 2)
    bytes += static_cast<char>(std::stoi(std::string(text.substr(i, 2)), nullptr, 16));
  return bytes;
}

/// The forms in which changes may stand in a segment.
class ChangeLogVersionsTest : public ChangeLogTest {
 protected:
  void put_segment(const std::string& bytes) const {
    File::open(layout_.segment(1), File::Mode::create).write(bytes);
  }
  std::string segment() const { return read_file(layout_.segment(1)); }
  void put_first_version() {
    put_segment(from_hex(first_version));
    SegmentRecord record;
    record.number = 1;
    record.first_vsn = 1;
    record.exporter_role = source_role;
    meta_.put_segment(record);
  }
};

const Lines first_version_lines{"begin 0000000000000001 at -5 xid 7",
                                "relation 1 public.t leaf public.t where '' id* v",
                                "I 1 before after '1' 'one'",
                                "U 1 before '1' unchanged after '1' null",
                                "D 1 before '1' unchanged after",
                                "truncate restart 1",
                                "barrier b",
                                "commit 0000000000000001"};

TEST_F(ChangeLogVersionsTest, TheFirstVersionIsReadAndTheNextSegmentGoesOnBehindIt) {
  put_first_version();
  const auto log = writer();
  EXPECT_EQ(log->last_position(), position(1));
  EXPECT_EQ(log->last_vsn(), 5);
  EXPECT_EQ(counts_of("t"), (ChangeCounts{1, 1, 1, 1}));
  EXPECT_EQ(read_after(0), first_version_lines);
  log->append(Begin{position(2), 0, 2});
  append_rows(*log, 1);  // the relation is the old segment's
  log->append(Commit{position(2)});
  log->flush();
  ASSERT_EQ(meta_.segments().size(), 2U);
  EXPECT_TRUE(meta_.segments().front().sealed);
  EXPECT_THAT(read_after(5),
              ElementsAre("begin 0000000000000002 at 0 xid 2",
                          "relation 1 public.t leaf public.t where '' id* v",
                          "I 1 before after '6' 'value'", "commit 0000000000000002"));
  EXPECT_EQ(commits(), positions(1, 2));
}

TEST_F(ChangeLogVersionsTest, TheTornTailOfTheFirstVersionIsCutOffToo) {
  const std::string whole = from_hex(first_version);
  put_first_version();
  put_segment(whole + whole.substr(100, 50));
  const auto log = writer();
  EXPECT_EQ(commits(), positions(1, 1));
  EXPECT_TRUE(segment().starts_with(whole));
  EXPECT_LT(segment().size(), whole.size() + 50) << "only the end record stands behind";
}

TEST_F(ChangeLogVersionsTest, PackedChangesComeBackAndTakeLessRoom) {
  const std::string text = "a text that is much like the others ";
  std::uintmax_t plain = 0;
  {
    const auto log = writer();
    append_transaction(*log, 1, 20'000, text);
    log->flush();
    plain = std::filesystem::file_size(layout_.segment(1));
  }
  pack(true);
  const auto log = writer();
  append_transaction(*log, 2, 20'000, text);
  append_transaction(*log, 3, 1, std::string(3'000'000, 'x'));  // larger than any batch
  log->append(Begin{position(4), 0, 4});
  append_rows(*log, 60'000, text);  // is written out before it is given up
  log->discard_open_transaction();
  append_transaction(*log, 5, 1, text);
  log->flush();
  EXPECT_EQ(commits(),
            (Lines{position(1).text, position(2).text, position(3).text, position(5).text}));
  EXPECT_LT(std::filesystem::file_size(layout_.segment(1)), plain + plain / 2 + 3'100'000);
  ChangeLogReader reader(layout_, meta_, 20'000);
  std::int64_t rows = 20'000;
  while (const auto event = reader.next()) {
    const auto* row = std::get_if<RowChange>(&event->change);
    if (row == nullptr) continue;
    ASSERT_EQ(row->after[0].text, std::to_string(++rows));
    ASSERT_EQ(row->after[1].text.size(), rows == 40'001 ? 3'000'000U : text.size());
  }
  EXPECT_EQ(rows, 40'002);
}

TEST_F(ChangeLogVersionsTest, PackedAndPlainBatchesMayStandInOneSegment) {
  for (int number = 1; number <= 6; ++number) {
    pack(number % 2 == 0);
    const auto log = writer();
    append_transaction(*log, number, 200, "the same again and again");
    log->flush();
  }
  EXPECT_EQ(meta_.segments().size(), 1U);
  EXPECT_EQ(commits(), positions(1, 6));
  EXPECT_EQ(commits(600), positions(4, 6));
}

TEST_F(ChangeLogVersionsTest, ATornTailOfPackedBatchesLeavesTheWholeTransactions) {
  pack(true);
  std::vector<std::uint64_t> ends;
  std::uint64_t start = 0;
  {
    const auto log = writer();
    start = std::filesystem::file_size(layout_.segment(1));
    for (int number = 1; number <= 3; ++number) {
      append_transaction(*log, number, 50, "much the same");
      log->flush();
      ends.push_back(std::filesystem::file_size(layout_.segment(1)));
    }
  }
  const std::string whole = segment();
  for (std::size_t size = start; size <= whole.size(); ++size) {
    put_segment(whole.substr(0, size));
    forget_progress();
    const auto log = writer();
    int expected = 0;
    for (const std::uint64_t end : ends) expected += end <= size ? 1 : 0;
    ASSERT_EQ(commits(), positions(1, expected)) << "cut at " << size;
    ASSERT_EQ(log->last_vsn(), expected * 50) << "cut at " << size;
  }
}

TEST_F(ChangeLogVersionsTest, EveryFlippedBitOfPackedBatchesIsFoundByReaderAndWriter) {
  pack(true);
  {
    const auto log = writer();
    append_transaction(*log, 1, 50, "much the same");
    log->flush();
  }
  const std::string whole = segment();
  for (std::size_t i = 0; i < whole.size(); ++i) {
    std::string flipped = whole;
    flipped[i] = static_cast<char>(flipped[i] ^ (1 << (i % 8)));
    put_segment(flipped);
    ASSERT_EQ(error_number([&] { read_after(0); }), 2102) << "reader, byte " << i;
    ASSERT_EQ(error_number([&] { writer(); }), 2102) << "writer, byte " << i;
    ASSERT_EQ(segment(), flipped) << "a damaged log must not be cut";
  }
}

/// The last block of the log replaced by one with this body and a checksum that fits.
std::string with_last_block(const std::string& whole, std::size_t keep, change_log::RecordKind kind,
                            const std::string& body) {
  std::string block(1, static_cast<char>(kind));
  block += body;
  const auto length = change_log::little_endian(static_cast<std::uint32_t>(block.size()));
  const auto checksum = change_log::little_endian(change_log::block_checksum(block));
  return whole.substr(0, keep) + std::string(length.data(), length.size()) +
         std::string(checksum.data(), checksum.size()) + block;
}

TEST_F(ChangeLogVersionsTest, ABatchThatMakesNoSenseIsDamage) {
  std::size_t start = 0;
  {
    const auto log = writer();
    append_transaction(*log, 1, 2);
    log->flush();
    start = std::filesystem::file_size(layout_.segment(1));
    append_transaction(*log, 2, 2);
    log->flush();
  }
  const std::string whole = segment();
  const std::string records = whole.substr(start + change_log::head_bytes + 1);
  using change_log::RecordKind;
  const std::vector<std::pair<RecordKind, std::string>> bad{
      {RecordKind::batch, ""},
      {RecordKind::batch, std::string(1, '\0')},
      {RecordKind::batch, "\xFF"},
      {RecordKind::batch, records.substr(0, records.size() - 1)},
      {RecordKind::batch, records + "\x09"},
      {RecordKind::batch, records + std::string("\2\6\0", 3)},
      {RecordKind::packed_batch, ""},
      {RecordKind::packed_batch, records},
  };
  for (std::size_t i = 0; i < bad.size(); ++i) {
    put_segment(with_last_block(whole, start, bad[i].first, bad[i].second));
    const auto size = std::filesystem::file_size(layout_.segment(1));
    File::open(layout_.committed(), File::Mode::create)
        .write(change_log::encode_mark({1, size, 4, position(2)}));
    EXPECT_EQ(error_number([&] { read_after(0); }), 2102) << "reader, case " << i;
    EXPECT_EQ(error_number([&] { writer(); }), 2102) << "writer, case " << i;
  }
}

TEST_F(ChangeLogVersionsTest, ACommitInFrontOfAnotherTransactionInOneBatchIsNeverCutInTwo) {
  std::size_t start = 0;
  {
    const auto log = writer();
    start = std::filesystem::file_size(layout_.segment(1));
    append_transaction(*log, 1, 2);
    log->flush();
  }
  const std::string whole = segment();
  const std::string records = whole.substr(start + change_log::head_bytes + 1);
  put_segment(with_last_block(whole, start, change_log::RecordKind::batch,
                              records + std::string("\6\3\2\0\0\1x", 7)));
  EXPECT_EQ(error_number([&] { change_log::scan_segment(layout_.segment(1), 0, 0); }), 2102);
}

}  // namespace
}  // namespace voyager::exportdir
