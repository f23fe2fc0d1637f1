// SPDX-License-Identifier: Apache-2.0

#include "scenarios/fall_back.hpp"

namespace voyager::testing {
namespace {

using ::testing::HasSubstr;

const Words restart = {"--restart-data-migration-source-target", "true"};

class FallBackCounted : public FallBack {
 protected:
  void SetUp() override {
    FallBack::SetUp();
    // Everything since the slot was made comes again at each connection, and a new slot counts
    // from the start.
    if (servers_) servers_->target_server().use_sequence_lsns("shop");
  }
  void begin_counting() {
    begin(
        "CREATE TABLE t (id int PRIMARY KEY, n int NOT NULL); CREATE TABLE bag (n int);"
        "INSERT INTO t SELECT i, 0 FROM generate_series(1, 100) i;");
  }
  /// Three inserts (one of them into the table without a key), two updates, a delete, in four
  /// transactions.
  void change(const engine::Endpoint& place, int number) {
    const std::string id = std::to_string(1000 + 10 * number);
    run_script(place, "INSERT INTO t VALUES (" + id + ", 1), (" + id + " + 1, 1);" +
                          "BEGIN; UPDATE t SET n = n + 1 WHERE id IN (" + id + ", " + id +
                          " + 1); COMMIT; INSERT INTO bag VALUES (1); DELETE FROM t WHERE id = " +
                          id + " + 1;");
  }
  void expect_counted(const std::string& from, const std::string& to, int changes) {
    const Json t = report_row("t", from);
    const Json bag = report_row("bag", from);
    EXPECT_EQ(t["exported_inserts"], 2 * changes) << t;
    EXPECT_EQ(t["exported_updates"], 2 * changes) << t;
    EXPECT_EQ(t["exported_deletes"], changes) << t;
    EXPECT_EQ(bag["exported_inserts"], changes) << bag;
    const Json t_there = report_row("t", to);
    EXPECT_EQ(t_there["imported_inserts"], 2 * changes) << t_there;
    EXPECT_EQ(t_there["imported_updates"], 2 * changes) << t_there;
    EXPECT_EQ(t_there["imported_deletes"], changes) << t_there;
    EXPECT_EQ(report_row("bag", to)["imported_inserts"], changes);
  }
  /// That so many changes in all have arrived.
  void wait_for_changes(const engine::Endpoint& place, int changes) {
    wait_for_value(place, "SELECT (SELECT sum(n) FROM bag) || ' ' || (SELECT sum(n) FROM t)",
                   std::to_string(changes) + " " + std::to_string(2 * changes));
  }
};

TEST_F(FallBackCounted, WhatTheTargetSendsAgainIsAppliedOnce) {
  begin_counting();
  to_target();
  int changes = 0;
  for (int kill = 0; kill < 4; ++kill) {
    for (int i = 0; i < 3; ++i) change(target(), changes++);
    if (kill % 2 == 0) wait_for_changes(source(), changes);
    kill_process(*target_side_);
    change(target(), changes++);  // while nobody reads
    target_side_.emplace(migration_->start_export_from_target());
  }
  wait_for_changes(source(), changes);
  to_source_for_good();
  expect_equal("on the source again");
  expect_counted("target", "source", changes);
  expect_counted("source", "target", 0);
  EXPECT_EQ(value(source(), "SELECT count(*) FROM bag"), std::to_string(changes));
  const Json event = Json::parse(
      migration_->command({"inspect", "--no-values", "--limit", "1", "--table", "bag"}).output);
  EXPECT_LT(std::stoul(event["position"].get<std::string>(), nullptr, 16), 1000U)
      << "the target numbers its changes as PostgreSQL does, so it sends none again";
  expect_nothing_left();
}

TEST_F(FallBackCounted, RoundsGoOnByTheFirstNamesAndComeBack) {
  begin_counting();
  for (int i = 0; i < 2; ++i) change(source(), i);
  to_target();
  expect_equal("first round, on the target");
  for (int i = 2; i < 5; ++i) change(target(), i);
  to_source(restart);
  Migration::wait_for_line(*source_side_, "is export data from source from now on");
  Migration::wait_for_line(*target_side_, "is import data to target from now on");
  expect_equal("first round, on the source again");

  change(source(), 5);
  wait_for_changes(target(), 6);
  kill_process(*source_side_);
  change(source(), 6);
  source_side_.emplace(migration_->start_import_to_source());
  wait_for_changes(target(), 7);
  kill_process(*target_side_);
  change(source(), 7);
  target_side_.emplace(migration_->start_export_from_target());
  wait_for_changes(target(), 8);
  for (Child* process : processes()) kill_process(*process);
  change(source(), 8);
  source_side_.emplace(migration_->start_export());
  target_side_.emplace(migration_->start_import());
  wait_for_changes(target(), 9);

  migration_->initiate_cutover(true);
  migration_->wait_for_cutover("source → target", processes());
  expect_equal("second round, on the target");
  expect_counted("source", "target", 6);
  expect_counted("target", "source", 3);
  Migration::wait_for_line(*target_side_, "is export data from target from now on");
  Migration::wait_for_line(*source_side_, "streaming changes to the source");
  for (int i = 9; i < 12; ++i) change(target(), i);
  kill_process(*target_side_);
  target_side_.emplace(migration_->start_export_from_target());
  wait_for_changes(source(), 12);
  to_source_for_good();
  expect_equal("second round, on the source again");
  expect_counted("source", "target", 6);
  expect_counted("target", "source", 6);

  EXPECT_THAT(migration_->command({"cutover", "status"}).output, HasSubstr("ROUND"));
  std::vector<std::string> seen;
  for (const Json& row : cutovers()) {
    seen.push_back(std::to_string(row["round"].get<int>()) + " " +
                   row["direction"].get<std::string>() + " " + row["status"].get<std::string>());
  }
  EXPECT_EQ(seen, (std::vector<std::string>{
                      "1 source → target COMPLETED", "1 target → source COMPLETED",
                      "2 source → target COMPLETED", "2 target → source COMPLETED"}));
  expect_nothing_left();
}

}  // namespace
}  // namespace voyager::testing
