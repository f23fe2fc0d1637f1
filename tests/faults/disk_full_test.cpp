// SPDX-License-Identifier: Apache-2.0
// File systems that are full for a while: the export directory's, and the target's.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <pwd.h>
#include <sys/mount.h>
#include <unistd.h>

#include <fstream>

#include "scenarios/story.hpp"

namespace voyager::testing {
namespace {

namespace fs = std::filesystem;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

/// A file system in memory with a size of its own; goes with the object.
class SmallDisk {
 public:
  static bool allowed() { return geteuid() == 0; }
  SmallDisk(fs::path place, int mebibytes) : place_(std::move(place)) { mount_with(mebibytes, 0); }
  ~SmallDisk() {
    if (mounted_) ::umount2(place_.c_str(), MNT_DETACH);
  }
  SmallDisk(const SmallDisk&) = delete;
  SmallDisk& operator=(const SmallDisk&) = delete;

  bool mounted() const { return mounted_; }
  void resize(int mebibytes) { mount_with(mebibytes, MS_REMOUNT); }
  /// Takes all room, to the last byte.
  void fill() const {
    std::ofstream file(place_ / "filler", std::ios::binary);
    const std::string piece(4096, 'x');
    while (file << piece << std::flush) {
    }
  }
  void free() const { fs::remove(place_ / "filler"); }

 private:
  void mount_with(int mebibytes, unsigned long flags) {
    const std::string data = "size=" + std::to_string(mebibytes) + "m";
    mounted_ = ::mount("tmpfs", place_.c_str(), "tmpfs", flags, data.c_str()) == 0 || mounted_;
  }

  fs::path place_;
  bool mounted_ = false;
};

#define VOYAGER_REQUIRE_DISK(disk)                                               \
  do {                                                                           \
    if (!(disk).mounted()) GTEST_SKIP() << "file systems can't be mounted here"; \
  } while (false)

class DiskFull : public ::testing::Test {
 protected:
  void SetUp() override {
    VOYAGER_REQUIRE_POSTGRES();
    VOYAGER_REQUIRE_TARGET();
    if (!SmallDisk::allowed()) GTEST_SKIP() << "only root may mount file systems";
    servers_.emplace();
    execute(source(), "CREATE TABLE item (id int PRIMARY KEY, body text)");
    migration_.emplace(source(), target());
  }
  engine::Endpoint source() const { return servers_->source(); }
  engine::Endpoint target() const { return servers_->target(); }
  fs::path export_directory() const { return migration_->export_directory() / "export"; }
  /// Rows of about a kilobyte that no compression makes small.
  void add_rows(int first, int count) const {
    execute(source(),
            "INSERT INTO item SELECT i, (SELECT string_agg(md5(i::text || k), '') FROM "
            "generate_series(1, 32) k) FROM generate_series(" +
                std::to_string(first) + ", " + std::to_string(first + count - 1) + ") i");
  }
  std::string rows_there() const { return value(target(), "SELECT count(*) FROM item"); }
  void wait_for_rows(int count) const {
    wait_until([&] { return rows_there() == std::to_string(count); },
               std::to_string(count) + " rows on the target");
  }
  struct Processes {
    Child exporter;
    Child importer;
  };
  /// So many rows are moved, and both processes follow changes.
  Processes stream(int rows) {
    add_rows(1, rows);
    migration_->move_schema();
    Child exporter = migration_->start_export();
    migration_->wait_for_slot(exporter);
    Child importer = migration_->start_import();
    Migration::wait_for_line(importer, "streaming changes to the target");
    return {std::move(exporter), std::move(importer)};
  }
  void expect_cutover_completes(Child& exporter, Child& importer) {
    migration_->initiate_cutover();
    migration_->finish_cutover(exporter, importer);
    EXPECT_THAT(differences(source(), target()), IsEmpty());
    migration_->end();
  }

  std::optional<TwoServers> servers_;
  std::optional<Migration> migration_;
};

TEST_F(DiskFull, SnapshotExportStopsAndTheSameCommandGoesOnWhenThereIsRoom) {
  SmallDisk disk(export_directory(), 8);
  VOYAGER_REQUIRE_DISK(disk);
  add_rows(1, 20'000);
  migration_->move_schema();
  const Words words = {"export",       "data", "--export-type", "snapshot-only",
                       "--disable-pb", "true", "--yes"};
  const Finished full = migration_->try_command(words, std::chrono::seconds(150));
  EXPECT_EQ(full.exit_code, 1);
  EXPECT_THAT(full.errors, AllOf(HasSubstr("E9002"), HasSubstr("Make room")));
  EXPECT_THAT(full.output, HasSubstr("snapshot export waits: E9002"));
  disk.resize(128);
  migration_->command(words);
  migration_->command({"import", "data", "--disable-pb", "true", "--yes"});
  EXPECT_THAT(differences(source(), target()), IsEmpty());
}

TEST_F(DiskFull, StreamingWaitsVisiblyAndGoesOnWithoutLoss) {
  SmallDisk disk(export_directory(), 64);
  VOYAGER_REQUIRE_DISK(disk);
  auto [exporter, importer] = stream(100);
  disk.fill();
  for (int i = 0; i < 10; ++i) add_rows(101 + i * 1000, 1000);
  Migration::wait_for_line(exporter, "capture waits");
  EXPECT_TRUE(exporter.running()) << exporter.errors();
  disk.free();
  wait_for_rows(10'100);
  EXPECT_THAT(exporter.output(), HasSubstr("capture goes on after"));
  expect_cutover_completes(exporter, importer);
}

TEST_F(DiskFull, KilledOnAFullDiskItGoesOnFromAWholeRecord) {
  SmallDisk disk(export_directory(), 64);
  VOYAGER_REQUIRE_DISK(disk);
  auto [exporter, importer] = stream(100);
  disk.fill();
  add_rows(101, 5000);
  Migration::wait_for_line(exporter, "capture waits");
  exporter.kill();
  importer.kill();
  exporter.wait();
  importer.wait();
  disk.free();
  Child again = migration_->start_export();
  Child import_again = migration_->start_import();
  wait_for_rows(5100);
  expect_cutover_completes(again, import_again);
}

TEST_F(DiskFull, MeanwhileTheSlotIsWatchedAndItsLimitWarnedAbout) {
  SmallDisk disk(export_directory(), 64);
  VOYAGER_REQUIRE_DISK(disk);
  execute(source(), "ALTER SYSTEM SET max_slot_wal_keep_size = '48MB'");
  execute(source(), "SELECT pg_reload_conf()");
  auto [exporter, importer] = stream(100);
  disk.fill();
  add_rows(101, 4000);
  Migration::wait_for_line(exporter, "capture waits");
  // Log that holds none of our rows, up to the limit.
  for (int i = 0; i < 6; ++i)
    execute(source(),
            "SELECT pg_logical_emit_message(false, 'fill', repeat('x', 15000000)); "
            "SELECT pg_switch_wal()");
  Migration::wait_for_line(exporter, "is beyond max_slot_wal_keep_size");
  EXPECT_THAT(exporter.output(), HasSubstr("Raise that setting and reload"));
  disk.free();
  wait_for_rows(4100);
  expect_cutover_completes(exporter, importer);
}

TEST_F(DiskFull, AFullTargetIsWaitedForWhileItLoadsAndWhileItFollows) {
  if (servers_->target_server().real()) GTEST_SKIP() << "needs a target whose disk it may choose";
  const fs::path place = servers_->target_server().cluster().directory() / "small";
  fs::create_directory(place);
  SmallDisk disk(place, 4);
  VOYAGER_REQUIRE_DISK(disk);
  const passwd* server_user = getpwnam("postgres");
  ASSERT_EQ(::chown(place.c_str(), server_user->pw_uid, server_user->pw_gid), 0);
  execute(target(), "CREATE TABLESPACE small LOCATION '" + place.string() + "'");
  add_rows(1, 8000);
  migration_->move_schema();
  execute(target(), "ALTER TABLE item SET TABLESPACE small");
  Child exporter = migration_->start_export();
  migration_->wait_for_slot(exporter);
  Child importer = migration_->start_import();
  Migration::wait_for_line(importer, "No space left on device");
  disk.resize(16);
  wait_for_rows(8000);
  Migration::wait_for_line(importer, "streaming changes to the target");
  add_rows(8001, 20'000);
  wait_until(
      [&] {
        return importer.output().rfind("No space left on device") >
               importer.output().find("streaming changes to the target");
      },
      "the importer to say that the target is full");
  EXPECT_TRUE(importer.running()) << importer.errors();
  disk.resize(128);
  wait_for_rows(28'000);
  expect_cutover_completes(exporter, importer);
}

}  // namespace
}  // namespace voyager::testing
