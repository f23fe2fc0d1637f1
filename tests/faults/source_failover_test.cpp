// SPDX-License-Identifier: Apache-2.0
#include <csignal>

#include "faults/faults.hpp"

namespace voyager::testing {
namespace {

using cutover::Direction;

/// A standby takes the source's place: with the slot, as tools for failover copy it, or without.
class SourceFailover : public Faults {
 protected:
  /// A standby that follows, and a migration that is in step.
  void stream_with_standby(bool with_slots) {
    stream();
    follow(with_slots);
    wait_until_in_step(source(), target());
    wait_for_standby();
  }
  void follow(bool with_slots) {
    if (with_slots) source_server().stop();
    ClusterOptions options;
    options.primary = &source_server();
    options.with_slots = with_slots;
    standby_.emplace(std::move(options));
    if (with_slots) source_server().start();
  }
  std::string end_of_log() { return value(source(), "SELECT pg_current_wal_insert_lsn()"); }
  void wait_for_standby() {
    const std::string end = end_of_log();
    wait_for("the standby", [&] {
      return value(standby(), "SELECT pg_last_wal_replay_lsn() >= '" + end + "'") == "t";
    });
  }
  void write_some() {
    write_to(source());
    wait_for_rows(200);
  }
  void promote() {
    source_server().stop_immediately();
    standby_->promote();
    move_source_to(*standby_);
  }
  void finish() {
    write_some();
    wait_until_in_step(source(), target());
    to_target(false);
    expect_all_holds(target());
  }
  engine::Endpoint standby() const { return standby_->endpoint("shop"); }

  std::optional<PgCluster> standby_;
};
class P3SourceFailover : public SourceFailover {
 protected:
  /// It has not followed what was captured last; its log is soon as long as that of the old one.
  void promote_what_lacks_the_last_changes() {
    standby_->stop();
    write_some();
    wait_until_in_step(source(), target());
    stop_writing();
    const std::string captured = end_of_log();
    source_server().stop_immediately();
    standby_->start();
    standby_->promote();
    execute(standby(), "SELECT pg_switch_wal()");
    execute(standby(), "INSERT INTO customers (email, name) VALUES ('other history', 'x')");
    ASSERT_EQ(value(standby(), "SELECT pg_current_wal_lsn() > '" + captured + "'"), "t");
    move_source_to(*standby_);
  }
};
class P6aSourceFailover : public SourceFailover {};
class P6bSourceFailover : public SourceFailover {};

TEST_F(P3SourceFailover, WithTheSlotItGoesOn) {
  stream_with_standby(true);
  write_some();
  stop_writing();
  wait_for_standby();
  promote();
  finish();
}

TEST_F(P3SourceFailover, WhileTheExporterIsDownItGoesOn) {
  stream_with_standby(true);
  exporter_->kill();
  exporter_->wait();
  exporter_.reset();
  write_some();
  stop_writing();
  wait_for_standby();
  promote();
  start_export();
  finish();
}

TEST_F(P3SourceFailover, AStandbyIsWaitedForUntilItIsPromoted) {
  stream_with_standby(true);
  source_server().stop_immediately();
  move_source_to(*standby_);
  wait_for("a visible wait", [this] {
    return waiting_for("source_db_exporter").find("standby") != std::string::npos;
  });
  standby_->promote();
  finish();
}

TEST_F(P3SourceFailover, WhatLacksTheLastChangesStopsTheMigration) {
  stream_with_standby(true);
  promote_what_lacks_the_last_changes();
  expect_stopped(exporter_, "E5015");
  start_export();
  const std::string said = expect_stopped(exporter_, "E5015");
  EXPECT_NE(said.find("--start-clean true"), std::string::npos) << said;
  begin_anew();
  finish();
}

TEST_F(P3SourceFailover, WithoutTheSlotTheMigrationBeginsAnew) {
  stream_with_standby(false);
  promote();
  expect_stopped(exporter_, "E3201");
  start_export();
  const std::string said = expect_stopped(exporter_, "E5012");
  EXPECT_NE(said.find("--start-clean true"), std::string::npos) << said;
  begin_anew();
  finish();
}

/// The marker of the cutover was committed, and is not on the standby: it is written once more.
TEST_F(P6aSourceFailover, ALostBarrierIsWrittenAgain) {
  stream_with_standby(true);
  standby_->stop();
  const std::string streams = "SELECT active_pid FROM pg_replication_slots WHERE active";
  const pid_t walsender = std::stoi(value(source(), streams));
  kill(walsender, SIGSTOP);
  initiate(false);
  wait_for("the barrier", [this] {
    return exporter_->output().find("barrier") != std::string::npos ||
           file_text(migration_->export_directory() / "export/logs/yb-voyager-export-data.log")
                   .find("written to the source") != std::string::npos;
  });
  kill(walsender, SIGKILL);
  source_server().stop_immediately();
  standby_->start();
  standby_->promote();
  move_source_to(*standby_);
  finish_cutover(Direction::to_target);
  expect_all_holds(target());
}

/// Everything up to the barrier is in the export directory: what may have come after it is not
/// known.
TEST_F(P6bSourceFailover, WithoutTheSlotTheCutoverIsCompleted) {
  prepare();
  pause_at("cutover.after_sequences_read:1:delay=3000");
  start_export();
  start_import();
  wait_until_in_step(source(), target());
  follow(false);
  initiate(true);
  wait_for_pause("cutover.after_sequences_read");
  wait_for_standby();
  promote();
  finish_cutover(Direction::to_target);
  EXPECT_NE(exporter_->output().find("AFTER the barrier can't be told"), std::string::npos)
      << exporter_->output();
  expect_equal(target());
  wait_until_in_step(target(), source());
  expect_ends_clean();
}

}  // namespace
}  // namespace voyager::testing
