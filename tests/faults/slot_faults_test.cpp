// SPDX-License-Identifier: Apache-2.0
#include "faults/faults.hpp"

namespace voyager::testing {
namespace {

/// Faults of the replication slot on the source (S) and of prepared transactions.
class P3Slot : public Faults {
 protected:
  /// Capture streams, and is then kept away from the source.
  void begin_and_part() {
    stream();
    write_to(source());
    wait_for_rows(200);
    wait_until_in_step(source(), target());
    source_network_->refuse();
    source_network_->reset();
    wait_for("the end of the walsender", [this] {
      return value(source(), "SELECT bool_or(active) FROM pg_replication_slots") != "t";
    });
    slot_ = value(source(), "SELECT slot_name FROM pg_replication_slots");
  }
  void drop_slot() { execute(source(), "SELECT pg_drop_replication_slot('" + slot_ + "')"); }
  void make_slot() {
    execute(source(), "SELECT pg_create_logical_replication_slot('" + slot_ + "', 'pgoutput')");
  }
  /// Whatever is tried, what the slot does not have any more is not passed over in silence; and the
  /// remedy that is printed leads out.
  void expect_stopped_until_begun_anew(const std::string& code,
                                       const std::string& code_when_again) {
    source_network_->heal();
    expect_stopped(exporter_, code);
    start_export();
    const std::string said = expect_stopped(exporter_, code_when_again);
    EXPECT_NE(said.find("--start-clean true"), std::string::npos) << said;
    begin_anew();
    to_target(false);
    expect_all_holds(target());
  }

  std::string slot_;
};

TEST_F(P3Slot, Dropped) {
  begin_and_part();
  drop_slot();
  expect_stopped_until_begun_anew("E3201", "E5012");
}

TEST_F(P3Slot, InvalidatedByItsSize) {
  begin_and_part();
  execute(source(), "ALTER SYSTEM SET max_slot_wal_keep_size = '1MB'");
  execute(source(), "SELECT pg_reload_conf()");
  wait_for("the slot's loss", [this] {
    execute(source(), "SELECT pg_switch_wal()");
    execute(source(), "CHECKPOINT");
    return value(source(), "SELECT wal_status FROM pg_replication_slots") == "lost";
  });
  execute(source(), "ALTER SYSTEM RESET max_slot_wal_keep_size");
  execute(source(), "SELECT pg_reload_conf()");
  expect_stopped_until_begun_anew("E3201", "E5012");
}

/// The new one begins behind what was written between: never a silent gap.
TEST_F(P3Slot, MadeAnewBySomebodyElse) {
  begin_and_part();
  drop_slot();
  wait_for_rows(100);
  make_slot();
  expect_stopped_until_begun_anew("E5013", "E5013");
}

TEST_F(P3Slot, MadeAnewWhileTheExporterIsDown) {
  begin_and_part();
  exporter_->kill();
  exporter_->wait();
  exporter_.reset();
  drop_slot();
  wait_for_rows(100);
  make_slot();
  source_network_->heal();
  start_export();
  expect_stopped_until_begun_anew("E5013", "E5013");
}

/// The source is put back to an earlier state, slot included, as by a failover to a standby that
/// lacks its last transactions: the target has what the source has not any more.
class P3SourceHistory : public Faults {
 protected:
  void copy(const std::string& from, const std::string& to) {
    const auto directory = source_server().directory();
    run({"rm", "-rf", (directory / to).string()});
    run({"cp", "-a", (directory / from).string(), (directory / to).string()});
  }
};

TEST_F(P3SourceHistory, EndsBeforeWhatWasCaptured) {
  stream();
  wait_until_in_step(source(), target());
  source_network_->refuse();
  source_server().stop_immediately();
  copy("data", "earlier");
  source_server().start();
  source_network_->heal();
  write_to(source());
  wait_for_rows(200);
  stop_writing();
  wait_until_in_step(source(), target());
  source_network_->refuse();
  source_server().stop_immediately();
  copy("earlier", "data");
  source_server().start();
  source_network_->heal();
  expect_stopped(exporter_, "E5015");
}

class P3TwoPhase : public Faults {
 protected:
  void SetUp() override {
    Faults::SetUp();
    execute(source(), "ALTER SYSTEM SET max_prepared_transactions = 10");
    source_server().restart();
  }
  void prepare_transaction(const std::string& name) const {
    execute(source(), "BEGIN; INSERT INTO customers (email, name) VALUES ('" + name +
                          "', 'x'); PREPARE TRANSACTION '" + name + "'");
  }
  std::string customers(const std::string& name) const {
    return value(target(), "SELECT count(*) FROM customers WHERE email = '" + name + "'");
  }
};

TEST_F(P3TwoPhase, PreparedTransactionsAreCarriedWhenTheyCommit) {
  stream();
  prepare_transaction("commits");
  prepare_transaction("commits later");
  prepare_transaction("rolls back");
  source_network_->reset();
  wait_until_in_step(source(), target());
  EXPECT_EQ(customers("commits"), "0");
  execute(source(), "COMMIT PREPARED 'commits'");
  execute(source(), "ROLLBACK PREPARED 'rolls back'");
  crash_and_restart(source_server());
  execute(source(), "COMMIT PREPARED 'commits later'");
  wait_until_in_step(source(), target());
  EXPECT_EQ(customers("commits"), "1");
  EXPECT_EQ(customers("commits later"), "1");
  EXPECT_EQ(customers("rolls back"), "0");
  to_target(false);
  expect_all_holds(target());
}

/// One that is open before the slot keeps it from being made: the wait says by whose name.
TEST_F(P3TwoPhase, OneFromBeforeIsNamedAndWaitedFor) {
  prepare();
  prepare_transaction("from before");
  start_export();
  start_import();
  wait_for("a visible wait", [this] {
    return exporter_->output().find("'from before'") != std::string::npos ||
           waiting_for("source_db_exporter").find("'from before'") != std::string::npos;
  });
  execute(source(), "COMMIT PREPARED 'from before'");
  wait_until_in_step(source(), target());
  EXPECT_EQ(customers("from before"), "1");
  to_target(false);
  expect_all_holds(target());
}

}  // namespace
}  // namespace voyager::testing
