// SPDX-License-Identifier: Apache-2.0
#include "faults/faults.hpp"

namespace voyager::testing {
namespace {

using cutover::Direction;

/// From the target to the source, and from there into a second round.
class P8CutoverBack : public Faults, public ::testing::WithParamInterface<Moment> {
 protected:
  void come_to_moment() {
    prepare();
    be_impatient();
    start_export();
    start_import();
    to_target(true);
    write_to(target());
    wait_for_rows(200);
    pause_both();
    stop_writing();
    migration_->initiate_cutover_to("source", {"--restart-data-migration-source-target", "true"});
    wait_for_pause(GetParam().failpoint);
  }
  void finish() {
    finish_cutover(Direction::to_source);
    expect_equal(source());
    write_to(source());
    wait_for_rows(200);
    wait_until_in_step(source(), target());
    stop_writing();
    migration_->initiate_cutover(false);
    finish_cutover(Direction::to_target, 2);
    expect_all_holds(target());
  }
  void restart_both() {
    restart(exporter_);
    restart(importer_);
  }

 private:
  void pause_both() {
    for (const auto* process : {&exporter_, &importer_}) {
      (*process)->kill();
      (*process)->wait();
    }
    pause_at(GetParam().failpoint + ":1:delay=700");
    start_export();
    start_import();
  }
};

TEST_P(P8CutoverBack, BothKilled) {
  come_to_moment();
  restart_both();
  finish();
}

TEST_P(P8CutoverBack, ConnectionsReset) {
  come_to_moment();
  source_network_->reset();
  target_network_->reset();
  finish();
}

TEST_P(P8CutoverBack, SourceCrashes) {
  come_to_moment();
  crash_and_restart(source_server());
  finish();
}

TEST_P(P8CutoverBack, TargetCrashes) {
  come_to_moment();
  crash_and_restart(target_server());
  finish();
}

TEST_P(P8CutoverBack, NothingArrives) {
  come_to_moment();
  source_network_->swallow();
  target_network_->swallow();
  wait_for("a visible wait", [this] {
    return !waiting_for("target_db_exporter_fb").empty() ||
           !waiting_for("source_db_importer").empty();
  });
  source_network_->heal();
  target_network_->heal();
  finish();
}

INSTANTIATE_TEST_SUITE_P(At, P8CutoverBack,
                         ::testing::Values(Moment{"BarrierWritten",
                                                  "capture.after_barrier_written"},
                                           Moment{"Drain", "cutover.after_record_barrier"},
                                           Moment{"SequencesSet", "cutover.after_sequences_set"},
                                           Moment{"RoleSwitch", "restart.after_create"}),
                         name_of);

/// The second round, in which the source's changes go to the target again.
class P8SecondRound : public Faults {
 protected:
  void begin() {
    stream();
    to_target(true);
    wait_until_in_step(target(), source());
    migration_->initiate_cutover_to("source", {"--restart-data-migration-source-target", "true"});
    finish_cutover(Direction::to_source);
    write_to(source());
    wait_for_rows(200);
  }
  void finish() {
    wait_for_rows(200);
    wait_until_in_step(source(), target());
    stop_writing();
    migration_->initiate_cutover(true);
    finish_cutover(Direction::to_target, 2);
    expect_equal(target());
    wait_until_in_step(target(), source());
    expect_ends_clean();
  }
};

TEST_F(P8SecondRound, ProcessesKilled) {
  begin();
  restart(exporter_);
  wait_for_rows(100);
  restart(importer_);
  finish();
}

TEST_F(P8SecondRound, SourceCrashes) {
  begin();
  crash_and_restart(source_server());
  finish();
}

TEST_F(P8SecondRound, TargetCrashes) {
  begin();
  crash_and_restart(target_server());
  finish();
}

}  // namespace
}  // namespace voyager::testing
