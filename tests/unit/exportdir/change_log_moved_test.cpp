// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>

#include <algorithm>
#include <thread>

#include "change_log_fixture.hpp"

namespace voyager::exportdir {
namespace {

using ::testing::HasSubstr;

/// Segments that archive changes moved elsewhere.
class ChangeLogMovedTest : public ChangeLogTest {
 protected:
  /// One transaction of `rows` rows for each segment.
  void write_segments(int count, int rows, const std::string& value = "value") {
    const auto log = writer(1);
    for (int number = 1; number <= count; ++number) {
      append_transaction(*log, number, rows, value);
      log->flush();
    }
  }
  std::filesystem::path place(std::int64_t number) const {
    return archive_.path() / layout_.segment(number).filename();
  }
  /// In the order of archive changes: copied, recorded, removed.
  void move_segment(std::int64_t number) {
    std::filesystem::copy_file(layout_.segment(number), place(number));
    record(number, true);
    std::filesystem::remove(layout_.segment(number));
  }
  void record(std::int64_t number, bool archived) {
    const auto segments = meta_.segments();
    SegmentRecord segment = segments.at(static_cast<std::size_t>(number - 1));
    segment.deleted = true;
    segment.archived = archived;
    if (archived) segment.archive_location = place(number).string();
    meta_.put_segment(segment);
  }
  std::string error_line(std::int64_t after_vsn) {
    try {
      read_after(after_vsn);
      return "";
    } catch (const Error& error) {
      return error.line();
    }
  }

  testing::TempDirectory archive_;
};

TEST_F(ChangeLogMovedTest, IsReadWhereItIs) {
  write_segments(6, 2);
  for (const std::int64_t number : {1, 2, 4}) move_segment(number);
  EXPECT_EQ(commits(), positions(1, 6));
  EXPECT_EQ(commits(2), positions(2, 6));
}

TEST_F(ChangeLogMovedTest, IsReadInTheQueueWhenItWasPutBackThere) {
  write_segments(3, 2);
  move_segment(1);
  std::filesystem::rename(place(1), layout_.segment(1));
  EXPECT_EQ(commits(), positions(1, 3));
}

TEST_F(ChangeLogMovedTest, IsNamedWithItsPlaceWhenItIsNotThere) {
  write_segments(3, 2);
  move_segment(2);
  std::filesystem::remove(place(2));
  EXPECT_EQ(commits(4), positions(3, 3));
  const std::string line = error_line(0);
  EXPECT_THAT(line, HasSubstr("E2103"));
  EXPECT_THAT(line, HasSubstr("was moved to " + place(2).string()));
  EXPECT_THAT(line, HasSubstr("Put it back there, or mount"));
}

TEST_F(ChangeLogMovedTest, IsToldFromADeletedOne) {
  write_segments(3, 2);
  record(1, false);
  std::filesystem::remove(layout_.segment(1));
  EXPECT_THAT(error_line(0), HasSubstr("was deleted by archive changes"));
  EXPECT_EQ(commits(2), positions(2, 3));
}

TEST_F(ChangeLogMovedTest, IsNamedWithItsPlaceWhenItIsDamaged) {
  write_segments(3, 2);
  move_segment(1);
  std::filesystem::resize_file(place(1), 3);
  const std::string line = error_line(0);
  EXPECT_THAT(line, HasSubstr("E2102"));
  EXPECT_THAT(line, HasSubstr(place(1).string()));
}

TEST_F(ChangeLogMovedTest, AReaderGoesOnInASegmentThatIsMovedUnderIt) {
  // More than a reader keeps in memory, so that it must read from the file again.
  write_segments(3, 5000, std::string(1000, 'v'));
  ChangeLogReader reader(layout_, meta_, 0);
  while (reader.next()->vsn < 10) {
  }
  for (const std::int64_t number : {1, 2}) move_segment(number);
  std::int64_t newest = 0;
  while (const auto event = reader.next()) newest = event->vsn;
  EXPECT_EQ(newest, 15'000);
}

TEST_F(ChangeLogMovedTest, AReaderGoesOnInASegmentThatIsDeletedUnderIt) {
  write_segments(3, 5000, std::string(1000, 'v'));
  ChangeLogReader reader(layout_, meta_, 0);
  while (reader.next()->vsn < 10) {
  }
  record(1, false);
  std::filesystem::remove(layout_.segment(1));
  std::int64_t newest = 0;
  while (const auto event = reader.next()) newest = event->vsn;
  EXPECT_EQ(newest, 15'000);
}

TEST_F(ChangeLogMovedTest, AReaderSeeksBackIntoMovedSegments) {
  write_segments(6, 2);
  ChangeLogReader reader(layout_, meta_, 0);
  std::vector<ReadPosition> places{reader.position()};
  while (const auto event = reader.next()) {
    if (std::holds_alternative<Commit>(event->change)) places.push_back(reader.position());
  }
  for (const std::int64_t number : {1, 2, 3, 5}) move_segment(number);
  for (const std::size_t i : {4U, 1U, 6U, 0U, 3U}) {
    reader.seek(places[i]);
    std::size_t seen = 0;
    while (const auto event = reader.next()) {
      if (std::holds_alternative<Commit>(event->change)) ++seen;
    }
    EXPECT_EQ(seen, 6 - i);
  }
}

TEST_F(ChangeLogMovedTest, AReaderThatMissedASegmentGoesOnOnceItIsBack) {
  write_segments(3, 2);
  move_segment(2);
  std::filesystem::rename(place(2), archive_.path() / "elsewhere");
  ChangeLogReader reader(layout_, meta_, 0);
  EXPECT_EQ(error_number([&] { read_all(reader); }), 2103);
  std::filesystem::rename(archive_.path() / "elsewhere", place(2));
  const auto event = reader.next();
  ASSERT_TRUE(event);
  EXPECT_EQ(describe(event->change), "begin 0000000000000002 at 2000 xid 2");
}

TEST_F(ChangeLogMovedTest, ReadersNeverMissASegmentWhileAllAreMoved) {
  constexpr int segments = 150;
  write_segments(segments, 1);
  std::jthread moving([this] {
    for (std::int64_t number = 1; number < segments; ++number) move_segment(number);
  });
  const auto moved = [this] { return !std::filesystem::exists(layout_.segment(segments - 1)); };
  for (bool last = false; !last;) {
    last = moved();
    ASSERT_EQ(commits(), positions(1, segments));
  }
}

}  // namespace
}  // namespace voyager::exportdir
