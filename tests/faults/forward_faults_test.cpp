// SPDX-License-Identifier: Apache-2.0
#include "faults/faults.hpp"

namespace voyager::testing {
namespace {

using cutover::CutoverState;
using cutover::Direction;

/// The target's changes on their way to a source-replica, and the cutover to that.
class FallForwardFaults : public Faults {
 protected:
  void SetUp() override {
    Faults::SetUp();
    if (!servers_) return;
    replica_server_.emplace();
    replica_server_->create_database("shop");
  }
  void TearDown() override {
    if (HasFailure() && replica_importer_)
      std::cout << replica_importer_->output() << replica_importer_->errors() << std::endl;
    Faults::TearDown();
  }
  engine::Endpoint replica() const { return replica_server_->endpoint("shop"); }

  /// The replica follows, and applications write to the target.
  void begin() {
    prepare();
    be_impatient();
    replica_network_.emplace(replica());
    migration_->set_source_replica(replica_network_->through(replica()));
    migration_->command({"import", "schema", "to", "source-replica", "--yes"});
    start_export();
    start_import();
    start_replica_import();
    wait_until_in_step(source(), target());
    Migration::wait_for_line(*replica_importer_, "streaming changes to the source-replica");
    migration_->initiate_cutover_to("target");
    finish_cutover(Direction::to_target);
    write_to(target());
    wait_for_rows(200);
  }
  void start_replica_import() {
    replica_importer_ = std::make_unique<Child>(migration_->start_replica_import());
  }
  void cut_over() {
    stop_writing();
    migration_->initiate_cutover_to("source-replica");
  }
  /// Both processes begin again, with a pause.
  void pause_both_at(const std::string& failpoint) {
    for (const auto* process : {&importer_, &replica_importer_}) {
      (*process)->kill();
      (*process)->wait();
    }
    pause_at(failpoint + ":1:delay=700");
    importer_ = std::make_unique<Child>(migration_->start_export_from_target());
    start_replica_import();
  }
  void wait_until_paused(const std::string& failpoint) {
    const std::string told = "delayed at failpoint " + failpoint + "\n";
    wait_for(failpoint, [&] {
      return importer_->errors().find(told) != std::string::npos ||
             replica_importer_->errors().find(told) != std::string::npos;
    });
  }
  void go_on_writing() {
    wait_for_rows(200);
    wait_until_in_step(target(), replica());
  }
  void finish() {
    wait_for_state(Direction::to_source_replica, CutoverState::completed);
    EXPECT_EQ(replica_importer_->wait(patience), 0) << replica_importer_->errors();
    EXPECT_EQ(importer_->wait(patience), 0) << importer_->errors();
    migration_->expect_verified("target,source-replica");
    for (const std::string& line : differences(target(), replica()))
      if (!line.starts_with("sequences: ")) ADD_FAILURE() << line;
    migration_->end();
    for (const engine::Endpoint& place : {source(), target(), replica()})
      EXPECT_EQ(left_behind(place), "") << place.host;
  }

  std::optional<PgCluster> replica_server_;
  std::optional<Proxy> replica_network_;
  std::unique_ptr<Child> replica_importer_;
};
class P7FallForward : public FallForwardFaults {};

TEST_F(P7FallForward, ReplicaImporterKilled) {
  begin();
  replica_importer_->kill();
  replica_importer_->wait();
  start_replica_import();
  go_on_writing();
  cut_over();
  finish();
}

TEST_F(P7FallForward, ConnectionsReset) {
  begin();
  target_network_->reset();
  replica_network_->reset();
  go_on_writing();
  cut_over();
  finish();
}

TEST_F(P7FallForward, ReplicaCrashes) {
  begin();
  crash_and_restart(*replica_server_);
  go_on_writing();
  cut_over();
  finish();
}

TEST_F(P7FallForward, TargetCrashes) {
  begin();
  crash_and_restart(target_server());
  go_on_writing();
  cut_over();
  finish();
}

TEST_F(P7FallForward, NothingArrivesAtTheReplica) {
  begin();
  replica_network_->swallow();
  wait_for("a visible wait", [this] { return !waiting_for("source_replica_db_importer").empty(); });
  replica_network_->heal();
  go_on_writing();
  cut_over();
  finish();
}

TEST_F(P7FallForward, NothingArrivesFromTheTarget) {
  begin();
  target_network_->swallow();
  wait_for("a visible wait", [this] { return !waiting_for("target_db_exporter_ff").empty(); });
  target_network_->heal();
  go_on_writing();
  cut_over();
  finish();
}

/// The cutover to the source-replica.
class P8CutoverForward : public FallForwardFaults,
                         public ::testing::WithParamInterface<std::pair<const char*, const char*>> {
 protected:
  void come_to_moment() {
    begin();
    pause_both_at(GetParam().second);
    cut_over();
    wait_until_paused(GetParam().second);
  }
};

TEST_P(P8CutoverForward, BothKilled) {
  come_to_moment();
  for (const auto* process : {&importer_, &replica_importer_}) {
    (*process)->kill();
    (*process)->wait();
  }
  pause_at("");
  importer_ = std::make_unique<Child>(migration_->start_export_from_target());
  start_replica_import();
  finish();
}

TEST_P(P8CutoverForward, ConnectionsReset) {
  come_to_moment();
  target_network_->reset();
  replica_network_->reset();
  finish();
}

TEST_P(P8CutoverForward, ReplicaCrashes) {
  come_to_moment();
  crash_and_restart(*replica_server_);
  finish();
}

TEST_P(P8CutoverForward, NothingArrives) {
  come_to_moment();
  target_network_->swallow();
  replica_network_->swallow();
  wait_for("a visible wait", [this] {
    return !waiting_for("target_db_exporter_ff").empty() ||
           !waiting_for("source_replica_db_importer").empty();
  });
  target_network_->heal();
  replica_network_->heal();
  finish();
}

INSTANTIATE_TEST_SUITE_P(
    At, P8CutoverForward,
    ::testing::Values(std::pair{"BarrierWritten", "capture.after_barrier_written"},
                      std::pair{"Drain", "cutover.after_record_barrier"},
                      std::pair{"SequencesSet", "cutover.after_sequences_set"}),
    [](const auto& moment) { return std::string(moment.param.first); });

}  // namespace
}  // namespace voyager::testing
