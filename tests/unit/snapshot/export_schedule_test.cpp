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

using Plan = ExportSchedule::Plan;
using Copy = ExportSchedule::Copy;
using Ids = std::vector<std::int64_t>;

constexpr std::int64_t large = 2 << 20;

/// The tables of the next task, which is a plan.
Ids next_plan(ExportSchedule& schedule) {
  const auto task = schedule.next({});
  Ids ids;
  for (const TableRecord* table : std::get<Plan>(task.value()).tables) ids.push_back(table->id);
  return ids;
}

Ids chunks_of(const ExportSchedule::Task& task) {
  Ids ids;
  for (const auto& part : std::get<Copy>(task).parts) ids.push_back(part.chunk.id);
  return ids;
}

/// The chunks of the next task, which is a copy.
Ids next_copy(ExportSchedule& schedule) {
  return chunks_of(schedule.next({}).value());
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
  ExportSchedule schedule({record(1, "small", large + 5), record(2, "large", large + 500)});
  EXPECT_EQ(next_plan(schedule), Ids{2});
  schedule.planned(2, {chunk(10, large + 100), chunk(11, large + 400)});
  EXPECT_EQ(next_copy(schedule), Ids{11});
  EXPECT_EQ(next_copy(schedule), Ids{10});
  EXPECT_EQ(next_plan(schedule), Ids{1});
}

TEST(ExportSchedule, ChunksOfOneSizeAreTakenInTheirOrder) {
  ExportSchedule schedule({record(1, "a", 500)});
  schedule.next({});
  schedule.planned(1, {chunk(10, large), chunk(11, large), chunk(12, large)});
  for (const int id : {10, 11, 12}) EXPECT_EQ(next_copy(schedule), Ids{id});
}

TEST(ExportSchedule, SmallTablesArePlannedTogetherAHundredAtATime) {
  std::vector<TableRecord> records{record(1, "large", large), record(2, "larger", 2 * large)};
  for (int id = 3; id < 153; ++id) records.push_back(record(id, "t" + std::to_string(id), 8192));
  ExportSchedule schedule(records);
  EXPECT_EQ(next_plan(schedule), Ids{2});
  EXPECT_EQ(next_plan(schedule), Ids{1});
  EXPECT_EQ(next_plan(schedule).size(), 100U);
  const Ids last = next_plan(schedule);
  EXPECT_EQ(last.size(), 50U);
  schedule.planned(last[0], {chunk(10, 8192)});
  EXPECT_EQ(next_copy(schedule), Ids{10}) << "it needn't wait for its neighbours";
}

TEST(ExportSchedule, SmallChunksAreCopiedTogether) {
  ExportSchedule schedule({record(1, "a", 500)});
  schedule.next({});
  std::vector<ChunkRecord> chunks{chunk(1, large),     chunk(2, 900 << 10), chunk(3, 300 << 10),
                                  chunk(4, 200 << 10), chunk(5, 0),         chunk(6, 0)};
  for (int id = 10; id < 70; ++id) chunks.push_back(chunk(id, 8192));
  schedule.planned(1, chunks);
  EXPECT_EQ(next_copy(schedule), Ids{1});
  EXPECT_EQ(next_copy(schedule), Ids{2}) << "a MiB at most";
  const Ids many = next_copy(schedule);
  EXPECT_EQ(many.size(), 50U);
  EXPECT_EQ((Ids{many[0], many[1], many[2]}), (Ids{3, 4, 10}));
  EXPECT_EQ(next_copy(schedule).size(), 12U);
  EXPECT_EQ(next_copy(schedule), Ids{5}) << "of unknown size";
  EXPECT_EQ(next_copy(schedule), Ids{6});
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
  EXPECT_EQ(next_plan(schedule), (Ids{1, 2}));
  EXPECT_TRUE(schedule.planned(1, {}).table_done);
  const auto resumed = schedule.planned(2, {chunk(10, 1, 42)});
  EXPECT_TRUE(resumed.table_done);
  EXPECT_EQ(resumed.rows, 42);
  EXPECT_FALSE(schedule.next({}));
}

TEST(ExportSchedule, WhatIsGivenUpIsNeverDone) {
  ExportSchedule schedule({record(1, "a", large), record(2, "b", 4), record(3, "c", 3)});
  schedule.next({});
  schedule.planned(1, {chunk(10, large), chunk(11, large), chunk(12, large)});
  schedule.next({});
  schedule.next({});
  schedule.given_up(1);
  EXPECT_FALSE(schedule.copied(1, 7).table_done) << "another worker was at it";
  EXPECT_EQ(next_plan(schedule), (Ids{2, 3})) << "nothing more of the first";
  schedule.given_up(2);
  EXPECT_TRUE(schedule.planned(3, {}).table_done);
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
  EXPECT_EQ(chunks_of(*got), Ids{10});
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
