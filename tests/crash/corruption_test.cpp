// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <functional>
#include <utility>

#include "exportdir/layout.hpp"
#include "scenarios/story.hpp"
#include "support/temp_directory.hpp"

namespace voyager::testing {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;
using ::testing::HasSubstr;

constexpr auto patience = 60s;

void write_whole(const fs::path& file, const std::string& bytes) {
  std::ofstream(file, std::ios::binary | std::ios::trunc) << bytes;
}

/// What can become of a file between two runs.
struct Damage {
  const char* name;
  std::function<void(const fs::path& file)> inflict;
};

Damage flip(const char* name, double place) {
  return {name, [place](const fs::path& file) {
            std::string bytes = file_text(file);
            const auto byte = static_cast<std::size_t>(place * static_cast<double>(bytes.size()));
            bytes.at(byte) = static_cast<char>(bytes.at(byte) ^ 4);
            write_whole(file, bytes);
          }};
}

const Damage cut{"cut to half",
                 [](const fs::path& file) { fs::resize_file(file, fs::file_size(file) / 2); }};
const Damage removed{"removed", [](const fs::path& file) { fs::remove(file); }};
const Damage zeroes{"filled with zeroes", [](const fs::path& file) {
                      write_whole(file, std::string(fs::file_size(file), '\0'));
                    }};
const Damage emptied{"emptied", [](const fs::path& file) { fs::resize_file(file, 0); }};

/// A migration whose processes are at rest while its files are damaged. Table `notes` has no key: a
/// row that came twice would stay.
class Corruption : public ::testing::Test {
 protected:
  void SetUp() override {
    VOYAGER_REQUIRE_TARGET();
    servers_ = std::make_unique<TwoServers>();
    execute(source(),
            "CREATE TABLE items (id int PRIMARY KEY, v text);"
            "CREATE TABLE notes (v text);"
            "INSERT INTO items SELECT i, repeat('x', 50) || i FROM generate_series(1, 500) i;"
            "INSERT INTO notes SELECT 'note ' || i FROM generate_series(1, 300) i;");
    migration_ = std::make_unique<Migration>(source(), target());
    migration_->move_schema();
  }

  engine::Endpoint source() const { return servers_->source(); }
  engine::Endpoint target() const { return servers_->target(); }
  fs::path directory() const { return migration_->export_directory() / "export"; }
  exportdir::Layout layout() const { return exportdir::Layout(directory()); }

  /// The file of a table's only chunk.
  fs::path chunk_of(const std::string& table) const {
    for (const auto& entry : fs::directory_iterator(layout().data())) {
      if (entry.path().filename().string().starts_with("public." + table + ".")) return entry;
    }
    throw std::runtime_error("no chunk of " + table);
  }

  static void stop(Child& process) {
    process.signal(SIGTERM);
    process.wait(patience);
  }
  void write_rows() {
    ++batch_;
    execute(source(),
            "UPDATE items SET v = v || 'u' WHERE id % 7 = 0;"
            "INSERT INTO notes SELECT 'change ' || i FROM generate_series(1, 50) i;"
            "INSERT INTO items VALUES (" +
                std::to_string(10000 + batch_) + ", 'new')");
  }
  /// The snapshot and what write_rows() has written are in the export directory, and the source was
  /// told so; nothing runs.
  void export_all() {
    Child exporter = migration_->start_export();
    migration_->wait_for_slot(exporter);
    if (!std::exchange(copied_, true))
      Migration::wait_for_line(exporter, "streaming changes to the change log");
    wait_for_confirmation(exporter);
    stop(exporter);
  }
  void wait_for_confirmation(Child& exporter) {
    const std::string now = value(source(), "SELECT pg_current_wal_lsn()");
    wait_until(
        [&] {
          if (!exporter.running()) throw std::runtime_error(exporter.errors());
          return value(source(), "SELECT confirmed_flush_lsn >= '" + now +
                                     "'::pg_lsn FROM pg_replication_slots") == "t";
        },
        "the slot to be confirmed up to " + now);
  }
  /// What is in the export directory is on the target; nothing runs.
  void import_all() {
    Child importer = migration_->start_import();
    wait_until(
        [&] {
          if (!importer.running()) throw std::runtime_error(importer.errors());
          return same_rows();
        },
        "the target to have the source's rows");
    stop(importer);
  }
  bool same_rows() const { return differences(source(), target()).empty(); }

  static Words export_command() {
    return {"export", "data", "from", "source", "--export-type", "snapshot-and-changes", "--yes"};
  }
  static Words import_command() { return {"import", "data", "to", "target", "--yes"}; }

  /// The command ends by itself with this error, in one line with what it names.
  void expect_stop(const Words& words, const std::string& code, const std::string& names) {
    const Finished finished = migration_->try_command(words, patience);
    EXPECT_EQ(finished.exit_code, 1) << finished.output;
    EXPECT_THAT(finished.errors, HasSubstr("yb-voyager: " + code));
    EXPECT_THAT(finished.errors, HasSubstr(names));
  }

  /// For each damage: `check` with the damaged file; then the file is as it was.
  void with_each(const std::vector<Damage>& all, const fs::path& file,
                 const std::function<void()>& check) {
    const std::string whole = file_text(file);
    for (const Damage& damage : all) {
      SCOPED_TRACE(damage.name);
      damage.inflict(file);
      check();
      write_whole(file, whole);
    }
  }

  void keep_copy(const fs::path& place) const {
    fs::remove_all(place);
    fs::copy(directory(), place, fs::copy_options::recursive);
  }
  void put_back(const fs::path& copy) const {
    fs::remove_all(directory());
    fs::copy(copy, directory(), fs::copy_options::recursive);
  }

  std::string rows_on_target() const {
    return value(target(), "SELECT (SELECT count(*) FROM items) || ' ' || count(*) FROM notes");
  }

  /// The whole story ends well.
  void expect_end() {
    Child exporter = migration_->start_export();
    Child importer = migration_->start_import();
    migration_->initiate_cutover();
    migration_->finish_cutover(exporter, importer);
    EXPECT_THAT(differences(source(), target()), ::testing::IsEmpty());
    migration_->end();
    EXPECT_EQ(left_behind(source()), "");
    EXPECT_EQ(left_behind(target()), "");
  }

  std::unique_ptr<TwoServers> servers_;
  std::unique_ptr<Migration> migration_;
  int batch_ = 0;
  bool copied_ = false;  ///< the snapshot is exported
};

TEST_F(Corruption, OfAChunkIsNeverCommitted) {
  export_all();
  const fs::path chunk = chunk_of("notes");
  with_each({flip("first bit", 0), flip("bit in the middle", 0.5), flip("late bit", 0.98), cut,
             emptied, zeroes, removed},
            chunk, [&] {
              expect_stop(import_command(), "E5006", chunk.filename().string());
              EXPECT_EQ(value(target(), "SELECT count(*) FROM notes"), "0");
            });
  // The remedy that the message names.
  fs::remove(chunk);
  Child exporter = migration_->start_export();
  Migration::wait_for_line(exporter, "streaming changes to the change log");
  EXPECT_THAT(exporter.output(), HasSubstr("public.notes: copied again"));
  write_rows();
  import_all();
  stop(exporter);
  EXPECT_FALSE(fs::exists(chunk));
  expect_end();
}

TEST_F(Corruption, OfASegmentStopsExporterAndImporterAndLosesNothing) {
  export_all();
  import_all();
  for (int i = 0; i < 3; ++i) write_rows();
  export_all();
  const fs::path segment = layout().segment(1);
  with_each({flip("head", 0.001), flip("middle", 0.5), cut, emptied, zeroes}, segment, [&] {
    expect_stop(export_command(), "E2102", "segment.1");
    expect_stop(import_command(), "E2102", "segment.1");
  });
  with_each({removed}, segment, [&] {
    expect_stop(export_command(), "E2103", "segment.1");
    expect_stop(import_command(), "E2103", "segment.1");
  });
  with_each({flip("tail", 0.999)}, segment,
            [&] { expect_stop(export_command(), "E2102", "segment.1"); });
  import_all();  // what stood before the damage, and was applied, comes no second time
  expect_end();
}

TEST_F(Corruption, OfASegmentBehindItsLastCommitIsRepaired) {
  export_all();
  const fs::path segment = layout().segment(1);
  const std::string whole = file_text(segment);
  for (const std::string& tail : {std::string("\x30\0\0\0half a record", 17),
                                  std::string(5000, '\0'), whole.substr(whole.size() / 2)}) {
    write_whole(segment, file_text(segment) + tail);
    write_rows();
    export_all();
  }
  import_all();
  expect_end();
}

TEST_F(Corruption, OfThePublishedMarkIsRepaired) {
  export_all();
  for (const Damage& damage : {flip("bit", 0.3), cut, emptied, zeroes, removed}) {
    SCOPED_TRACE(damage.name);
    damage.inflict(layout().committed());
    Child importer = migration_->start_import();  // before the exporter: it waits
    write_rows();
    Child exporter = migration_->start_export();
    wait_until([&] { return same_rows(); }, "the target to have the source's rows");
    stop(importer);
    stop(exporter);
  }
  expect_end();
}

TEST_F(Corruption, OfMetaDbIsNamed) {
  export_all();
  const fs::path file = layout().meta_db();
  for (const char* suffix : {"-wal", "-shm"}) fs::remove(file.string() + suffix);
  const Damage in_a_row{"bit in a row", [&](const fs::path& damaged) {
                          std::string bytes = file_text(damaged);
                          const std::size_t row = bytes.rfind("capture_created");
                          ASSERT_NE(row, std::string::npos);
                          bytes.at(row + 20) = static_cast<char>(bytes.at(row + 20) ^ 1);
                          write_whole(damaged, bytes);
                        }};
  with_each({flip("header", 0.00001), in_a_row, cut, zeroes, emptied, removed}, file, [&] {
    for (const Words& words : {export_command(), import_command(), Words{"cutover", "status"}}) {
      expect_stop(words, "E2202", "meta.db");
      for (const char* suffix : {"-wal", "-shm"}) fs::remove(file.string() + suffix);
    }
  });
  const TempDirectory elsewhere;
  const exportdir::Layout other(elsewhere.path());
  Migration other_migration(source(), target());
  other_migration.command({"export", "schema"});
  const std::string whole = file_text(file);
  fs::copy_file(other_migration.export_directory() / "export" / "metainfo" / "meta.db", file,
                fs::copy_options::overwrite_existing);
  for (const Words& words : {export_command(), import_command()})
    expect_stop(words, "E2206", "meta.db");
  write_whole(file, whole);
  import_all();
  expect_end();
}

TEST_F(Corruption, AnExportDirectoryOfEarlierTimesIsRefused) {
  const TempDirectory shelf;
  const fs::path early = shelf.path() / "early";
  const fs::path newest = shelf.path() / "newest";
  export_all();
  import_all();
  keep_copy(early);
  for (int i = 0; i < 2; ++i) {
    write_rows();
    export_all();
  }
  import_all();
  keep_copy(newest);
  put_back(early);
  expect_stop(export_command(), "E5013", "older than the slot");
  expect_stop(import_command(), "E2109", "older than the database");
  // Only meta.db is old: the log must not be written over.
  put_back(newest);
  fs::copy_file(early / "metainfo" / "meta.db", layout().meta_db(),
                fs::copy_options::overwrite_existing);
  for (const char* suffix : {"-wal", "-shm"}) fs::remove(layout().meta_db().string() + suffix);
  expect_stop(export_command(), "E5013", "older than the slot");
  put_back(newest);
  write_rows();
  export_all();
  import_all();
  expect_end();
}

TEST_F(Corruption, ATargetOfEarlierTimesGetsWhatItLacks) {
  export_all();
  import_all();
  servers_->target_server().execute("postgres", "CREATE DATABASE early TEMPLATE shop");
  write_rows();
  export_all();
  import_all();
  servers_->target_server().execute("postgres", "ALTER DATABASE shop RENAME TO lost");
  servers_->target_server().execute("postgres", "ALTER DATABASE early RENAME TO shop");
  // Settings of a database are not in its copy.
  servers_->target_server().execute(
      "postgres", "ALTER DATABASE shop SET session_preload_libraries = 'yb_shim'");
  EXPECT_FALSE(same_rows());
  import_all();
  expect_end();
}

TEST_F(Corruption, ATargetOfTimesThatWereDeletedIsRefused) {
  migration_->set_environment("QUEUE_SEGMENT_MAX_BYTES", "4000");
  migration_->set_environment("QUEUE_COMPRESSION", "none");
  export_all();
  import_all();
  servers_->target_server().execute("postgres", "CREATE DATABASE early TEMPLATE shop");
  for (int i = 0; i < 3; ++i) {
    write_rows();
    export_all();
  }
  Child importer = migration_->start_import();
  wait_until(
      [&] {
        // Refused while the importer has not come to the change log.
        migration_->try_command({"archive", "changes", "--policy", "delete",
                                 "--fs-utilization-threshold", "0", "--follow", "false", "--yes"});
        return !fs::exists(layout().segment(1));
      },
      "the first segment to be deleted");
  stop(importer);
  servers_->target_server().execute("postgres", "ALTER DATABASE shop RENAME TO lost");
  servers_->target_server().execute("postgres", "ALTER DATABASE early RENAME TO shop");
  servers_->target_server().execute(
      "postgres", "ALTER DATABASE shop SET session_preload_libraries = 'yb_shim'");
  const std::string before = rows_on_target();
  expect_stop(import_command(), "E2103", "deleted by archive changes");
  EXPECT_EQ(rows_on_target(), before);
}

TEST_F(Corruption, ChangesWithoutTheirBookkeepingAreNotAppliedAgain) {
  export_all();
  import_all();
  {
    Child exporter = migration_->start_export();
    Child importer = migration_->start_import();
    migration_->initiate_cutover(true);
    migration_->wait_for_cutover("source → target", {&exporter, &importer});
    execute(target(), "INSERT INTO notes VALUES ('written on the target')");
    wait_until([&] { return same_rows(); }, "the source to have the target's rows");
    stop(importer);
    stop(exporter);
  }
  execute(source(), "DROP SCHEMA ybvoyager_metadata CASCADE");
  expect_stop({"import", "data", "to", "source", "--yes"}, "E6012", "ybvoyager_metadata");
  EXPECT_TRUE(same_rows());
}

TEST_F(Corruption, RowsWithoutTheirBookkeepingAreNotLoadedAgain) {
  export_all();
  import_all();
  const std::string before = rows_on_target();
  execute(target(), "DROP SCHEMA ybvoyager_metadata CASCADE");
  write_rows();
  export_all();
  expect_stop(import_command(), "E5106", "ybvoyager_metadata");
  EXPECT_EQ(rows_on_target(), before);
  Child importer = migration_->start_import({"--start-clean", "true", "--truncate-tables", "true"});
  wait_until([&] { return same_rows(); }, "the target to have the source's rows");
  stop(importer);
  expect_end();
}

}  // namespace
}  // namespace voyager::testing
