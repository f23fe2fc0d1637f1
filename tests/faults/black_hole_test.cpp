// SPDX-License-Identifier: Apache-2.0
#include "faults/faults.hpp"

namespace voyager::testing {
namespace {

/// Networks that take everything and deliver nothing, as a broken tunnel does: TCP sees no fault.
class BlackHole : public Faults {
 protected:
  void prepare_impatient(int orders = 200) {
    prepare(orders);
    be_impatient();
  }
  void begin() {
    prepare_impatient();
    start_export();
    start_import();
    wait_until_in_step(source(), target());
    write_to(source());
    wait_for_rows(100);
  }
  void finish() {
    if (!workload_) write_to(source());
    wait_for_rows(100);
    wait_until_in_step(source(), target());
    to_target(false);
    expect_all_holds(target());
  }
  void wait_until_waiting(const std::string& role) {
    wait_for("a visible wait", [&] { return !waiting_for(role).empty(); });
  }
};
class P1SnapshotCopy : public BlackHole {};
class P3StreamingCapture : public BlackHole {};
class P4SnapshotLoad : public BlackHole {};
class P5StreamingApply : public BlackHole {};

/// The connection that holds the snapshot has nothing to send meanwhile, so the snapshot survives.
TEST_F(P1SnapshotCopy, NothingArrives) {
  prepare_impatient(more_than_one_copy);
  pause_at("snapshot.chunk.after_record:2:delay=500");
  start_export({"--parallel-jobs", "1"});
  start_import();
  wait_for_pause("snapshot.chunk.after_record");
  source_network_->swallow();
  wait_for("the exporter's words", [this] {
    return exporter_->output().find("has not answered") != std::string::npos ||
           exporter_->errors().find("has not answered") != std::string::npos;
  });
  source_network_->heal();
  finish();
}

TEST_F(P3StreamingCapture, NothingArrives) {
  begin();
  source_network_->swallow();
  wait_until_waiting("source_db_exporter");
  source_network_->heal();
  finish();
}

TEST_F(P4SnapshotLoad, NothingArrives) {
  prepare_impatient(1000);
  pause_at("load.before_commit:2:delay=500");
  start_export();
  start_import();
  wait_for_pause("load.before_commit");
  target_network_->swallow();
  wait_until_waiting("target_db_importer");
  target_network_->heal();
  finish();
}

/// The transaction on the target has not ended when the network breaks.
TEST_F(P5StreamingApply, NothingArrivesWithinATransaction) {
  prepare_impatient();
  pause_at("apply.before_commit:3:delay=500");
  start_export();
  start_import();
  write_to(source());
  wait_for_pause("apply.before_commit");
  target_network_->swallow();
  wait_until_waiting("target_db_importer");
  target_network_->heal();
  finish();
}

}  // namespace
}  // namespace voyager::testing
