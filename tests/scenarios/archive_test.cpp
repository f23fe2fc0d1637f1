// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <thread>

#include "scenarios/story.hpp"
#include "support/temp_directory.hpp"

namespace voyager::testing {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

std::size_t segments_in(const fs::path& directory) {
  const fs::directory_iterator files(directory);
  return static_cast<std::size_t>(std::count_if(begin(files), end(files), [](const auto& entry) {
    return entry.path().filename().string().starts_with("segment.");
  }));
}

/// A migration whose change log has many small segments.
class ArchiveChanges : public ::testing::Test {
 protected:
  void SetUp() override {
    VOYAGER_REQUIRE_TARGET();
    servers_.emplace();
    execute(servers_->source(), "CREATE TABLE t (id int PRIMARY KEY, v text)");
    migration_.emplace(servers_->source(), servers_->target());
    migration_->set_environment("QUEUE_SEGMENT_MAX_BYTES", "20000");
    migration_->set_environment("QUEUE_COMPRESSION", "none");
    migration_->move_schema();
    exporter_.emplace(migration_->start_export());
    migration_->wait_for_slot(*exporter_);
  }

  /// Thirty transactions, about a segment each. Returns when all are in the change log.
  void change(int first_id) {
    const std::size_t before = segments_in(queue());
    std::string script;
    for (int i = 0; i < 30; ++i) {
      const std::string first = std::to_string(first_id + i * 100);
      script += "INSERT INTO t SELECT i, repeat('v', 200) FROM generate_series(" + first + ", " +
                first + " + 99) i;\n";
    }
    run_script(servers_->source(), script);
    wait_until([&] { return segments_in(queue()) >= before + 29; }, "30 more segments");
    rows_ += 3000;
  }
  void wait_until_applied() {
    wait_until(
        [&] {
          return query(servers_->target(), "SELECT count(*) FROM t")[0][0] == std::to_string(rows_);
        },
        "all rows on the target");
  }
  Finished archive(Words flags) {
    const Words words = {"archive", "changes", "--follow", "false"};
    flags.insert(flags.begin(), words.begin(), words.end());
    return migration_->try_command(flags);
  }
  /// An importer publishes what it has applied about once a second.
  void archive_until(const Words& flags, std::size_t left_in_queue) {
    wait_until(
        [&] {
          const Finished finished = archive(flags);
          EXPECT_EQ(finished.exit_code, 0) << finished.errors;
          return segments_in(queue()) <= left_in_queue;
        },
        "segments are released");
  }
  void expect_finishes_equal(Child& importer) {
    migration_->initiate_cutover();
    migration_->finish_cutover(*exporter_, importer);
    migration_->expect_verified();
    for (const std::string& line : differences(servers_->source(), servers_->target())) {
      ADD_FAILURE() << line;
    }
  }
  fs::path queue() const { return migration_->export_directory() / "export" / "data" / "queue"; }

  std::optional<TwoServers> servers_;
  std::optional<Migration> migration_;
  std::optional<Child> exporter_;
  TempDirectory archive_;
  int rows_ = 0;
};

TEST_F(ArchiveChanges, MovesOnlyWhatAStoppedImporterDoesNotNeed) {
  const Words move = {"--move-to", archive_.path().string()};
  change(1);
  EXPECT_NE(archive(move).errors.find("E6201"), std::string::npos);
  Child importer = migration_->start_import();
  wait_until_applied();
  archive_until(move, 2);
  importer.kill();
  importer.wait();

  change(10'001);
  const std::size_t needed = segments_in(queue());
  ASSERT_GE(needed, 29U);
  EXPECT_EQ(archive(move).exit_code, 0);
  // Two were left before: one that the importer had not published as applied, the newest one.
  EXPECT_GE(segments_in(queue()), needed - 2);

  const Finished all = migration_->command({"inspect", "--no-values"});
  EXPECT_EQ(std::count(all.output.begin(), all.output.end(), '\n'), rows_)
      << "moved segments are not read";
  Child following =
      migration_->start({"archive", "changes", "--move-to", archive_.path().string()});
  Child again = migration_->start_import();
  wait_until_applied();
  expect_finishes_equal(again);
  EXPECT_EQ(following.wait(), 0) << following.errors();
  EXPECT_EQ(segments_in(queue()), 1U) << "only the newest one stays";
}

TEST_F(ArchiveChanges, DeletesOnlyOnceItIsKnownWhoReads) {
  const Words remove = {"--policy", "delete", "--fs-utilization-threshold", "0"};
  change(1);
  EXPECT_NE(archive(remove).errors.find("E6201"), std::string::npos);
  Child importer = migration_->start_import();
  wait_until_applied();
  const std::size_t before = segments_in(queue());
  const Finished refused = archive(remove);
  EXPECT_NE(refused.exit_code, 0);
  EXPECT_NE(refused.errors.find("E1010"), std::string::npos) << refused.errors;
  EXPECT_NE(refused.errors.find("without a source-replica?"), std::string::npos) << refused.errors;
  EXPECT_EQ(segments_in(queue()), before);

  Words yes = remove;
  yes.emplace_back("--yes");
  archive_until(yes, 2);
  importer.kill();
  importer.wait();
  change(10'001);
  const std::size_t needed = segments_in(queue());
  EXPECT_EQ(archive(remove).exit_code, 0) << "the answer is kept";
  EXPECT_GE(segments_in(queue()), needed - 2);

  Child again = migration_->start_import();
  wait_until_applied();
  expect_finishes_equal(again);
  archive_until(remove, 1);
}

}  // namespace
}  // namespace voyager::testing
