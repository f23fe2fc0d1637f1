// SPDX-License-Identifier: Apache-2.0
#include "snapshot/export_snapshot.hpp"

#include <algorithm>

#include "base/file.hpp"
#include "fake_source.hpp"
#include "snapshot_fixture.hpp"

namespace voyager::snapshot {
namespace {

using exportdir::ChunkRecord;
using exportdir::ChunkState;
using exportdir::TableState;
using Names = std::vector<std::string>;
namespace fs = std::filesystem;

class ExportSnapshot : public ExportDirectory {
 protected:
  std::vector<QualifiedName> run(const std::stop_token& stop = {}) {
    ExportOptions options;
    options.parallel_jobs = workers_;
    return export_snapshot(layout_, meta_, source_, holder_, options, status_, stop);
  }

  std::string exported_rows(std::int64_t table_id) {
    std::string rows;
    for (const ChunkRecord& chunk : meta_.chunks_of(table_id)) {
      EXPECT_EQ(chunk.state, ChunkState::exported);
      const std::string content = read_file(layout_.data() / chunk.file);
      EXPECT_EQ(static_cast<std::size_t>(chunk.bytes), content.size());
      EXPECT_EQ(chunk.rows, std::count(content.begin(), content.end(), '\n'));
      rows += content;
    }
    return rows;
  }

  std::size_t chunk_files() {
    std::size_t count = 0;
    for (const auto& entry : fs::directory_iterator(layout_.data()))
      if (entry.is_regular_file()) ++count;
    return count;
  }

  FakeSource source_;
  FakeHolder holder_{"0000000000000100"};
  int workers_ = 1;
};

TEST_F(ExportSnapshot, WritesEveryChunkAndRecordsRowsBytesAndPosition) {
  const auto records = freeze({table("a", 1), table("b", 2)});
  source_.chunks = {{"a", {"1\n2\n", "3\n"}}, {"b", {"9\n"}}};
  EXPECT_FALSE(snapshot_exported(meta_));
  run();
  EXPECT_TRUE(snapshot_exported(meta_));
  EXPECT_EQ(exported_rows(records[0].id), "1\n2\n3\n");
  EXPECT_EQ(exported_rows(records[1].id), "9\n");
  EXPECT_EQ(chunk_files(), 3U);
  for (const auto& record : meta_.tables()) {
    EXPECT_EQ(record.state, TableState::exported);
    EXPECT_EQ(record.snapshot_position.text, "0000000000000100");
  }
  EXPECT_EQ(source_.opened(), Names{"snapshot-1"});
  EXPECT_EQ(source_.planned(), (Names{"b", "a"}));
  EXPECT_EQ(status_.progress_of("public.a").back(),
            (std::pair<std::uint64_t, std::uint64_t>{3, 3}));
}

TEST_F(ExportSnapshot, ManyWorkersShareTheChunks) {
  workers_ = 8;
  std::vector<Table> tables;
  for (int i = 0; i < 20; ++i) {
    const std::string name = "t" + std::to_string(i);
    tables.push_back(table(name, i));
    for (int chunk = 0; chunk < i; ++chunk)
      source_.chunks[name].push_back(name + "." + std::to_string(chunk) + "\n");
  }
  const auto records = freeze(tables);
  run();
  EXPECT_TRUE(snapshot_exported(meta_));
  EXPECT_EQ(chunk_files(), 190U);
  for (std::size_t i = 0; i < records.size(); ++i) {
    std::string expected;
    for (const std::string& rows : source_.chunks["t" + std::to_string(i)]) expected += rows;
    EXPECT_EQ(exported_rows(records[i].id), expected);
  }
}

TEST_F(ExportSnapshot, AnEmptyTableIsExportedWithoutAFile) {
  freeze({table("empty")});
  run();
  EXPECT_TRUE(snapshot_exported(meta_));
  EXPECT_EQ(chunk_files(), 0U);
}

TEST_F(ExportSnapshot, ALostConnectionIsReplacedInTheSameSnapshot) {
  const auto records = freeze({table("a")});
  source_.chunks = {{"a", {"1\n2\n"}}};
  source_.read_errors.emplace_back(Error({3102}, Action::reconnect, "connection lost"));
  run();
  EXPECT_EQ(exported_rows(records[0].id), "1\n2\n");
  EXPECT_EQ(source_.opened(), (Names{"snapshot-1", "snapshot-1"}));
  EXPECT_EQ(source_.read(), (Names{"a 0", "a 0"}));
  EXPECT_EQ(source_.planned(), Names{"a"});
  ASSERT_EQ(status_.warnings().size(), 1U);
  EXPECT_NE(status_.warnings()[0].find("snapshot export waits: E"), std::string::npos);
}

TEST_F(ExportSnapshot, ALostSnapshotGoesUpAtOnce) {
  freeze({table("a")});
  source_.chunks = {{"a", {"1\n"}}};
  source_.read_errors.emplace_back(Error({3203}, Action::reconnect, "the snapshot is gone"));
  std::string message;
  EXPECT_EQ(error_number([&] { run(); }, &message), 3203);
  EXPECT_NE(message.find("export of table public.a"), std::string::npos) << message;
  EXPECT_EQ(source_.read().size(), 1U);
}

TEST_F(ExportSnapshot, ATableThatWasRewrittenIsLeftForALaterSnapshot) {
  const auto records = freeze({table("a", 2), table("b", 1)});
  source_.chunks = {{"a", {"1\n", "2\n", "3\n"}}, {"b", {"9\n"}}};
  source_.rewritten_late = {"a 1"};
  EXPECT_EQ(run(), std::vector<QualifiedName>{records[0].table.name});
  EXPECT_EQ(source_.read(), (Names{"a 0", "a 1", "b 0"}));
  EXPECT_EQ(exported_rows(records[1].id), "9\n");
  EXPECT_EQ(meta_.tables()[0].state, TableState::exporting);
  meta_.restart_table(records[0].id, holder_.position());
  source_.rewritten_late = {};
  EXPECT_TRUE(run().empty());
  EXPECT_EQ(exported_rows(records[0].id), "1\n2\n3\n");
}

TEST_F(ExportSnapshot, SmallChunksAreCopiedTogetherAndARewrittenOneLeavesTheOthersAlone) {
  const auto records = freeze({table("a", 3), table("b", 2), table("c", 1)});
  source_.chunks = {{"a", {"1\n"}}, {"b", {"2\n"}}, {"c", {"3\n", "4\n"}}};
  source_.chunk_bytes = 8192;
  source_.rewritten_late = {"b 0"};
  EXPECT_EQ(run(), std::vector<QualifiedName>{records[1].table.name});
  EXPECT_EQ(source_.reads(), 1);
  EXPECT_EQ(exported_rows(records[0].id), "1\n");
  EXPECT_EQ(exported_rows(records[2].id), "3\n4\n");
  EXPECT_EQ(meta_.tables()[1].state, TableState::exporting);
  EXPECT_EQ(meta_.tables()[2].state, TableState::exported);
  EXPECT_EQ(meta_.chunks_of(records[1].id).at(0).state, ChunkState::planned);
}

TEST_F(ExportSnapshot, AnErrorAmongManyCopiesAllOfThemAgain) {
  const auto records = freeze({table("a", 2), table("b", 1)});
  source_.chunks = {{"a", {"1\n"}}, {"b", {"2\n"}}};
  source_.chunk_bytes = 8192;
  source_.read_errors = {std::nullopt, Error({3102}, Action::retry, "deadlock")};
  EXPECT_TRUE(run().empty());
  EXPECT_EQ(source_.read(), (Names{"a 0", "b 0", "a 0", "b 0"}));
  EXPECT_EQ(exported_rows(records[0].id), "1\n");
  EXPECT_EQ(exported_rows(records[1].id), "2\n");
}

TEST_F(ExportSnapshot, SmallTablesArePlannedTogetherAndARewrittenOneLeavesTheOthersAlone) {
  const auto records = freeze({table("a", 3), table("b", 2), table("c", 1), table("empty")});
  source_.chunks = {{"a", {"1\n"}}, {"b", {"2\n"}}, {"c", {"3\n"}}};
  source_.rewritten = {"b"};
  EXPECT_EQ(run(), std::vector<QualifiedName>{records[1].table.name});
  EXPECT_EQ(source_.plans(), 1);
  EXPECT_EQ(exported_rows(records[0].id), "1\n");
  EXPECT_EQ(exported_rows(records[2].id), "3\n");
  EXPECT_EQ(meta_.tables()[1].state, TableState::pending);
  EXPECT_EQ(meta_.tables()[3].state, TableState::exported);
  source_.rewritten = {};
  EXPECT_TRUE(run().empty());
  EXPECT_EQ(exported_rows(records[1].id), "2\n");
  EXPECT_TRUE(snapshot_exported(meta_));
}

TEST_F(ExportSnapshot, ARestartInTheSameSnapshotKeepsFinishedChunks) {
  const auto records = freeze({table("a")});
  source_.chunks = {{"a", {"1\n22\n", "3\n"}}};
  source_.read_errors = {std::nullopt, Error({3103}, Action::give_up, "broken")};
  EXPECT_EQ(error_number([&] { run(); }), 3103);
  EXPECT_EQ(meta_.tables()[0].state, TableState::exporting);
  run();
  EXPECT_EQ(source_.planned(), Names{"a"});
  EXPECT_EQ(source_.read(), (Names{"a 0", "a 1", "a 1"}));
  EXPECT_EQ(exported_rows(records[0].id), "1\n22\n3\n");
  run();
  EXPECT_EQ(source_.read().size(), 3U);
}

TEST_F(ExportSnapshot, ATableWhoseLastChunkWasRecordedBeforeACrashIsFinishedWithoutReading) {
  const auto records = freeze({table("a")});
  ChunkRecord chunk;
  chunk.leaf = {"public", "a"};
  meta_.begin_table(records[0].id, holder_.position(), {chunk});
  meta_.set_chunks_exported({{meta_.chunks_of(records[0].id)[0].id, {4, 0, 0}}});
  run();
  EXPECT_TRUE(snapshot_exported(meta_));
  EXPECT_TRUE(source_.read().empty());
}

TEST_F(ExportSnapshot, ChunksOfAnotherSnapshotAreRefused) {
  const auto records = freeze({table("a")});
  source_.chunks = {{"a", {"1\n", "2\n"}}};
  source_.read_errors.emplace_back(Error({3103}, Action::give_up, "broken"));
  EXPECT_EQ(error_number([&] { run(); }), 3103);
  holder_ = FakeHolder("0000000000000200");
  EXPECT_EQ(error_number([&] { run(); }), 5007);
  meta_.restart_table(records[0].id, holder_.position());
  run();
  EXPECT_EQ(exported_rows(records[0].id), "1\n2\n");
}

TEST_F(ExportSnapshot, ATableWhoseFileWasCutOrRemovedIsExportedAgain) {
  const auto records = freeze({table("a"), table("b"), table("c")});
  source_.chunks = {{"a", {"1\n"}}, {"b", {"2\n"}}, {"c", {"3\n"}}};
  run();
  EXPECT_TRUE(reopen_damaged_tables(layout_, meta_).empty());
  std::filesystem::remove(layout_.data() / meta_.chunks_of(records[0].id)[0].file);
  write_file_atomically(layout_.data() / meta_.chunks_of(records[2].id)[0].file, "3");
  EXPECT_EQ(reopen_damaged_tables(layout_, meta_),
            (std::vector<QualifiedName>{records[0].table.name, records[2].table.name}));
  for (const std::int64_t restarted : {records[0].id, records[2].id})
    meta_.restart_table(restarted, holder_.position());
  const std::size_t read_before = source_.read().size();
  run();
  EXPECT_EQ(source_.read().size(), read_before + 2);
  EXPECT_EQ(exported_rows(records[0].id), "1\n");
  EXPECT_EQ(exported_rows(records[2].id), "3\n");
}

TEST_F(ExportSnapshot, ATableThatAnImporterHasIsNotExportedAgain) {
  const auto records = freeze({table("a")});
  source_.chunks = {{"a", {"1\n"}}};
  run();
  std::filesystem::remove(layout_.data() / meta_.chunks()[0].file);
  meta_.set_setting("source_replica_db_importer.snapshot_loaded", "true");
  EXPECT_TRUE(reopen_damaged_tables(layout_, meta_).empty());
  EXPECT_TRUE(snapshot_exported(meta_));
}

TEST_F(ExportSnapshot, FilesOfEarlierGenerationsAreRemovedAtTheEnd) {
  const auto records = freeze({table("a")});
  source_.chunks = {{"a", {"1\n", "2\n"}}};
  source_.read_errors.emplace_back(Error({3103}, Action::give_up, "broken"));
  EXPECT_EQ(error_number([&] { run(); }), 3103);
  EXPECT_EQ(chunk_files(), 1U);  // the temporary file
  meta_.restart_table(records[0].id, holder_.position());
  run();
  EXPECT_EQ(chunk_files(), 2U);
}

TEST_F(ExportSnapshot, WhatAKillAfterTheLastTableLeftIsRemovedAtTheNextStart) {
  const auto records = freeze({table("a")});
  source_.chunks = {{"a", {"1\n"}}};
  run();
  write_file_atomically(layout_.data() / "a.9.csv.tmp", "of an earlier generation");
  EXPECT_TRUE(reopen_damaged_tables(layout_, meta_).empty());
  EXPECT_EQ(chunk_files(), 1U);
  EXPECT_EQ(exported_rows(records[0].id), "1\n");
}

TEST_F(ExportSnapshot, AStopLeavesWhatIsDoneAndTheNextRunGoesOn) {
  const auto records = freeze({table("a")});
  source_.chunks = {{"a", {"1\n", "2\n"}}};
  std::stop_source stop;
  stop.request_stop();
  run(stop.get_token());
  EXPECT_FALSE(snapshot_exported(meta_));
  run();
  EXPECT_EQ(exported_rows(records[0].id), "1\n2\n");
}

}  // namespace
}  // namespace voyager::snapshot
