// SPDX-License-Identifier: Apache-2.0
#include "snapshot/export_schedule.hpp"

#include <thread>

#include "snapshot_fixture.hpp"

namespace voyager::snapshot {
namespace {

using exportdir::ChunkRecord;
using exportdir::ChunkState;
using exportdir::TableRecord;

TableRecord record(std::int64_t id, const std::string& name, std::int64_t bytes) {
  TableRecord made;
  made.id = id;
  made.table = table(name, bytes);
  return made;
}

ChunkRecord chunk(std::int64_t id, std::int64_t bytes, std::int64_t exported_rows = -1) {
  ChunkRecord made;
  made.id = id;
  made.estimated_bytes = bytes;
  made.state = exported_rows < 0 ? ChunkState::planned : ChunkState::exported;
  made.rows = std::max<std::int64_t>(0, exported_rows);
  return made;
}

TEST(ExportSchedule, TakesTheLargestChunkBeforeItPlansTheNextTable) {
  ExportSchedule schedule({record(1, "small", 5), record(2, "large", 500)});
  const auto first = schedule.next({});
  ASSERT_TRUE(first);
  EXPECT_EQ(first->table->table.name.name, "large");
  EXPECT_FALSE(first->chunk);
  schedule.planned(2, {chunk(10, 100), chunk(11, 400)});
  EXPECT_EQ(schedule.next({})->chunk->id, 11);
  EXPECT_EQ(schedule.next({})->chunk->id, 10);
  EXPECT_EQ(schedule.next({})->table->table.name.name, "small");
}

TEST(ExportSchedule, ChunksOfOneSizeAreTakenInTheirOrder) {
  ExportSchedule schedule({record(1, "a", 500)});
  schedule.next({});
  schedule.planned(1, {chunk(10, 100), chunk(11, 100), chunk(12, 100)});
  for (const int id : {10, 11, 12}) EXPECT_EQ(schedule.next({})->chunk->id, id);
}

TEST(ExportSchedule, ATableIsDoneWithItsLastChunk) {
  ExportSchedule schedule({record(1, "a", 5)});
  schedule.next({});
  EXPECT_FALSE(schedule.planned(1, {chunk(10, 1), chunk(11, 1)}).table_done);
  EXPECT_FALSE(schedule.copied(1, 7).table_done);
  const auto last = schedule.copied(1, 3);
  EXPECT_TRUE(last.table_done);
  EXPECT_EQ(last.rows, 10);
}

TEST(ExportSchedule, ATableWithoutUnfinishedChunksIsDoneAtOnce) {
  ExportSchedule schedule({record(1, "empty", 0), record(2, "resumed", 0)});
  schedule.next({});
  EXPECT_TRUE(schedule.planned(1, {}).table_done);
  schedule.next({});
  const auto resumed = schedule.planned(2, {chunk(10, 1, 42)});
  EXPECT_TRUE(resumed.table_done);
  EXPECT_EQ(resumed.rows, 42);
  EXPECT_FALSE(schedule.next({}));
}

TEST(ExportSchedule, WhatIsGivenUpIsNeverDone) {
  ExportSchedule schedule({record(1, "a", 5), record(2, "b", 4)});
  schedule.next({});
  schedule.planned(1, {chunk(10, 1), chunk(11, 1), chunk(12, 1)});
  const auto one = schedule.next({});
  const auto other = schedule.next({});
  schedule.given_up(*one);
  EXPECT_FALSE(schedule.copied(1, 7).table_done) << "another worker was at it";
  const auto plan = schedule.next({});
  EXPECT_EQ(plan->table->id, 2) << "nothing more of the first";
  schedule.given_up(*plan);
  EXPECT_FALSE(schedule.next({}));
}

TEST(ExportSchedule, AnIdleWorkerWaitsForThePlanOfAnother) {
  ExportSchedule schedule({record(1, "a", 5)});
  schedule.next({});
  std::optional<ExportSchedule::Task> got;
  std::thread waiting([&] { got = schedule.next({}); });
  schedule.planned(1, {chunk(10, 1)});
  waiting.join();
  ASSERT_TRUE(got);
  EXPECT_EQ(got->chunk->id, 10);
}

TEST(ExportSchedule, AStopEndsTheWait) {
  ExportSchedule schedule({record(1, "a", 5)});
  schedule.next({});
  std::stop_source stop;
  std::thread waiting([&] { EXPECT_FALSE(schedule.next(stop.get_token())); });
  stop.request_stop();
  waiting.join();
}

}  // namespace
}  // namespace voyager::snapshot
