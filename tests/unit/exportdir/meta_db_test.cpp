// SPDX-License-Identifier: Apache-2.0
#include "exportdir/meta_db.hpp"

#include <SQLiteCpp/SQLiteCpp.h>
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <set>
#include <thread>

#include "base/bell.hpp"
#include "base/error.hpp"
#include "base/file.hpp"
#include "support/temp_directory.hpp"

namespace voyager::exportdir {
namespace {

using namespace std::chrono_literals;
using ::testing::MatchesRegex;

class MetaDbTest : public ::testing::Test {
 protected:
  MetaDbTest() { layout_.create(); }
  MetaDb open() const { return MetaDb::open(layout_, true); }
  int error_of_opening(bool create) const {
    try {
      MetaDb::open(layout_, create);
      return 0;
    } catch (const Error& error) {
      return error.code().number;
    }
  }

 private:
  testing::TempDirectory directory_;

 protected:
  const Layout layout_{directory_.path()};
};

Table a_table(const std::string& name) {
  Table table;
  table.name = {"public", name};
  table.columns = {{"id", "bigint", "\"pg_catalog\".\"int8\"", Identity::always, false, true, true},
                   {"sum", "numeric(10,2)", "\"pg_catalog\".\"numeric\"", Identity::none, true}};
  table.key = {"id"};
  table.unique_keys = {{"u", {"sum", "id"}, true}, {"on expression", {}, false}};
  table.leaves = {{"public", name + "_p1"}, {"other", "Ümlaut \"p2\""}};
  table.partitioned = true;
  table.estimated_rows = 1'000'000'000'000;
  table.bytes = 42;
  table.needs_full_identity = {{"public", name + "_p1"}};
  return table;
}

TableRecord a_record(const std::string& name) {
  TableRecord record;
  record.table = a_table(name);
  record.format = ChunkFormat::binary;
  return record;
}

ChunkRecord a_chunk(const std::string& range) {
  ChunkRecord chunk;
  chunk.leaf = {"public", "t_p1"};
  chunk.range = range;
  chunk.estimated_bytes = 64 << 20;
  return chunk;
}

/// Takes away what version 2 added.
void make_version_1(const Layout& layout) {
  SQLite::Database db(layout.meta_db().string(), SQLite::OPEN_READWRITE);
  for (const std::string name : {"migration", "json_objects", "tables", "chunks",
                                 "queue_segment_meta", "consumers", "journal"}) {
    db.exec("DROP INDEX IF EXISTS chunks_of_table");
    db.exec("ALTER TABLE " + name + " DROP COLUMN row_check");
  }
  db.exec("ALTER TABLE chunks DROP COLUMN checksum");
  db.exec("DROP TABLE confirmed_positions");
  db.exec("PRAGMA user_version = 1");
}

TEST_F(MetaDbTest, WithoutAMigrationOpeningSaysSo) {
  EXPECT_EQ(error_of_opening(false), 2204);
  EXPECT_FALSE(std::filesystem::exists(layout_.meta_db()));
  File::open(layout_.meta_db(), File::Mode::create)
      .close();  // as after a crash in the middle of create
  EXPECT_EQ(error_of_opening(false), 2204);
  EXPECT_EQ(error_of_opening(true), 0);
}

TEST_F(MetaDbTest, TheUuidIsRandomAndStays) {
  const std::string uuid = open().migration_uuid();
  EXPECT_THAT(uuid,
              MatchesRegex("[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}"));
  EXPECT_EQ(MetaDb::open(layout_, false).migration_uuid(), uuid);
  const testing::TempDirectory other;
  EXPECT_NE(MetaDb::open(Layout(other.path()), true).migration_uuid(), uuid);
}

TEST_F(MetaDbTest, ItsFilesArePrivate) {
  MetaDb meta = open();
  meta.set_setting("a", "b");
  for (const auto& entry : std::filesystem::directory_iterator(layout_.metainfo())) {
    struct stat status {};
    ASSERT_EQ(::stat(entry.path().c_str(), &status), 0);
    EXPECT_EQ(status.st_mode & 0077U, 0U) << entry.path();
  }
}

TEST_F(MetaDbTest, ANewerFormatIsRefused) {
  static_cast<void>(open());
  SQLite::Database(layout_.meta_db().string(), SQLite::OPEN_READWRITE)
      .exec("PRAGMA user_version = 99");
  EXPECT_EQ(error_of_opening(true), 2201);
}

TEST_F(MetaDbTest, AFileThatIsNoDatabaseIsReportedAsDamaged) {
  write_file_atomically(layout_.meta_db(), std::string(4096, 'x'));
  EXPECT_EQ(error_of_opening(true), 2202);
}

TEST_F(MetaDbTest, AFileThatIsGoneOrEmptyIsNoNewMigration) {
  static_cast<void>(open());
  for (const char* suffix : {"", "-wal", "-shm"})
    std::filesystem::remove(layout_.meta_db().string() + suffix);
  EXPECT_EQ(error_of_opening(true), 2202);
  EXPECT_EQ(error_of_opening(false), 2202);
  File::open(layout_.meta_db(), File::Mode::create).close();
  EXPECT_EQ(error_of_opening(true), 2202);
}

TEST_F(MetaDbTest, TheFileOfAnotherMigrationIsRefused) {
  static_cast<void>(open());
  const testing::TempDirectory elsewhere;
  const Layout other(elsewhere.path());
  static_cast<void>(MetaDb::open(other, true));
  std::filesystem::copy_file(other.meta_db(), layout_.meta_db(),
                             std::filesystem::copy_options::overwrite_existing);
  EXPECT_EQ(error_of_opening(true), 2206);
  EXPECT_EQ(error_of_opening(false), 2206);
}

/// Every bit of the file, with something in each table that has checksums: a flipped one is found,
/// or was in none of the rows.
TEST_F(MetaDbTest, NoFlippedBitChangesARowUnseen) {
  const auto fill = [this] {
    MetaDb meta = open();
    meta.set_setting("capture_created", "0000000001A2B3C4");
    meta.add_tables({a_record("t")});
    const std::int64_t table = meta.tables()[0].id;
    meta.begin_table(table, {}, {a_chunk("ctid < '(1,1)'")});
    meta.set_chunks_exported({{meta.chunks()[0].id, {1000, 100'000, 0x1234'5678U}}});
    SegmentRecord segment;
    segment.number = 1;
    segment.committed_bytes = 4711;
    meta.put_segment(segment);
    meta.put_consumer({"target_db_importer", 17, 18, 19});
    meta.append_journal("target.requested", "none");
    meta.put_confirmed("slot", {"0000000001A2B3C5"});
  };
  const auto rows = [](const MetaDb& meta) {
    std::string all = meta.migration_uuid() + meta.setting("capture_created").value_or("gone");
    for (const TableRecord& table : meta.tables())
      all += fmt::format("|{} {} {}", table.id, table.table.name.display(), table.generation);
    for (const ChunkRecord& chunk : meta.chunks())
      all += fmt::format("|{} {} {} {} {} {}", chunk.id, chunk.table_id, chunk.file, chunk.rows,
                         chunk.bytes, chunk.checksum.value_or(0));
    for (const SegmentRecord& one : meta.segments())
      all += fmt::format("|{} {} {}", one.number, one.committed_bytes, one.sealed);
    for (const ConsumerRecord& one : meta.consumers())
      all += fmt::format("|{} {}", one.role, one.applied_vsn);
    for (const JournalEntry& entry : meta.journal()) all += "|" + entry.fact + entry.detail;
    return all + meta.confirmed("slot").value_or(Position()).text;
  };
  fill();
  const std::string before = rows(MetaDb::open(layout_, false));
  const std::string whole = read_file(layout_.meta_db());
  int found = 0;
  constexpr std::size_t stride = 241;  // coprime to everything that repeats in the file
  for (std::size_t byte = 0; byte < whole.size(); byte += stride) {
    std::string flipped = whole;
    flipped[byte] = static_cast<char>(flipped[byte] ^ (1 << (byte % 8)));
    for (const char* suffix : {"-wal", "-shm"})
      std::filesystem::remove(layout_.meta_db().string() + suffix);
    File::open(layout_.meta_db(), File::Mode::create).write(flipped);
    try {
      EXPECT_EQ(rows(MetaDb::open(layout_, false)), before) << "byte " << byte;
    } catch (const Error& error) {
      ++found;
      EXPECT_TRUE(error.code().number >= 2201 && error.code().number <= 2206) << error.line();
    }
  }
  EXPECT_GT(found, 10);
}

TEST_F(MetaDbTest, AnOlderFileGetsItsChecksums) {
  const std::string before = [this] {
    MetaDb meta = open();
    meta.add_tables({a_record("t")});
    meta.begin_table(meta.tables()[0].id, {}, {a_chunk("all"), a_chunk("rest")});
    return meta.migration_uuid();
  }();
  make_version_1(layout_);
  MetaDb meta = open();
  EXPECT_EQ(meta.migration_uuid(), before);
  ASSERT_EQ(meta.chunks().size(), 2U);
  EXPECT_EQ(meta.chunks()[0].checksum, std::nullopt);
  meta.restart_table(meta.tables()[0].id, {});
  meta.begin_table(meta.tables()[0].id, {}, {a_chunk("all")});
  EXPECT_EQ(meta.chunks()[0].id, 3) << "ids are never given twice";
}

TEST_F(MetaDbTest, WhatWasConfirmedIsKeptBySlot) {
  MetaDb meta = open();
  EXPECT_EQ(meta.confirmed("a"), std::nullopt);
  meta.put_confirmed("a", {"01"});
  meta.put_confirmed("b", {"05"});
  meta.put_confirmed("a", {"02"});
  EXPECT_EQ(meta.confirmed("a"), Position{"02"});
  meta.forget_confirmed("a");
  EXPECT_EQ(meta.confirmed("a"), std::nullopt);
  EXPECT_EQ(open().confirmed("b"), Position{"05"});
}

TEST_F(MetaDbTest, ManyProcessesMayCreateItAtOnce) {
  std::vector<pid_t> children;
  for (int i = 0; i < 4; ++i) {
    const pid_t child = ::fork();
    if (child == 0) {
      int result = 1;
      try {
        open().set_setting("from " + std::to_string(i), "x");
        result = 0;
      } catch (const std::exception&) {
      }
      ::_exit(result);
    }
    children.push_back(child);
  }
  for (const pid_t child : children) {
    int status = 0;
    ::waitpid(child, &status, 0);
    EXPECT_EQ(status, 0);
  }
  EXPECT_EQ(open().setting("from 3"), "x");
}

TEST_F(MetaDbTest, SettingsAreReplacedAndRemoved) {
  MetaDb meta = open();
  EXPECT_EQ(meta.setting("a"), std::nullopt);
  meta.set_setting("a", "1");
  meta.set_setting("a", "{\"x\": \"'\"}");
  EXPECT_EQ(meta.setting("a"), "{\"x\": \"'\"}");
  meta.remove_setting("a");
  EXPECT_EQ(meta.setting("a"), std::nullopt);
}

TEST_F(MetaDbTest, TablesComeBackAsTheyWereFrozen) {
  MetaDb meta = open();
  meta.add_tables({a_record("t"), a_record("Mixed Case")});
  const auto tables = meta.tables();
  ASSERT_EQ(tables.size(), 2U);
  const Table& table = tables[0].table;
  const Table expected = a_table("t");
  EXPECT_EQ(table.name, expected.name);
  EXPECT_EQ(table.columns, expected.columns);
  EXPECT_EQ(table.key, expected.key);
  ASSERT_EQ(table.unique_keys.size(), 2U);
  EXPECT_EQ(table.unique_keys[0].columns, expected.unique_keys[0].columns);
  EXPECT_TRUE(table.unique_keys[0].partial);
  EXPECT_EQ(table.leaves, expected.leaves);
  EXPECT_TRUE(table.partitioned);
  EXPECT_EQ(table.estimated_rows, expected.estimated_rows);
  EXPECT_EQ(table.bytes, 42);
  EXPECT_EQ(table.needs_full_identity, expected.needs_full_identity);
  EXPECT_EQ(tables[0].format, ChunkFormat::binary);
  EXPECT_EQ(tables[0].state, TableState::pending);
  EXPECT_NE(tables[0].id, tables[1].id);
}

TEST_F(MetaDbTest, AddingTablesIsAllOrNothing) {
  MetaDb meta = open();
  EXPECT_THROW(meta.add_tables({a_record("t"), a_record("t")}), Error);
  EXPECT_TRUE(meta.tables().empty());
}

TEST_F(MetaDbTest, ChunksGetIdsAndFileNames) {
  MetaDb meta = open();
  meta.add_tables({a_record("t"), a_record("u")});
  const std::int64_t t = meta.tables()[0].id;
  meta.begin_table(t, {}, {a_chunk("r1"), a_chunk("r2")});
  const auto chunks = meta.chunks_of(t);
  ASSERT_EQ(chunks.size(), 2U);
  EXPECT_EQ(chunks[1].range, "r2");
  EXPECT_EQ(chunks[1].table_id, t);
  EXPECT_EQ(chunks[1].leaf, (QualifiedName{"public", "t_p1"}));
  EXPECT_EQ(chunks[1].file, "public.t." + std::to_string(chunks[1].id) + ".bin");
  EXPECT_EQ(chunks[1].state, ChunkState::planned);
  meta.set_chunks_exported({{chunks[1].id, {10, 100, 0xFFFF'0001U}}});
  const auto after = meta.chunks();
  ASSERT_EQ(after.size(), 2U);
  EXPECT_EQ(after[0].state, ChunkState::planned);
  EXPECT_EQ(after[1].state, ChunkState::exported);
  EXPECT_EQ(after[1].rows, 10);
  EXPECT_EQ(after[1].bytes, 100);
  EXPECT_TRUE(meta.chunks_of(meta.tables()[1].id).empty());
}

TEST_F(MetaDbTest, ARestartedTableBeginsItsNextGenerationWithoutChunks) {
  MetaDb meta = open();
  meta.add_tables({a_record("t")});
  const std::int64_t t = meta.tables()[0].id;
  meta.begin_table(t, {"01"}, {a_chunk("r1")});
  EXPECT_EQ(meta.tables()[0].state, TableState::exporting);
  EXPECT_EQ(meta.tables()[0].snapshot_position.text, "01");
  const ChunkRecord old = meta.chunks()[0];
  meta.restart_table(t, {"02"});
  EXPECT_TRUE(meta.chunks().empty());
  const TableRecord record = meta.tables()[0];
  EXPECT_EQ(record.generation, 2);
  EXPECT_EQ(record.state, TableState::pending);
  EXPECT_EQ(record.snapshot_position.text, "02");
  meta.begin_table(t, {}, {a_chunk("r1")});
  const ChunkRecord anew = meta.chunks()[0];
  EXPECT_EQ(anew.generation, 2);
  EXPECT_NE(anew.id, old.id) << "an old file must never be taken for a new one";
  EXPECT_THROW(meta.set_chunks_exported({{old.id, {1, 1, 1}}}), Error);
}

TEST_F(MetaDbTest, ARefreshedListIsThatOfNow) {
  MetaDb meta = open();
  const auto expect_refreshed = [&](std::vector<TableRecord> list) {
    meta.refresh(list);
    const auto now = meta.tables();
    ASSERT_EQ(list.size(), now.size());
    for (std::size_t i = 0; i < now.size(); ++i) {
      EXPECT_EQ(list[i].table.name, now[i].table.name);
      EXPECT_EQ(list[i].state, now[i].state);
      EXPECT_EQ(list[i].generation, now[i].generation);
      EXPECT_EQ(list[i].snapshot_position.text, now[i].snapshot_position.text);
    }
  };
  meta.add_tables({a_record("t"), a_record("u")});
  expect_refreshed({});
  const auto before = meta.tables();
  meta.begin_table(before[0].id, {"01"}, {a_chunk("r1")});
  meta.restart_table(before[1].id, {"02"});
  expect_refreshed(before);
  meta.add_tables({a_record("v")});
  expect_refreshed(before);
  std::vector<TableRecord> others = before;
  others[0].id = 99;
  others.resize(5);
  expect_refreshed(others);
}

TEST_F(MetaDbTest, AnExportedTableIsNotRestarted) {
  MetaDb meta = open();
  meta.add_tables({a_record("t")});
  const std::int64_t t = meta.tables()[0].id;
  meta.begin_table(t, {}, {a_chunk("r1")});
  meta.set_table_state(t, TableState::exported);
  EXPECT_THROW(meta.restart_table(t, {"02"}), Error);
  EXPECT_EQ(meta.chunks().size(), 1U);
  EXPECT_EQ(meta.tables()[0].generation, 1);
}

TEST_F(MetaDbTest, TablesAreRestartedTogetherOrNotAtAll) {
  MetaDb meta = open();
  meta.add_tables({a_record("s"), a_record("t")});
  const std::vector<std::int64_t> both{meta.tables()[0].id, meta.tables()[1].id};
  meta.restart_tables(both, {"02"});
  for (const TableRecord& record : meta.tables()) {
    EXPECT_EQ(record.generation, 2);
    EXPECT_EQ(record.snapshot_position.text, "02");
  }
  meta.set_table_state(both[1], TableState::exported);
  EXPECT_THROW(meta.restart_tables(both, {"03"}), Error);
  EXPECT_EQ(meta.tables()[0].generation, 2);
}

TEST_F(MetaDbTest, WhatIsNotRecordedCannotChange) {
  MetaDb meta = open();
  EXPECT_THROW(meta.set_table_state(7, TableState::exported), Error);
  EXPECT_THROW(meta.begin_table(7, {}, {a_chunk("r")}), Error);
  EXPECT_THROW(meta.set_chunks_exported({{7, {1, 1, 1}}}), Error);
}

TEST_F(MetaDbTest, SegmentsAreReplacedWhole) {
  MetaDb meta = open();
  SegmentRecord one;
  one.number = 1;
  one.exporter_role = "source_db_exporter";
  one.first_vsn = 1;
  one.last_vsn = 10;
  one.committed_bytes = 1000;
  meta.put_segment(one);
  SegmentRecord two = one;
  two.number = 2;
  two.first_vsn = 11;
  one.sealed = true;
  meta.begin_segment(one, two);
  one.archived = one.deleted = true;
  one.archive_location = "/archive/segment.1";
  meta.put_segment(one);
  const auto segments = meta.segments();
  ASSERT_EQ(segments.size(), 2U);
  EXPECT_EQ(segments[0].last_vsn, 10);
  EXPECT_EQ(segments[0].committed_bytes, 1000);
  EXPECT_TRUE(segments[0].sealed && segments[0].archived && segments[0].deleted);
  EXPECT_EQ(segments[0].archive_location, "/archive/segment.1");
  EXPECT_FALSE(segments[1].sealed);
}

TEST_F(MetaDbTest, CountsAddUpByRoleAndTableAndKeepTheMark) {
  MetaDb meta = open();
  EXPECT_EQ(meta.counted_through(), 0);
  const QualifiedName t{"public", "t"};
  meta.add_exported_counts("a", {{t, {1, 2, 3, 4}}}, 10);
  meta.add_exported_counts("a", {{t, {10, 0, 0, 0}}, {{"x", "y"}, {0, 1, 0, 0}}}, 21);
  meta.add_exported_counts("b", {{t, {5, 0, 0, 0}}}, 26);
  EXPECT_EQ(meta.exported_counts("a").at(t), (ChangeCounts{11, 2, 3, 4}));
  EXPECT_EQ(meta.exported_counts("a").at({"x", "y"}).total(), 1);
  EXPECT_EQ(meta.exported_counts("b").at(t).total(), 5);
  EXPECT_TRUE(meta.exported_counts("c").empty());
  EXPECT_EQ(meta.counted_through(), 26);
}

TEST_F(MetaDbTest, ConsumersFiguresAndJournalAreKept) {
  MetaDb meta = open();
  meta.put_consumer({"target_db_importer", 5, 6, 7});
  meta.put_consumer({"target_db_importer", 8, 9, 10});
  const auto consumers = meta.consumers();
  ASSERT_EQ(consumers.size(), 1U);
  EXPECT_EQ(consumers[0].applied_vsn, 8);
  EXPECT_EQ(consumers[0].applied_source_micros, 9);
  EXPECT_EQ(consumers[0].updated_micros, 10);

  meta.put_figures("r", {{"lag", "1"}, {"rate", "2"}});
  meta.put_figures("r", {{"lag", "3"}});
  EXPECT_EQ(meta.figures("r"), (std::map<std::string, std::string>{{"lag", "3"}, {"rate", "2"}}));
  EXPECT_TRUE(meta.figures("other").empty());

  meta.append_journal("cutover.requested", "{}");
  meta.append_journal("cutover.done", "x");
  const auto journal = meta.journal();
  ASSERT_EQ(journal.size(), 2U);
  EXPECT_EQ(journal[0].fact, "cutover.requested");
  EXPECT_EQ(journal[1].detail, "x");
  EXPECT_LT(journal[0].id, journal[1].id);
  EXPECT_GT(journal[0].unix_micros, 0);
}

TEST_F(MetaDbTest, ClearDataForgetsEverythingButSettingsAndUuid) {
  MetaDb meta = open();
  const std::string uuid = meta.migration_uuid();
  meta.set_setting("kept", "yes");
  meta.add_tables({a_record("t")});
  const std::int64_t old_table = meta.tables()[0].id;
  meta.begin_table(old_table, {}, {a_chunk("r")});
  const std::int64_t old_chunk = meta.chunks()[0].id;
  meta.put_segment({});
  meta.add_exported_counts("a", {{{"public", "t"}, {1, 0, 0, 0}}}, 1);
  meta.put_consumer({});
  meta.append_journal("a", "b");
  meta.put_figures("a", {{"b", "c"}});
  meta.clear_data();
  EXPECT_TRUE(meta.tables().empty() && meta.chunks().empty() && meta.segments().empty());
  EXPECT_TRUE(meta.exported_counts("a").empty() && meta.consumers().empty());
  EXPECT_TRUE(meta.journal().empty() && meta.figures("a").empty());
  EXPECT_EQ(meta.counted_through(), 0);
  EXPECT_EQ(meta.setting("kept"), "yes");
  EXPECT_EQ(MetaDb::open(layout_, false).migration_uuid(), uuid);
  meta.add_tables({a_record("t")});
  meta.begin_table(meta.tables()[0].id, {}, {a_chunk("r")});
  EXPECT_GT(meta.chunks()[0].id, old_chunk) << "ids must not be given twice";
}

TEST_F(MetaDbTest, EveryChangeRingsTheBellButFiguresAndReadsDoNot) {
  MetaDb meta = open();
  Bell bell(layout_.bell());
  meta.set_setting("a", "b");
  EXPECT_TRUE(bell.wait(10s));
  meta.put_consumer({"r", 1, 1, 1});
  EXPECT_TRUE(bell.wait(10s));
  meta.append_journal("a", "b");
  EXPECT_TRUE(bell.wait(10s));
  meta.put_figures("r", {{"a", "b"}});
  static_cast<void>(meta.tables());
  EXPECT_FALSE(bell.wait(20ms));
}

TEST_F(MetaDbTest, TwoHandlesAndManyThreadsLoseNoUpdate) {
  MetaDb one = open();
  MetaDb two = MetaDb::open(layout_, false);
  {
    std::vector<std::jthread> threads;
    for (MetaDb* meta : {&one, &one, &two, &two})
      threads.emplace_back([meta] {
        for (int i = 0; i < 25; ++i) {
          meta->add_exported_counts("r", {{{"public", "t"}, {1, 0, 0, 0}}}, i);
          static_cast<void>(meta->exported_counts("r"));
        }
      });
  }
  EXPECT_EQ(one.exported_counts("r").at({"public", "t"}).inserts, 100);
  EXPECT_EQ(two.exported_counts("r").at({"public", "t"}).inserts, 100);
}

TEST_F(MetaDbTest, AMovedHandleGoesOn) {
  MetaDb first = open();
  MetaDb second = std::move(first);
  second.set_setting("a", "b");
  EXPECT_EQ(second.setting("a"), "b");
}

}  // namespace
}  // namespace voyager::exportdir
