// SPDX-License-Identifier: Apache-2.0
#include <csignal>

#include "faults/faults.hpp"
#include "support/sql_session.hpp"

namespace voyager::testing {
namespace {

/// Faults before there is a slot: what is half made is found again, and nothing is left over.
class P0Preparation : public Faults {
 protected:
  /// The slot waits for the end of a transaction, and says so.
  void wait_for_slot_in_vain() {
    prepare();
    be_impatient();
    block("INSERT INTO customers (email, name) VALUES ('open', 'x')");
    start_export();
    wait_until_shown("open for");
  }
  /// An application has a transaction open until blocker_ ends.
  void block(const std::string& statement) {
    blocker_.emplace(connection_string(source()));
    blocker_->run("BEGIN");
    blocker_->run(statement);
  }
  void wait_until_shown(const std::string& words) {
    wait_for("a visible wait",
             [&] { return waiting_for("source_db_exporter").find(words) != std::string::npos; });
  }
  /// The process has ended, and the same command leads on.
  void finish_by_the_same_command() {
    if (exporter_) {
      const std::optional<int> ended = exporter_->wait_for(patience);
      ASSERT_TRUE(ended.has_value()) << "it waits without end";
      EXPECT_NE(*ended, 0);
      exporter_.reset();
    }
    start_export();
    finish();
  }
  void finish() {
    if (blocker_) {
      wait_until_shown("open for");
      blocker_.reset();
    }
    start_import();
    wait_until_in_step(source(), target());
    EXPECT_EQ(value(source(), "SELECT count(*) FROM pg_replication_slots"), "1");
    to_target(false);
    expect_all_holds(target());
  }

  std::optional<SqlSession> blocker_;
};

TEST_F(P0Preparation, KilledWhileTheSlotIsMade) {
  wait_for_slot_in_vain();
  exporter_->kill();
  finish_by_the_same_command();
}

TEST_F(P0Preparation, KilledAndTheSlotIsMadeAfterAll) {
  wait_for_slot_in_vain();
  exporter_->kill();
  exporter_->wait();
  exporter_.reset();
  blocker_.reset();
  start_export();
  finish();
}

TEST_F(P0Preparation, ConnectionsResetWhileTheSlotIsMade) {
  wait_for_slot_in_vain();
  source_network_->reset();
  finish_by_the_same_command();
}

TEST_F(P0Preparation, SourceCrashesWhileTheSlotIsMade) {
  wait_for_slot_in_vain();
  crash_and_restart(source_server());
  blocker_.reset();
  finish_by_the_same_command();
}

TEST_F(P0Preparation, NothingArrivesWhileTheSlotIsMade) {
  wait_for_slot_in_vain();
  source_network_->swallow();
  expect_stopped(exporter_, "E3102");
  source_network_->heal();
  finish_by_the_same_command();
}

/// A server that does not answer can't be asked to cancel either: nobody waits for that.
TEST_F(P0Preparation, AStopInABlackHoleIsObeyed) {
  wait_for_slot_in_vain();
  source_network_->swallow();
  exporter_->signal(SIGINT);
  ASSERT_TRUE(exporter_->wait_for(patience).has_value()) << "it waits without end";
  exporter_.reset();
  source_network_->heal();
  finish_by_the_same_command();
}

TEST_F(P0Preparation, APublicationThatWaitsForALockSaysSoAndCanBeStopped) {
  prepare();
  block("LOCK TABLE customers IN SHARE UPDATE EXCLUSIVE MODE");
  start_export();
  wait_until_shown("waiting for a lock on table public.customers, which process");
  exporter_->signal(SIGINT);
  expect_stopped(exporter_, "E5014");
  EXPECT_EQ(left_behind(source()), "");
  start_export();
  finish();
}

TEST_F(P0Preparation, SourceRefusesConnections) {
  prepare();
  be_impatient();
  source_network_->refuse();
  start_export();
  expect_stopped(exporter_, "E3101");
  source_network_->heal();
  finish_by_the_same_command();
}

TEST_F(P0Preparation, NothingArrivesFromTheSource) {
  prepare();
  be_impatient();
  source_network_->swallow();
  start_export();
  expect_stopped(exporter_, "E3101");
  source_network_->heal();
  finish_by_the_same_command();
}

}  // namespace
}  // namespace voyager::testing
