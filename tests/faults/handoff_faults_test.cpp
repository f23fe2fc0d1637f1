// SPDX-License-Identifier: Apache-2.0
#include "faults/faults.hpp"

namespace voyager::testing {
namespace {

/// The rows are on the way, or there, and the stream is to take over.
enum class Stage : std::uint8_t { exported, loaded };

class P2Handoff : public Faults, public ::testing::WithParamInterface<Stage> {
 protected:
  bool on_source() const { return GetParam() == Stage::exported; }
  void come_to_moment() {
    prepare();
    be_impatient();
    const std::string last_table = value(source(),
                                         "SELECT count(*) FROM pg_class WHERE relkind IN ('r', "
                                         "'p') AND NOT relispartition AND "
                                         "relnamespace = 'public'::regnamespace");
    const std::string failpoint =
        on_source() ? "snapshot.table.exported" : "import.snapshot_loaded";
    pause_at(failpoint + (on_source() ? ":" + last_table : ":1") + ":delay=700");
    write_to(source());
    start_export({"--parallel-jobs", "1"});
    start_import();
    wait_for_pause(failpoint);
  }
  std::unique_ptr<Child>& process() { return on_source() ? exporter_ : importer_; }
  Proxy& network() { return on_source() ? *source_network_ : *target_network_; }
  void finish() {
    wait_for_rows(200);
    wait_until_in_step(source(), target());
    to_target(false);
    expect_all_holds(target());
  }
};

TEST_P(P2Handoff, Killed) {
  come_to_moment();
  restart(process());
  finish();
}

TEST_P(P2Handoff, ConnectionsReset) {
  come_to_moment();
  network().reset();
  finish();
}

TEST_P(P2Handoff, ServerCrashes) {
  come_to_moment();
  crash_and_restart(on_source() ? source_server() : target_server());
  finish();
}

TEST_P(P2Handoff, NothingArrives) {
  come_to_moment();
  network().swallow();
  wait_for("a visible wait", [this] {
    return !waiting_for(on_source() ? "source_db_exporter" : "target_db_importer").empty();
  });
  network().heal();
  finish();
}

INSTANTIATE_TEST_SUITE_P(At, P2Handoff, ::testing::Values(Stage::exported, Stage::loaded),
                         [](const auto& moment) {
                           return moment.param == Stage::exported ? "Exported" : "Loaded";
                         });

}  // namespace
}  // namespace voyager::testing
