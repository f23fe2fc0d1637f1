// SPDX-License-Identifier: Apache-2.0
#include <thread>

#include "faults/faults.hpp"
#include "support/sql_session.hpp"

namespace voyager::testing {
namespace {

using cutover::CutoverState;
using cutover::Direction;

constexpr const char* pause = ":1:delay=700";

/// The cutover to the target, with a way back.
class P6Cutover : public Faults, public ::testing::WithParamInterface<Moment> {
 protected:
  void come_to_moment() {
    prepare();
    pause_at(GetParam().failpoint + pause);
    start_export();
    start_import();
    write_to(source());
    wait_for_rows(200);
    initiate(true);
    wait_for_pause(GetParam().failpoint);
  }
  void finish() {
    finish_cutover(Direction::to_target);
    expect_equal(target());
    wait_until_in_step(target(), source());
    expect_ends_clean();
  }
};

TEST_P(P6Cutover, ConnectionsReset) {
  come_to_moment();
  source_network_->reset();
  target_network_->reset();
  finish();
}

TEST_P(P6Cutover, TargetCrashes) {
  come_to_moment();
  target_server().stop_immediately();
  std::this_thread::sleep_for(2s);
  target_server().start();
  finish();
}

TEST_P(P6Cutover, SourceCrashes) {
  come_to_moment();
  source_server().stop_immediately();
  std::this_thread::sleep_for(2s);
  source_server().start();
  finish();
}

INSTANTIATE_TEST_SUITE_P(
    At, P6Cutover,
    ::testing::Values(Moment{"P6aBarrierWritten", "capture.after_barrier_written"},
                      Moment{"P6bDrain", "cutover.after_record_barrier"},
                      Moment{"P6cSequencesRead", "cutover.after_sequences_read"},
                      Moment{"P6cSequencesSet", "cutover.after_sequences_set"},
                      Moment{"P6dBeforeWayBack", "way_back.before_create"},
                      Moment{"P6dAfterWayBack", "way_back.after_create"}),
    name_of);

class P6dWayBack : public Faults {};

TEST_F(P6dWayBack, AStopWhileItsSlotIsMadeIsObeyedAndLeavesNone) {
  stream();
  SqlSession blocker(connection_string(target()));
  blocker.run("BEGIN");
  blocker.run("SELECT pg_current_xact_id()");
  initiate(true);
  wait_for("a visible wait", [this] {
    return waiting_for("target_db_importer").find("creating the replication slot") !=
           std::string::npos;
  });
  importer_->signal(SIGINT);
  ASSERT_EQ(importer_->wait_for(patience), 1) << "one signal is not enough";
  EXPECT_NE(importer_->errors().find("stopped by a signal"), std::string::npos)
      << importer_->errors();
  importer_.reset();
  EXPECT_EQ(value(target(), "SELECT count(*) FROM pg_replication_slots"), "0");
  blocker.run("ROLLBACK");
  start_import();
  finish_cutover(Direction::to_target);
  expect_equal(target());
  wait_until_in_step(target(), source());
  expect_ends_clean();
}

/// The target's changes on their way to the source.
class P7FallBack : public Faults {
 protected:
  void begin() {
    stream();
    to_target(true);
    write_to(target());
    wait_for_rows(200);
  }
  void finish() {
    wait_for_rows(200);
    wait_until_in_step(target(), source());
    to_source();
    expect_all_holds(source());
  }
};

TEST_F(P7FallBack, ConnectionsOfCaptureReset) {
  begin();
  target_network_->reset();
  finish();
}

TEST_F(P7FallBack, ConnectionsOfApplyReset) {
  begin();
  source_network_->reset();
  finish();
}

TEST_F(P7FallBack, AnswerToCommitLost) {
  begin();
  source_network_->drop_answer_to_commit();
  wait_for("a COMMIT", [&] { return source_network_->answers_dropped() == 1; });
  finish();
}

TEST_F(P7FallBack, SourceIsDownForAWhile) {
  begin();
  source_server().stop_immediately();
  wait_for("a visible wait", [&] { return !waiting_for("source_db_importer").empty(); });
  wait_for_rows(300);
  source_server().start();
  finish();
}

TEST_F(P7FallBack, TargetCrashes) {
  begin();
  crash_and_restart(target_server());
  finish();
}

class P10EndMigration : public Faults {
 protected:
  void come_to_the_end() {
    stream();
    to_target(false);
    expect_equal(target());
    stop_processes();
  }
  const Words end_ = end_migration_words();
};

TEST_F(P10EndMigration, TargetUnreachableIsListedAndCleanedLater) {
  come_to_the_end();
  target_network_->refuse();
  const Finished refused = migration_->try_command(end_);
  EXPECT_NE(refused.exit_code, 0);
  EXPECT_NE(refused.errors.find("E7101 "), std::string::npos) << refused.errors;
  EXPECT_NE(refused.errors.find("target database ("), std::string::npos) << refused.errors;
  EXPECT_EQ(refused.errors.find("source database ("), std::string::npos) << refused.errors;
  EXPECT_EQ(left_behind(source()), "") << "what can be reached is cleaned";
  target_network_->heal();
  expect_ends_clean();
}

TEST_F(P10EndMigration, NothingArrivesFromTheTarget) {
  come_to_the_end();
  be_impatient();
  target_network_->swallow();
  const Finished refused = migration_->try_command(end_, std::chrono::minutes(1));
  EXPECT_NE(refused.exit_code, 0);
  EXPECT_NE(refused.errors.find("E7101 "), std::string::npos) << refused.errors;
  EXPECT_NE(refused.errors.find("target database ("), std::string::npos) << refused.errors;
  target_network_->heal();
  expect_ends_clean();
}

TEST_F(P10EndMigration, ConnectionsResetMeanwhile) {
  come_to_the_end();
  target_network_->reset_after(1'000);
  source_network_->reset_after(1'000);
  const Finished broken = migration_->try_command(end_);
  EXPECT_NE(broken.exit_code, 0) << "nothing broke";
  EXPECT_NE(broken.errors.find("E7101 "), std::string::npos) << broken.errors;
  expect_ends_clean();
}

}  // namespace
}  // namespace voyager::testing
