// SPDX-License-Identifier: Apache-2.0
// The fall-forward workflow, by real processes on three servers.
#include <algorithm>
#include <array>
#include <filesystem>
#include <thread>

#include "scenarios/fall_forward.hpp"
#include "support/temp_directory.hpp"
#include "support/workload.hpp"

namespace voyager::testing {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

/// Applications write while `meanwhile` runs, and then so many rows more.
void write_to_shop(
    const engine::Endpoint& endpoint, std::uint64_t seed, std::int64_t rows,
    const std::function<void()>& meanwhile = [] {}) {
  WorkloadOptions options;
  options.connection = connection_string(endpoint);
  options.seed = seed;
  options.rows_per_second = 1500;
  Workload workload(options);
  meanwhile();
  const std::int64_t written = workload.totals().rows;
  wait_until([&] { return workload.totals().rows >= written + rows; }, "the shop's writers");
  for (const std::string& error : workload.stop().errors)
    ADD_FAILURE() << "an application was disturbed: " << error;
}

void expect_fresh_keys(const engine::Endpoint& endpoint) {
  for (const char* table : {"customers", "products", "orders", "documents"}) {
    const std::string name = table;
    EXPECT_EQ(value(endpoint, "SELECT nextval(pg_get_serial_sequence('" + name +
                                  "', 'id')) > max(id) FROM " + name),
              "t")
        << table;
  }
}

/// With YugabyteDB's own default replica identity as PostgreSQL's.
std::vector<std::string> comparable_state(const engine::Endpoint& endpoint) {
  std::vector<std::string> lines = restorable_state(endpoint);
  for (std::string& line : lines)
    if (line.ends_with(" identity c")) line.back() = 'd';
  return lines;
}

TEST_F(FallForward, ShopUnderLoadGoesToTheTargetAndOnToTheReplica) {
  create_shop(source(), 2000);
  const auto before = restorable_state(source());
  move_schemas();
  const auto load = [&] {
    start_source_and_target();
    wait_until_streaming(*importer_, "target");
    start_replica();
    importer_->signal(SIGSTOP);
    wait_until_streaming(*replica_importer_, "source-replica");
    std::this_thread::sleep_for(1s);
    importer_->signal(SIGCONT);
    // Behind for the rest of the load and all through the cutover, which does not wait for it.
    replica_importer_->signal(SIGSTOP);
  };
  write_to_shop(source(), 1, 4000, load);
  cut_over_to_target();
  const std::string payments = "SELECT count(*) FROM payments";
  EXPECT_NE(value(replica(), payments), value(source(), payments));
  expect_same("source", "target");
  replica_importer_->signal(SIGCONT);
  expect_same_rows("source", "source-replica");

  migration_->command({"finalize-schema-post-data-import", "--refresh-mviews", "true", "--yes"});
  write_to_shop(target(), 2, 6000);
  expect_same_rows("target", "source-replica");
  cut_over_to_replica();
  migration_->command({"import", "schema", "to", "source-replica", "--post-snapshot-import", "true",
                       "--refresh-mviews", "true", "--yes"});
  expect_same("target", "source-replica");
  const Json status = json_of({"cutover", "status"});
  ASSERT_EQ(status.size(), 2U) << status;
  for (const Json& row : status) {
    EXPECT_EQ(row["status"], "COMPLETED");
    EXPECT_NE(row["requested_at"], "-");
    EXPECT_EQ(row["waits_for"], "");
  }
  EXPECT_EQ(status[0]["direction"], "source → target");
  EXPECT_EQ(status[1]["direction"], "target → source-replica");
  expect_true_report();
  expect_fresh_keys(replica());
  write_to_shop(replica(), 3, 500);

  migration_->end();
  expect_nothing_left();
  for (const auto& endpoint : {source(), target(), replica()})
    EXPECT_THAT(comparable_state(endpoint), ::testing::UnorderedElementsAreArray(before))
        << endpoint.host;
}

std::string thirty_transactions(int first_id) {
  std::string script;
  for (int i = 0; i < 30; ++i) {
    const std::string first = std::to_string(first_id + i * 100);
    script += "INSERT INTO t SELECT i, repeat('v', 200) FROM generate_series(" + first + ", " +
              first + " + 99) i;\nUPDATE t SET v = v || 'w' WHERE id % 100 = " + std::to_string(i) +
              ";\nDELETE FROM t WHERE id = " + first + ";\n";
  }
  return script;
}

std::size_t segments_in(const fs::path& directory) {
  const fs::directory_iterator files(directory);
  return static_cast<std::size_t>(std::count_if(begin(files), end(files), [](const auto& entry) {
    return entry.path().filename().string().starts_with("segment.");
  }));
}

TEST_F(FallForward, ReplicaThatComesAfterChangesWereArchivedIsComplete) {
  execute(source(),
          "CREATE TABLE t (id int PRIMARY KEY, v text);"
          "INSERT INTO t SELECT -i, 'before' FROM generate_series(1, 1000) i");
  move_schemas();
  migration_->set_environment("QUEUE_SEGMENT_MAX_BYTES", "20000");
  migration_->set_environment("QUEUE_COMPRESSION", "none");
  start_source_and_target();
  wait_until_streaming(*importer_, "target");
  run_script(source(), thirty_transactions(1));
  const TempDirectory archive;
  const Words move = {"archive", "changes", "--move-to", archive.path().string()};
  Words once = move;
  once.insert(once.end(), {"--follow", "false"});
  wait_until(
      [&] {
        migration_->command(once);
        return segments_in(archive.path()) >= 25;
      },
      "moved segments");

  start_replica();
  Child following = migration_->start(move);
  run_script(source(), thirty_transactions(10'001));
  cut_over_to_target();
  expect_same("source", "target");
  expect_same_rows("source", "source-replica");
  run_script(target(), thirty_transactions(20'001));
  cut_over_to_replica();
  expect_same("target", "source-replica");
  EXPECT_EQ(following.wait(30s), 0) << following.errors();
  EXPECT_EQ(segments_in(migration_->export_directory() / "export/data/queue"), 1U);
  expect_true_report();
}

TEST_F(FallForward, ReplicaImporterThatIsKilledBeforeAndDuringTheCutoverCatchesUp) {
  execute(source(),
          "CREATE TABLE t (id int PRIMARY KEY, v text);"
          "INSERT INTO t SELECT -i, 'before' FROM generate_series(1, 1000) i");
  move_schemas();
  start_source_and_target();
  kill_replica_importer_at_work("t", [&] { start_replica(); });  // in its snapshot
  EXPECT_EQ(replica_importer_->output().find("snapshot data import complete"), std::string::npos);
  run_script(source(), thirty_transactions(1));
  start_replica();
  wait_until_streaming(*replica_importer_, "source-replica");
  run_script(source(), thirty_transactions(10'001));
  importer_->signal(SIGSTOP);
  migration_->initiate_cutover_to("target");
  kill_replica_importer();
  importer_->signal(SIGCONT);
  expect_cut_over_to_target();
  expect_same("source", "target");

  run_script(target(), thirty_transactions(20'001));
  kill_replica_importer_at_work("t", [&] { start_replica(); });  // in what it missed
  run_script(target(), thirty_transactions(30'001));
  migration_->initiate_cutover_to("source-replica");
  wait_until(
      [&] {
        const std::string output = migration_->command({"cutover", "status"}).output;
        return output.find("import data to source-replica to") != std::string::npos &&
               output.find("NOT RUNNING") != std::string::npos;
      },
      "cutover status names the process that is missing");
  start_replica();
  expect_cut_over_to_replica();
  expect_same("target", "source-replica");
  expect_true_report();
}

std::string layout(const std::string& table, const std::string& kind) {
  const std::string begin =
      "CREATE TABLE " + table + " (id int, day date, v text, PRIMARY KEY (id, day))";
  std::string sql = begin;
  if (kind == "hash") {
    sql += " PARTITION BY HASH (id)";
    for (const char* part : {"0", "1", "2"})
      sql += "; CREATE TABLE " + table + "_hash_" + part + " PARTITION OF " + table +
             " FOR VALUES WITH (MODULUS 3, REMAINDER " + part + ")";
  } else if (kind == "range") {
    sql += " PARTITION BY RANGE (day); CREATE TABLE " + table + "_old PARTITION OF " + table +
           " FOR VALUES FROM (MINVALUE) TO ('2024-01-01'); CREATE TABLE " + table +
           "_new PARTITION OF " + table + " FOR VALUES FROM ('2024-01-01') TO (MAXVALUE)";
  }
  return sql + ";";
}

/// The kinds of a source, a target and a replica, which also give the table its name.
using Layouts = std::array<const char*, 3>;
constexpr std::array all_layouts{Layouts{"plain", "hash", "range"},
                                 Layouts{"range", "hash", "plain"},
                                 Layouts{"hash", "plain", "range"}};

std::string table_of(const Layouts& layouts) {
  return std::string(layouts[0]) + "_" + layouts[1] + "_" + layouts[2];
}

/// A script that sends rows from partition to partition in every layout.
std::string moving_rows(int first_id) {
  std::string script = "\\set first " + std::to_string(first_id) + "\n";
  for (const Layouts& layouts : all_layouts) {
    script += "\\set t " + table_of(layouts) + R"(
INSERT INTO :t SELECT i, date '2023-06-01' + i % 400, repeat('x', 50)
  FROM generate_series(:first, :first + 499) i;
UPDATE :t SET day = day + 200 WHERE id >= :first AND id % 3 = 0;
UPDATE :t SET id = id + 1000, v = 'moved' WHERE id >= :first AND id % 5 = 0;
UPDATE :t SET v = 'edited' WHERE id % 7 = 0;
BEGIN;
UPDATE :t SET day = day - 300 WHERE id >= :first AND id % 11 = 0;
DELETE FROM :t WHERE id % 13 = 0;
COMMIT;
)";
  }
  return script;
}

TEST_F(FallForward, EachDatabaseHasPartitionsOfItsOwn) {
  for (const Layouts& layouts : all_layouts) {
    execute(source(), layout(table_of(layouts), layouts[0]));
    execute(target(), layout(table_of(layouts), layouts[1]));
    execute(replica(), layout(table_of(layouts), layouts[2]));
  }
  const auto expect_equal = [&](const std::string& left, const std::string& right) {
    migration_->expect_verified(left + "," + right);
    for (const Layouts& layouts : all_layouts) {
      const std::string rows =
          "SELECT md5(string_agg(t::text, ';' ORDER BY id, day)) FROM " + table_of(layouts) + " t";
      EXPECT_EQ(value(endpoint_of(left), rows), value(endpoint_of(right), rows)) << rows;
    }
  };
  run_script(source(), moving_rows(1));
  start_source_and_target();
  start_replica();
  run_script(source(), moving_rows(10'001));
  run_script(source(), "TRUNCATE range_hash_plain;");
  run_script(source(), moving_rows(20'001));
  cut_over_to_target();
  expect_equal("source", "target");
  expect_equal("source", "source-replica");
  run_script(target(), moving_rows(30'001));
  cut_over_to_replica();
  expect_equal("target", "source-replica");
  migration_->end();
  expect_nothing_left();
}

}  // namespace
}  // namespace voyager::testing
