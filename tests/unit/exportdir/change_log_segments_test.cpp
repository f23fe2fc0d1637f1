// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>

#include "change_log_fixture.hpp"

namespace voyager::exportdir {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

class ChangeLogSegmentsTest : public ChangeLogTest {
 protected:
  std::vector<std::int64_t> segment_numbers() const {
    std::vector<std::int64_t> numbers;
    for (const SegmentRecord& segment : meta_.segments()) numbers.push_back(segment.number);
    return numbers;
  }
  /// Ten transactions of two rows, one segment each.
  void write_ten_segments() {
    const auto log = writer(1);
    for (int number = 1; number <= 10; ++number) {
      log->append(Begin{position(number), 0, 1});
      if (number == 1) log->append(plain_relation(1, "t"));
      append_rows(*log, 2);
      log->append(Commit{position(number)});
      log->flush();
    }
  }
};

TEST_F(ChangeLogSegmentsTest, ASegmentIsClosedAtTheFirstTransactionAfterItsLimit) {
  const auto log = writer(10'000);
  for (int number = 1; number <= 60; ++number) append_transaction(*log, number, 50);
  log->flush();
  const auto segments = meta_.segments();
  ASSERT_GT(segments.size(), 3U);
  for (std::size_t i = 0; i + 1 < segments.size(); ++i) {
    EXPECT_TRUE(segments[i].sealed);
    EXPECT_EQ(segments[i + 1].first_vsn, segments[i].last_vsn + 1);
    EXPECT_EQ(segments[i].last_vsn % 50, 0) << "a transaction was split";
    EXPECT_GE(segments[i].committed_bytes, 10'000);
  }
  EXPECT_FALSE(segments.back().sealed);
  EXPECT_EQ(commits(), positions(1, 60));
}

TEST_F(ChangeLogSegmentsTest, RelationsAreRepeatedSoThatEachSegmentCanBeReadAlone) {
  write_ten_segments();
  ASSERT_EQ(segment_numbers().size(), 10U);
  for (int done = 0; done < 10; ++done) {
    const auto lines = read_after(done * 2);
    ASSERT_FALSE(lines.empty());
    EXPECT_EQ(lines[1], "relation 1 public.t leaf public.t where '' id* v") << done;
    EXPECT_EQ(commits(done * 2), positions(done + 1, 10));
  }
}

TEST_F(ChangeLogSegmentsTest, AReaderThatCrossesSegmentsHearsOfARelationOnce) {
  write_ten_segments();
  int relations = 0;
  for (const std::string& line : read_after(0)) relations += line.rfind("relation", 0) == 0 ? 1 : 0;
  EXPECT_EQ(relations, 1);
}

TEST_F(ChangeLogSegmentsTest, AReaderSeeksBackOverSegments) {
  write_ten_segments();
  ChangeLogReader reader(layout_, meta_, 0);
  std::vector<ReadPosition> places{reader.position()};
  while (const auto event = reader.next()) {
    if (std::holds_alternative<Commit>(event->change)) places.push_back(reader.position());
  }
  for (const std::size_t i : {7U, 3U, 9U, 0U, 10U}) {
    reader.seek(places[i]);
    std::size_t seen = 0;
    while (const auto event = reader.next()) {
      if (std::holds_alternative<Commit>(event->change)) ++seen;
    }
    EXPECT_EQ(seen, 10 - i);
  }
}

TEST_F(ChangeLogSegmentsTest, SegmentsBeforeTheWantedEventMayBeGone) {
  write_ten_segments();
  for (const std::int64_t number : {1, 2, 3}) std::filesystem::remove(layout_.segment(number));
  EXPECT_EQ(commits(6), positions(4, 10));
  EXPECT_EQ(error_number([&] { read_after(5); }), 2103);
}

TEST_F(ChangeLogSegmentsTest, SeekToTheEndOfASegmentThatIsGoneGoesOnInTheNextOne) {
  write_ten_segments();
  ChangeLogReader reader(layout_, meta_, 0);
  ReadPosition after_third;
  while (const auto event = reader.next()) {
    if (event->vsn == 6 && std::holds_alternative<Commit>(event->change))
      after_third = reader.position();
  }
  std::filesystem::remove(layout_.segment(3));
  reader.seek(after_third);
  const auto event = reader.next();
  ASSERT_TRUE(event);
  EXPECT_EQ(describe(event->change), "begin 0000000000000004 at 0 xid 1");
}

TEST_F(ChangeLogSegmentsTest,
       AWriterThatFindsALimitReachedBeginsTheNextSegmentWithTheNextTransaction) {
  {
    const auto log = writer(1);
    append_transaction(*log, 1, 1);
    log->flush();
  }
  const auto log = writer(1);
  EXPECT_THAT(segment_numbers(), ElementsAre(1));
  append_transaction(*log, 2, 1);
  log->flush();
  EXPECT_THAT(segment_numbers(), ElementsAre(1, 2));
  EXPECT_EQ(commits(), positions(1, 2));
}

TEST_F(ChangeLogSegmentsTest, ReadersSeeTheFirstTransactionOfANewSegmentOnlyAfterItsFlush) {
  const auto log = writer(1);
  append_transaction(*log, 1, 1);
  log->flush();
  append_transaction(*log, 2, 1);
  append_transaction(*log, 3, 1);
  EXPECT_EQ(commits(), positions(1, 1));
  EXPECT_THAT(commits(2), IsEmpty());
  log->flush();
  EXPECT_EQ(commits(), positions(1, 3));
}

TEST_F(ChangeLogSegmentsTest, AHugeTransactionMakesOneHugeSegment) {
  const auto log = writer(100'000);
  append_transaction(*log, 1, 100'000);
  append_transaction(*log, 2, 1);
  log->flush();
  const auto segments = meta_.segments();
  ASSERT_EQ(segments.size(), 2U);
  EXPECT_GT(segments[0].committed_bytes, 1'000'000);
  EXPECT_EQ(segments[0].last_vsn, 100'000);
  ChangeLogReader reader(layout_, meta_, 0);
  std::int64_t rows = 0;
  while (const auto event = reader.next()) {
    if (const auto* row = std::get_if<RowChange>(&event->change)) {
      ++rows;
      ASSERT_EQ(row->after[0].text, std::to_string(rows));
      ASSERT_EQ(event->vsn, rows);
    }
  }
  EXPECT_EQ(rows, 100'001);
}

TEST_F(ChangeLogSegmentsTest, ADiscardedHugeTransactionGivesItsRoomBack) {
  const auto log = writer();
  append_transaction(*log, 1, 1);
  log->flush();
  const auto before = std::filesystem::file_size(layout_.segment(1));
  log->append(Begin{position(2), 0, 2});
  append_rows(*log, 100'000);
  EXPECT_GT(std::filesystem::file_size(layout_.segment(1)), 1'000'000U)
      << "a transaction must not be held in memory";
  log->discard_open_transaction();
  EXPECT_EQ(std::filesystem::file_size(layout_.segment(1)), before);
  append_transaction(*log, 2, 1);
  log->flush();
  EXPECT_EQ(commits(), positions(1, 2));
}

TEST_F(ChangeLogSegmentsTest, AnotherRoleStartsItsOwnSegmentAtNoPosition) {
  const std::string other = "target_db_exporter_fb";
  {
    const auto log = writer();
    append_transaction(*log, 7, 3);
    log->flush();
  }
  {
    const auto log = writer(1ULL << 30, other);
    EXPECT_TRUE(log->last_position().empty());
    EXPECT_EQ(log->last_vsn(), 3);
    EXPECT_THAT(segment_numbers(), ElementsAre(1, 2));
    append_transaction(*log, 1, 2);
    log->flush();
  }
  ChangeLogReader reader(layout_, meta_, 0);
  std::vector<std::string> roles;
  while (const auto event = reader.next()) {
    if (std::holds_alternative<Commit>(event->change)) roles.emplace_back(event->exporter_role);
  }
  EXPECT_THAT(roles, ElementsAre(source_role, other));
  EXPECT_EQ(counts_of("t").inserts, 3);
  EXPECT_EQ(counts_of("t", other).inserts, 2);
  const auto log = writer(1ULL << 30, other);
  EXPECT_EQ(log->last_position(), position(1));
  EXPECT_THAT(segment_numbers(), ElementsAre(1, 2));
}

TEST_F(ChangeLogSegmentsTest, AWriterWithoutItsNewestSegmentRefuses) {
  write_ten_segments();
  std::filesystem::remove(layout_.segment(10));
  EXPECT_EQ(error_number([&] { writer(); }), 2103);
}

}  // namespace
}  // namespace voyager::exportdir
