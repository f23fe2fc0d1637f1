// SPDX-License-Identifier: Apache-2.0
#include <fstream>

#include "faults/faults.hpp"

namespace voyager::testing {
namespace {

/// The clock of the migration's host jumps. Times that pass are another clock's (CLOCK_MONOTONIC),
/// which does not.
class ClockJumps : public Faults {
 protected:
  void begin() {
    prepare();
    set_clock("+0");
    migration_->set_environment("LD_PRELOAD", "/usr/$LIB/faketime/libfaketimeMT.so.1");
    migration_->set_environment("FAKETIME_TIMESTAMP_FILE", clock_file().string());
    migration_->set_environment("FAKETIME_NO_CACHE", "1");
    migration_->set_environment("FAKETIME_DONT_FAKE_MONOTONIC", "1");
    start_export();
    start_import();
    EXPECT_EQ(exporter_->errors().find("cannot be preloaded"), std::string::npos)
        << "no libfaketime here";
    write_to(source());
    wait_for_rows(200);
    wait_until_in_step(source(), target());
  }
  /// "-3600": an hour behind.
  void set_clock(const std::string& seconds) {
    std::ofstream(clock_file().string() + ".new") << seconds << "\n";
    std::filesystem::rename(clock_file().string() + ".new", clock_file());
  }
  void jump(const std::string& seconds) {
    set_clock(seconds);
    wait_for_rows(300);
    wait_until_in_step(source(), target());
  }
  void finish() {
    initiate(true);
    finish_cutover(cutover::Direction::to_target);
    expect_equal(target());
    set_clock("+0");
    wait_until_in_step(target(), source());
    expect_ends_clean();
  }

 private:
  std::filesystem::path clock_file() const { return migration_->export_directory() / "clock"; }
};
class P3Clock : public ClockJumps {};

TEST_F(P3Clock, JumpsAnHourAhead) {
  begin();
  jump("+3600");
  finish();
}

TEST_F(P3Clock, JumpsAnHourBack) {
  begin();
  jump("-3600");
  EXPECT_EQ(exporter_->output().find("-3"), std::string::npos) << "a lag below nothing";
  finish();
}

TEST_F(P3Clock, AWaitIsAsLongAsItIs) {
  begin();
  target_server().stop_immediately();
  wait_for("a visible wait", [this] { return !waiting_for("target_db_importer").empty(); });
  set_clock("-3600");
  target_server().start();
  jump("+3600");
  finish();
}

}  // namespace
}  // namespace voyager::testing
