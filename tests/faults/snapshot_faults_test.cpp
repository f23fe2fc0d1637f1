// SPDX-License-Identifier: Apache-2.0
#include "faults/faults.hpp"

namespace voyager::testing {
namespace {

using cutover::Direction;

/// Faults while the rows are being copied; P1 is the source's side of it, P4 the target's.
class P1SnapshotCopy : public Faults {
 protected:
  void finish() {
    write_to(source());
    wait_for_rows(300);
    wait_until_in_step(source(), target());
    to_target(false);
    expect_all_holds(target());
  }
};
class P4SnapshotLoad : public P1SnapshotCopy {};

TEST_F(P1SnapshotCopy, OneConnectionReset) {
  prepare(2000);
  pause_at("snapshot.chunk.before_rename:1:delay=300");
  start_export();
  wait_for_pause("snapshot.chunk.before_rename");
  source_network_->reset_one_after(100'000);
  start_import();
  finish();
}

/// The connection that holds the snapshot goes too.
TEST_F(P1SnapshotCopy, ConnectionsReset) {
  prepare(more_than_one_copy);
  pause_at("snapshot.chunk.after_record:2:delay=500");
  start_export({"--parallel-jobs", "1"});
  start_import();
  wait_for_pause("snapshot.chunk.after_record");
  source_network_->reset();
  expect_stopped(exporter_, "E3203");
  pause_at("");
  start_export();
  finish();
}

TEST_F(P1SnapshotCopy, SourceCrashes) {
  prepare(more_than_one_copy);
  pause_at("snapshot.chunk.after_record:2:delay=500");
  start_export({"--parallel-jobs", "1"});
  start_import();
  wait_for_pause("snapshot.chunk.after_record");
  crash_and_restart(source_server());
  expect_stopped(exporter_, "E3203");
  pause_at("");
  start_export();
  finish();
}

/// What the table had in the snapshot is gone with TRUNCATE; the changes since then must not miss
/// it.
TEST_F(P1SnapshotCopy, ATableIsEmptiedBeforeItsTurn) {
  prepare();
  pause_at("export.after_create_slot:1:delay=700");
  start_export();
  start_import();
  wait_for_pause("export.after_create_slot");
  execute(source(), "DELETE FROM documents WHERE id = 1");
  execute(source(), "TRUNCATE documents RESTART IDENTITY");
  execute(source(), "INSERT INTO documents (title, body) VALUES ('new', 'one')");
  finish();
  EXPECT_NE(exporter_->output().find("public.documents: copied again"), std::string::npos);
}

TEST_F(P1SnapshotCopy, ExporterStandsStill) {
  prepare(more_than_one_copy);
  pause_at("snapshot.chunk.after_record:2:delay=500");
  start_export({"--parallel-jobs", "1"});
  start_import();
  wait_for_pause("snapshot.chunk.after_record");
  exporter_->signal(SIGSTOP);
  write_to(source());
  wait_for_rows(300);
  exporter_->signal(SIGCONT);
  finish();
}

TEST_F(P1SnapshotCopy, TargetCrashes) {
  prepare(1000);
  pause_at("load.before_commit:2:delay=500");
  start_export();
  start_import();
  wait_for_pause("load.before_commit");
  target_server().stop_immediately();
  wait_for("a visible wait", [&] { return !waiting_for("target_db_importer").empty(); });
  target_server().start();
  finish();
}

TEST_F(P4SnapshotLoad, ConnectionsReset) {
  prepare(1000);
  pause_at("load.before_commit:2:delay=500");
  start_export();
  start_import();
  wait_for_pause("load.before_commit");
  target_network_->reset();
  finish();
}

TEST_F(P4SnapshotLoad, ConnectionResetWithinTheRows) {
  prepare(2000);
  pause_at("load.before_commit:1:delay=300");
  start_export();
  start_import();
  wait_for_pause("load.before_commit");
  target_network_->reset_one_after(150'000);
  finish();
}

TEST_F(P4SnapshotLoad, AnswerToCommitLost) {
  prepare(1000);
  pause_at("load.before_commit:2:delay=500");
  start_export();
  start_import();
  wait_for_pause("load.before_commit");
  target_network_->drop_answer_to_commit();
  wait_for("the COMMIT", [&] { return target_network_->answers_dropped() == 1; });
  finish();
}

}  // namespace
}  // namespace voyager::testing
