// SPDX-License-Identifier: Apache-2.0
#include <cstdlib>
#include <map>
#include <random>
#include <thread>

#include "model/change_counts.hpp"
#include "scenarios/fall_forward.hpp"

namespace voyager::testing {
namespace {

using namespace std::chrono_literals;

/// An application that knows how many rows it changed. Two tables: t with a key, k without one.
class CountingWriter {
 public:
  /// key_updates: whether one is an update for the database's change stream; for YugabyteDB's it is
  /// a delete and an insert.
  CountingWriter(engine::Endpoint endpoint, int first_id, bool key_updates)
      : endpoint_(std::move(endpoint)),
        id_(first_id),
        key_updates_(key_updates),
        thread_([this](const std::stop_token& stop) { write(stop); }) {}
  CountingWriter(const CountingWriter&) = delete;
  CountingWriter& operator=(const CountingWriter&) = delete;
  ~CountingWriter() = default;

  /// By table.
  std::map<std::string, ChangeCounts> stop() {
    thread_.request_stop();
    thread_.join();
    EXPECT_EQ(error_, "");
    return counts_;
  }

 private:
  void write(const std::stop_token& stop) {
    try {
      while (!stop.stop_requested()) write_once();
    } catch (const std::exception& error) {
      error_ = error.what();
    }
  }
  std::int64_t rows(const std::string& sql) const {
    return static_cast<std::int64_t>(query(endpoint_, sql + " RETURNING 1").size());
  }
  void write_once() {
    const std::string id = std::to_string(id_);
    ChangeCounts& keyed = counts_["public.t"];
    ChangeCounts& keyless = counts_["public.k"];
    keyed.inserts +=
        rows("INSERT INTO t SELECT i, 'v' || i FROM generate_series(" + id + ", " + id + " + 9) i");
    keyed.updates += rows("UPDATE t SET v = 'w' WHERE id BETWEEN " + id + " - 50 AND " + id);
    const std::int64_t new_keys = rows("UPDATE t SET id = -id WHERE id = " + id);
    (key_updates_ ? keyed.updates : keyed.inserts) += new_keys;
    if (!key_updates_) keyed.deletes += new_keys;
    keyed.deletes += rows("DELETE FROM t WHERE id BETWEEN " + id + " + 5 AND " + id + " + 7");
    keyless.inserts += rows("INSERT INTO k VALUES ('same'), ('same'), ('" + id + "')");
    keyless.updates += rows("UPDATE k SET v = v || '.' WHERE v = '" + id + "'");
    keyless.deletes += rows("DELETE FROM k WHERE v = '" + std::to_string(id_ - 30) + ".'");
    id_ += 10;
  }

  const engine::Endpoint endpoint_;
  int id_;
  const bool key_updates_;
  std::map<std::string, ChangeCounts> counts_;
  std::string error_;
  std::jthread thread_;
};

void expect_counts(const Json& row, const std::string& prefix, const ChangeCounts& counts) {
  SCOPED_TRACE(row["table_name"].get<std::string>() + " " + row["db_type"].get<std::string>());
  EXPECT_EQ(row[prefix + "_inserts"], counts.inserts);
  EXPECT_EQ(row[prefix + "_updates"], counts.updates);
  EXPECT_EQ(row[prefix + "_deletes"], counts.deletes);
}

/// With true, the target sends everything again whenever the exporter starts.
class KilledExporter : public FallForward, public ::testing::WithParamInterface<bool> {};

TEST_P(KilledExporter, OfTheTargetLosesAndRepeatsNothing) {
  const char* chosen = std::getenv("VOYAGER_SEED");
  const unsigned seed =
      chosen == nullptr ? std::random_device()() : static_cast<unsigned>(std::stoul(chosen));
  SCOPED_TRACE("VOYAGER_SEED=" + std::to_string(seed));
  std::mt19937 random(seed);
  execute(source(), "CREATE TABLE t (id int PRIMARY KEY, v text); CREATE TABLE k (v text)");
  if (GetParam()) servers_->target_server().use_sequence_lsns("shop");
  move_schemas();
  start_source_and_target();
  start_replica();
  CountingWriter first(source(), 1, true);
  wait_until_streaming(*replica_importer_, "source-replica");
  const auto at_source = first.stop();
  cut_over_to_target();

  CountingWriter second(target(), 1'000'001, false);
  for (int kill = 0; kill < 6; ++kill) {
    std::this_thread::sleep_for(std::chrono::milliseconds(random() % 1500));
    EXPECT_TRUE(importer_->running()) << importer_->output() << importer_->errors();
    restart_export_from_target();
  }
  auto sums = second.stop();
  const auto at_target = sums;
  migration_->initiate_cutover_to("source-replica");
  std::this_thread::sleep_for(std::chrono::milliseconds(random() % 1000));
  if (importer_->running()) restart_export_from_target();
  expect_cut_over_to_replica();

  expect_same("target", "source-replica");
  const Json report = this->report();
  for (auto& [table, counts] : sums) {
    expect_counts(row_of(report, table, "source"), "exported", at_source.at(table));
    expect_counts(row_of(report, table, "target"), "exported", at_target.at(table));
    counts += at_source.at(table);
    expect_counts(row_of(report, table, "source-replica"), "imported", counts);
  }
  expect_true_report();
}

INSTANTIATE_TEST_SUITE_P(FallForward, KilledExporter, ::testing::Bool(), [](const auto& chosen) {
  return chosen.param ? "WhenEverythingIsSentAgain" : "WhenTheSlotAdvances";
});

}  // namespace
}  // namespace voyager::testing
