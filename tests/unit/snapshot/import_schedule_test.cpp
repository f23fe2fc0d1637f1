// SPDX-License-Identifier: Apache-2.0
#include "snapshot/import_schedule.hpp"

#include "snapshot_fixture.hpp"

namespace voyager::snapshot {
namespace {

using exportdir::ChunkRecord;
using exportdir::ChunkState;
using exportdir::TableRecord;
using exportdir::TableState;

TableRecord record(std::int64_t id, TableState state, std::int64_t generation = 1) {
  TableRecord made;
  made.id = id;
  made.table = table("t" + std::to_string(id));
  made.state = state;
  made.generation = generation;
  return made;
}

ChunkRecord exported(std::int64_t id, std::int64_t table_id, std::int64_t rows,
                     std::int64_t generation = 1) {
  ChunkRecord made;
  made.id = id;
  made.table_id = table_id;
  made.generation = generation;
  made.state = ChunkState::exported;
  made.rows = rows;
  made.bytes = rows;
  return made;
}

TEST(ImportSchedule, BeginsATableBeforeItsFirstChunk) {
  ImportSchedule schedule;
  const std::vector<TableRecord> tables{record(1, TableState::exporting)};
  const auto first = schedule.look(tables, {exported(10, 1, 5)});
  EXPECT_EQ(first.begin.size(), 1U);
  EXPECT_TRUE(first.load.empty());
  schedule.begun(tables[0]);
  const auto second = schedule.look(tables, {exported(10, 1, 5)});
  EXPECT_TRUE(second.begin.empty());
  ASSERT_EQ(second.load.size(), 1U);
  EXPECT_EQ(second.load[0].chunk.id, 10);
  EXPECT_FALSE(second.complete);
}

TEST(ImportSchedule, ATableBegunAnewBeforeAnyChunkWasExportedIsNotEmptied) {
  ImportSchedule schedule;
  EXPECT_TRUE(schedule.look({record(1, TableState::pending)}, {}).begin.empty());
  const auto step = schedule.look({record(1, TableState::exporting, 2)}, {exported(10, 1, 5, 2)});
  EXPECT_EQ(step.begin.size(), 1U);
  EXPECT_TRUE(step.discard.empty());
}

TEST(ImportSchedule, HandsEachChunkOutOnceAndTheLargestFirst) {
  ImportSchedule schedule;
  schedule.resume({{1, 1}});
  const std::vector<TableRecord> tables{record(1, TableState::exporting)};
  const auto first = schedule.look(tables, {exported(10, 1, 5), exported(11, 1, 50)});
  ASSERT_EQ(first.load.size(), 2U);
  EXPECT_EQ(first.load[0].chunk.id, 11);
  const auto second =
      schedule.look(tables, {exported(10, 1, 5), exported(11, 1, 50), exported(12, 1, 1)});
  ASSERT_EQ(second.load.size(), 1U);
  EXPECT_EQ(second.load[0].chunk.id, 12);
  EXPECT_EQ(schedule.in_flight(), 3U);
}

TEST(ImportSchedule, LeavesPlannedChunksAlone) {
  ImportSchedule schedule;
  schedule.resume({{1, 1}});
  ChunkRecord planned = exported(10, 1, 5);
  planned.state = ChunkState::planned;
  EXPECT_TRUE(schedule.look({record(1, TableState::exporting)}, {planned}).load.empty());
}

TEST(ImportSchedule, IsCompleteWhenEveryTableIsExportedAndLoaded) {
  ImportSchedule schedule;
  schedule.resume({{1, 1}, {2, 1}});
  EXPECT_FALSE(schedule.look({}, {}).complete) << "no table is frozen yet";
  const std::vector<TableRecord> tables{record(1, TableState::exported),
                                        record(2, TableState::exported)};
  const auto step = schedule.look(tables, {exported(10, 1, 5)});
  EXPECT_FALSE(step.complete);
  ASSERT_EQ(step.ended.size(), 1U) << "the empty table";
  const auto progress = schedule.loaded(step.load[0]);
  EXPECT_EQ(progress.rows, 5U);
  EXPECT_GT(progress.total, 5U) << "only a table that is exported and loaded shows as complete";
  const auto last = schedule.look(tables, {exported(10, 1, 5)});
  EXPECT_TRUE(last.complete);
  ASSERT_EQ(last.ended.size(), 1U);
  EXPECT_EQ(last.ended[0].rows, last.ended[0].total);
  EXPECT_TRUE(schedule.look(tables, {exported(10, 1, 5)}).ended.empty());
}

TEST(ImportSchedule, DiscardsAnOlderGenerationOnceNoneOfItsChunksIsInFlight) {
  ImportSchedule schedule;
  schedule.resume({{1, 1}});
  const auto step = schedule.look({record(1, TableState::exporting)}, {exported(10, 1, 5)});
  const std::vector<TableRecord> again{record(1, TableState::exporting, 2)};
  const auto blocked = schedule.look(again, {exported(20, 1, 6, 2)});
  EXPECT_TRUE(blocked.discard.empty());
  EXPECT_TRUE(blocked.load.empty());
  schedule.loaded(step.load[0]);
  const auto free = schedule.look(again, {exported(20, 1, 6, 2)});
  ASSERT_EQ(free.discard.size(), 1U);
  EXPECT_TRUE(free.load.empty());
  schedule.begun(again[0]);
  const auto next = schedule.look(again, {exported(20, 1, 6, 2)});
  ASSERT_EQ(next.load.size(), 1U);
  EXPECT_EQ(schedule.loaded(next.load[0]).rows, 6U) << "rows of the old generation do not count";
}

TEST(ImportSchedule, IgnoresChunksOfAGenerationThatItHasNotSeenYet) {
  ImportSchedule schedule;
  schedule.resume({{1, 1}});
  const auto step = schedule.look({record(1, TableState::exporting)}, {exported(20, 1, 6, 2)});
  EXPECT_TRUE(step.load.empty());
}

std::vector<std::size_t> sizes_of_shares(const std::vector<std::int64_t>& chunks,
                                         std::size_t workers) {
  std::vector<ImportSchedule::Task> tasks(chunks.size());
  for (std::size_t i = 0; i < chunks.size(); ++i) tasks[i].chunk.bytes = chunks[i];
  std::vector<std::size_t> sizes;
  for (const auto& share : share_out(tasks, workers)) sizes.push_back(share.size());
  return sizes;
}

TEST(ShareOut, LargeChunksStayAloneAndSmallOnesAreSharedByTheWorkers) {
  using Sizes = std::vector<std::size_t>;
  constexpr std::int64_t mib = 1 << 20;
  EXPECT_EQ(sizes_of_shares({}, 2), Sizes{});
  EXPECT_EQ(sizes_of_shares({64 * mib, mib, 100, 100, 100, 100}, 2), (Sizes{1, 1, 2, 2}));
  EXPECT_EQ(sizes_of_shares({100, 100, 100}, 8), (Sizes{1, 1, 1}));
  EXPECT_EQ(sizes_of_shares(std::vector<std::int64_t>(120, 100), 2), (Sizes{50, 50, 20}));
  EXPECT_EQ(sizes_of_shares(std::vector<std::int64_t>(5, mib / 4), 1), (Sizes{4, 1}));
}

}  // namespace
}  // namespace voyager::snapshot
