// SPDX-License-Identifier: Apache-2.0
#include "snapshot/import_snapshot.hpp"

#include <algorithm>
#include <thread>

#include "base/crc32c.hpp"
#include "base/file.hpp"
#include "fake_target.hpp"
#include "snapshot_fixture.hpp"

namespace voyager::snapshot {
namespace {

using exportdir::ChunkRecord;
using exportdir::TableState;
using Names = std::vector<std::string>;

class ImportSnapshot : public ExportDirectory {
 protected:
  bool run(const std::stop_token& stop = {}) {
    return import_snapshot(layout_, meta_, target_, options_, status_, stop);
  }

  /// Writes and records chunks as the exporter does; returns their file names.
  Names add_chunks(std::int64_t table_id, const std::vector<std::string>& contents) {
    const std::size_t before = meta_.chunks_of(table_id).size();
    std::vector<ChunkRecord> planned(contents.size());
    for (ChunkRecord& chunk : planned) chunk.leaf = {"public", "a"};
    meta_.begin_table(table_id, {}, planned);
    const auto chunks = meta_.chunks_of(table_id);
    Names files;
    for (std::size_t i = 0; i < contents.size(); ++i) {
      const ChunkRecord& chunk = chunks.at(before + i);
      write_file_atomically(layout_.data() / chunk.file, contents[i]);
      meta_.set_chunks_exported(
          {{chunk.id,
            {std::count(contents[i].begin(), contents[i].end(), '\n'),
             static_cast<std::int64_t>(contents[i].size()), crc32c(contents[i])}}});
      files.push_back(chunk.file);
    }
    return files;
  }

  Names export_table(std::int64_t table_id, const std::vector<std::string>& contents) {
    Names files = add_chunks(table_id, contents);
    meta_.set_table_state(table_id, TableState::exported);
    return files;
  }

  static ImportOptions target_importer() {
    ImportOptions options;
    options.role = "target_db_importer";
    return options;
  }

  FakeTarget target_;
  ImportOptions options_ = target_importer();
};

TEST_F(ImportSnapshot, LoadsEveryChunkOnce) {
  const auto records = freeze({table("a"), table("b"), table("empty")});
  export_table(records[0].id, {"1\n2\n", "3\n"});
  export_table(records[1].id, {"9\n"});
  export_table(records[2].id, {});
  EXPECT_TRUE(run());
  EXPECT_EQ(target_.rows("a"), "1\n2\n3\n");
  EXPECT_EQ(target_.rows("b"), "9\n");
  EXPECT_EQ(meta_.setting("target_db_importer.snapshot_loaded"), "true");
  EXPECT_EQ(meta_.setting("target_db_importer.generation." + std::to_string(records[0].id)), "1");
  EXPECT_EQ(status_.progress_of("public.a").back(),
            (std::pair<std::uint64_t, std::uint64_t>{3, 3}));
  EXPECT_TRUE(run()) << "again";
  EXPECT_EQ(target_.loads().size(), 3U);
}

TEST_F(ImportSnapshot, ManyWorkersLoadTheSameRows) {
  options_.parallel_jobs = 8;
  std::vector<std::string> chunks;
  for (int i = 0; i < 100; ++i) chunks.push_back(std::to_string(100 + i) + "\n");
  const auto records = freeze({table("a")});
  export_table(records[0].id, chunks);
  EXPECT_TRUE(run());
  EXPECT_EQ(target_.loads().size(), 100U);
  EXPECT_EQ(target_.rows("a").size(), 400U);
  EXPECT_EQ(status_.progress_of("public.a").back().first, 100U);
}

TEST_F(ImportSnapshot, WorkersAboveTheLimitLoadNothing) {
  options_.parallel_jobs = JobLimit(1, 8);
  const auto records = freeze({table("a")});
  export_table(records[0].id, Names(100, "1\n"));
  EXPECT_TRUE(run());
  EXPECT_EQ(target_.loads().size(), 100U);
  EXPECT_EQ(target_.loaders_opened(), 1U);
}

TEST_F(ImportSnapshot, SmallChunksAreLoadedTogether) {
  const auto records = freeze({table("a"), table("b")});
  export_table(records[0].id, {"1\n", "2\n"});
  export_table(records[1].id, {"9\n", std::string(300 << 10, '\n')});
  EXPECT_TRUE(run());
  EXPECT_EQ(target_.chunks_of_loads(), (std::vector<std::size_t>{1, 3})) << "the large one alone";
}

TEST_F(ImportSnapshot, WhatCannotBeLoadedAmongManyIsNamedAndTheOthersAreLoaded) {
  const auto records = freeze({table("a"), table("b"), table("c")});
  export_table(records[0].id, {"1\n"});
  const Names refused = export_table(records[1].id, {"2\n"});
  export_table(records[2].id, {"3\n"});
  const LoadTrouble trouble{Error({3126}, Action::give_up, "refused"), false};
  target_.troubles = {std::nullopt, trouble, std::nullopt, trouble};
  std::string message;
  EXPECT_EQ(error_number([&] { run(); }, &message), 3126);
  EXPECT_NE(message.find("load of " + refused[0] + " into public.b"), std::string::npos) << message;
  EXPECT_EQ(target_.rows("a"), "1\n");
  EXPECT_TRUE(run());
  EXPECT_EQ(target_.rows("a") + target_.rows("b") + target_.rows("c"), "1\n2\n3\n");
}

TEST_F(ImportSnapshot, FollowsAnExportThatStillRuns) {
  const auto records = freeze({table("a")});
  std::thread exporter([&] {
    for (const char* rows : {"1\n", "2\n", "3\n"}) add_chunks(records[0].id, {rows});
    meta_.set_table_state(records[0].id, TableState::exported);
  });
  EXPECT_TRUE(run());
  exporter.join();
  EXPECT_EQ(target_.rows("a").size(), 6U);
}

TEST_F(ImportSnapshot, AStopEndsTheWaitForTheExport) {
  freeze({table("a")});
  std::stop_source stop;
  std::thread user([&] { stop.request_stop(); });
  EXPECT_FALSE(run(stop.get_token()));
  user.join();
  EXPECT_FALSE(meta_.setting("target_db_importer.snapshot_loaded"));
}

TEST_F(ImportSnapshot, EmptiesATableThatWasExportedAnew) {
  const auto records = freeze({table("a"), table("b")});
  add_chunks(records[0].id, {"old\n"});
  export_table(records[1].id, {"9\n"});
  std::stop_source stop;
  std::thread first_run([&] { EXPECT_FALSE(run(stop.get_token())); });
  while (target_.loads().size() < 2) std::this_thread::yield();
  stop.request_stop();
  first_run.join();
  meta_.restart_table(records[0].id, {"0000000000000200"});
  export_table(records[0].id, {"new\n"});
  EXPECT_TRUE(run());
  EXPECT_EQ(target_.rows("a"), "new\n");
  EXPECT_EQ(target_.rows("b"), "9\n");
  EXPECT_EQ(target_.discarded(), Names{"a"});
  EXPECT_EQ(meta_.setting("target_db_importer.generation." + std::to_string(records[0].id)), "2");
}

TEST_F(ImportSnapshot, AfterALostCommitAnswerTheLedgerDecides) {
  const auto records = freeze({table("a")});
  export_table(records[0].id, {"1\n", "2\n"});
  const Error in_doubt({3104}, Action::ask_target, "the answer to COMMIT was lost");
  target_.troubles = {LoadTrouble{in_doubt, false}, LoadTrouble{in_doubt, true}};
  EXPECT_TRUE(run());
  EXPECT_EQ(target_.rows("a"), "1\n2\n");
  EXPECT_EQ(target_.loads().size(), 3U);
}

TEST_F(ImportSnapshot, ALostConnectionIsReplacedAndShownOnce) {
  const auto records = freeze({table("a")});
  export_table(records[0].id, {"1\n"});
  const Error lost({3102}, Action::reconnect, "connection lost");
  target_.troubles = {LoadTrouble{lost}, LoadTrouble{lost}};
  EXPECT_TRUE(run());
  EXPECT_EQ(target_.rows("a"), "1\n");
  EXPECT_EQ(target_.loaders_opened(), 3U);
  ASSERT_EQ(status_.warnings().size(), 1U);
  EXPECT_NE(status_.warnings()[0].find("snapshot import waits: E3102"), std::string::npos);
  EXPECT_EQ(meta_.figures("target_db_importer").at("waiting_for"), "");
}

TEST_F(ImportSnapshot, AConflictIsTriedAgainOnTheSameConnection) {
  const auto records = freeze({table("a")});
  export_table(records[0].id, {"1\n"});
  target_.troubles = {LoadTrouble{Error({3103}, Action::retry, "conflict")}};
  EXPECT_TRUE(run());
  EXPECT_EQ(target_.rows("a"), "1\n");
  EXPECT_EQ(target_.loaders_opened(), 1U);
}

TEST_F(ImportSnapshot, AnErrorThatNeedsAPersonNamesChunkAndTable) {
  const auto records = freeze({table("a")});
  const Names files = export_table(records[0].id, {"1\n"});
  target_.troubles = {LoadTrouble{Error({3103}, Action::give_up, "duplicate key")}};
  std::string message;
  EXPECT_EQ(error_number([&] { run(); }, &message), 3103);
  EXPECT_NE(message.find("load of " + files[0] + " into public.a: duplicate key"),
            std::string::npos)
      << message;
}

TEST_F(ImportSnapshot, ADamagedChunkFileIsNotLoaded) {
  const auto records = freeze({table("a")});
  const Names files = export_table(records[0].id, {"1\n2\n"});
  write_file_atomically(layout_.data() / files[0], "1\n");
  EXPECT_EQ(error_number([&] { run(); }), 5006);
  EXPECT_TRUE(target_.loads().empty());
}

TEST_F(ImportSnapshot, AFlippedBitIsNeverCommitted) {
  const auto records = freeze({table("a")});
  const Names files = export_table(records[0].id, {"1\n2\n"});
  write_file_atomically(layout_.data() / files[0], "1\n3\n");
  std::string message;
  EXPECT_EQ(error_number([&] { run(); }, &message), 5006);
  EXPECT_NE(message.find(files[0] + " is damaged"), std::string::npos) << message;
  EXPECT_EQ(target_.rows("a"), "");
  write_file_atomically(layout_.data() / files[0], "1\n2\n");
  EXPECT_TRUE(run());
  EXPECT_EQ(target_.rows("a"), "1\n2\n");
}

TEST_F(ImportSnapshot, RowsWithoutTheirBookkeepingAreRefused) {
  const auto records = freeze({table("a")});
  export_table(records[0].id, {"1\n"});
  EXPECT_TRUE(run());
  target_.ledger()->remove();
  std::string message;
  EXPECT_EQ(error_number([&] { run(); }, &message), 5106);
  EXPECT_NE(message.find("table public.a has rows"), std::string::npos) << message;
  EXPECT_EQ(target_.rows("a"), "1\n");
}

TEST_F(ImportSnapshot, ATargetThatWasMadeAnewIsLoadedAgain) {
  const auto records = freeze({table("a")});
  export_table(records[0].id, {"1\n"});
  EXPECT_TRUE(run());
  target_.ledger()->remove();
  target_.set_rows("a", "");
  EXPECT_TRUE(run());
  EXPECT_EQ(target_.rows("a"), "1\n");
}

TEST_F(ImportSnapshot, ADirectoryOlderThanTheTargetIsRefused) {
  const auto records = freeze({table("a")});
  export_table(records[0].id, {"1\n"});
  EXPECT_TRUE(run());
  target_.put_in_ledger({"public", "a"}, "public.a.2.csv");
  std::string message;
  EXPECT_EQ(error_number([&] { run(); }, &message), 5107);
  EXPECT_NE(message.find("2 chunks of table public.a are loaded"), std::string::npos) << message;
}

TEST_F(ImportSnapshot, RowsThatTheTargetSwallowsAreAnError) {
  const auto records = freeze({table("a")});
  export_table(records[0].id, {"1\n2\n"});
  target_.swallowed_rows = 1;
  std::string message;
  EXPECT_EQ(error_number([&] { run(); }, &message), 5103);
  EXPECT_NE(message.find("2 rows were exported, but the target took 1"), std::string::npos);
}

TEST_F(ImportSnapshot, RowsOfAnEarlierExportAreRefused) {
  const auto records = freeze({table("a")});
  export_table(records[0].id, {"1\n"});
  target_.put_in_ledger({"public", "a"}, "public.a.77.csv");
  EXPECT_EQ(error_number([&] { run(); }), 5104);
  options_.start_clean = true;
  options_.truncate_tables = true;
  EXPECT_TRUE(run());
}

TEST_F(ImportSnapshot, AStartCleanEmptiesTablesAndLoadsAgain) {
  const auto records = freeze({table("a"), table("b")});
  export_table(records[0].id, {"1\n"});
  export_table(records[1].id, {"2\n"});
  EXPECT_TRUE(run());
  options_.start_clean = true;
  options_.truncate_tables = true;
  EXPECT_TRUE(run());
  EXPECT_EQ(target_.discarded(), (Names{"a", "b"}));
  EXPECT_EQ(target_.rows("a"), "1\n");
  EXPECT_EQ(target_.loads().size(), 4U);
}

TEST_F(ImportSnapshot, AStartCleanClaimsAllChangesAgainAndNeedsThem) {
  const auto records = freeze({table("a")});
  export_table(records[0].id, {"1\n"});
  EXPECT_TRUE(run());
  meta_.put_consumer({options_.role, 700, 1, 1});
  exportdir::SegmentRecord moved;
  moved.number = 1;
  moved.deleted = moved.archived = true;
  meta_.put_segment(moved);
  options_.start_clean = true;
  options_.truncate_tables = true;
  EXPECT_TRUE(run());
  EXPECT_EQ(meta_.consumers().at(0).applied_vsn, 0);
  const auto discarded = target_.discarded();
  moved.archived = false;
  meta_.put_segment(moved);
  EXPECT_EQ(error_number([&] { run(); }), 5105);
  EXPECT_EQ(target_.discarded(), discarded) << "refused before anything is emptied";
}

TEST_F(ImportSnapshot, AStartCleanThatKeepsRowsAsksFirst) {
  const auto records = freeze({table("a")});
  export_table(records[0].id, {"1\n"});
  Table there = table("a", 8192);
  target_.tables_in_catalog = {there};
  EXPECT_TRUE(run());
  options_.start_clean = true;
  testing::RecordingStatus refusing(false);
  EXPECT_EQ(error_number([&] { import_snapshot(layout_, meta_, target_, options_, refusing, {}); }),
            5102);
  EXPECT_EQ(refusing.questions().size(), 1U);
  EXPECT_EQ(target_.rows("a"), "1\n");
}

}  // namespace
}  // namespace voyager::snapshot
