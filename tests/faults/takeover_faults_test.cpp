// SPDX-License-Identifier: Apache-2.0
#include <filesystem>

#include "faults/faults.hpp"

namespace voyager::testing {
namespace {

/// A process that stands still for so long that its databases and its operators have given it up,
/// and then wakes.
class StoppedProcess : public StreamingFaults {
 protected:
  /// The exporter ends, and is to begin from the start.
  void restart_stopped() {
    exporter_->signal(SIGTERM);
    exporter_->wait();
    start_export({"--start-clean", "true"});
  }
  /// As a server does whose keep-alives find nobody.
  static void end_sessions(const engine::Endpoint& place, const std::string& role) {
    execute(place,
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name LIKE "
            "'yb-voyager " +
                role + "%'");
  }
  static void expect_refused(Child second, pid_t first) {
    EXPECT_EQ(second.wait(), 1);
    EXPECT_NE(second.errors().find("E2010 "), std::string::npos) << second.errors();
    EXPECT_NE(second.errors().find("pid " + std::to_string(first)), std::string::npos)
        << second.errors();
  }
  /// Another instance of the importer, with an export directory of its own: no lock keeps it back.
  Child start_second_import() {
    second_.emplace(source_network_->through(source()), target_network_->through(target()));
    std::filesystem::copy(migration_->export_directory() / "export",
                          second_->export_directory() / "export",
                          std::filesystem::copy_options::recursive);
    return second_->start_import();
  }

  void write_what_the_exporter_takes() {
    write_to(source());
    wait_for_rows(200);
    stop_writing();
    wait_for("the exporter", [this] {
      return value(source(),
                   "SELECT bool_and(confirmed_flush_lsn >= pg_current_wal_lsn()) FROM "
                   "pg_replication_slots") == "t";
    });
  }
  void wait_until_same_customers() {
    const char* customers = "SELECT count(*) || ' ' || max(id) FROM customers";
    const std::string written = value(source(), customers);
    wait_for("the second one", [&] { return value(target(), customers) == written; });
  }

  std::optional<Migration> second_;
};
class P3Stopped : public StoppedProcess {};
class P5Stopped : public StoppedProcess {};

TEST_F(P3Stopped, AnExporterThatWakesGoesOnAndNobodyTookItsPlace) {
  begin();
  exporter_->signal(SIGSTOP);
  end_sessions(source(), "source_db_exporter");
  wait_for_rows(200);
  expect_refused(migration_->start_export(), exporter_->pid());
  exporter_->signal(SIGCONT);
  finish();
}

TEST_F(P5Stopped, AnImporterThatWakesGoesOnAndNobodyTookItsPlace) {
  begin();
  importer_->signal(SIGSTOP);
  end_sessions(target(), "target_db_importer");
  wait_for_rows(200);
  expect_refused(migration_->start_import(), importer_->pid());
  importer_->signal(SIGCONT);
  finish();
}

/// What one of them reads must not go from under it.
class P0StartClean : public StoppedProcess {};

TEST_F(P0StartClean, IsRefusedWhileAnImporterRuns) {
  begin();
  restart_stopped();
  const std::string said = expect_stopped(exporter_, "E2010");
  EXPECT_NE(said.find("target_db_importer"), std::string::npos) << said;
  start_export();
  finish();
}

TEST_F(P0StartClean, RefusesAnImporterThatBeginsMeanwhile) {
  begin();
  stop_writing();
  stop_processes();
  pause_at("start_clean.files_removed:1:delay=2000");
  start_export({"--start-clean", "true"});
  importer_.reset();
  wait_for_pause("start_clean.files_removed");
  expect_refused(migration_->start_import({"--start-clean", "true", "--truncate-tables", "true"}),
                 exporter_->pid());
  pause_at("");
  wait_for_snapshot();
  start_import({"--start-clean", "true", "--truncate-tables", "true"});
  write_to(source());
  finish();
}

/// Another instance takes its place between two transactions: what it does when it wakes does not
/// fit the bookkeeping any more.
TEST_F(P5Stopped, AnImporterWhosePlaceWasTakenAppliesNothingTwice) {
  stream();
  wait_until_in_step(source(), target());
  importer_->signal(SIGSTOP);
  write_what_the_exporter_takes();
  Child second = start_second_import();
  wait_until_same_customers();
  importer_->signal(SIGCONT);
  expect_stopped(importer_, "E6003");
  second.kill();
  second.wait();
  start_import();
  write_to(source());
  finish();
}

/// Its transactions were ended by the server meanwhile.
TEST_F(P5Stopped, AnImporterWhosePlaceWasTakenWithinATransactionGoesOnBehindTheOther) {
  begin();
  importer_->signal(SIGSTOP);
  stop_writing();
  write_what_the_exporter_takes();
  end_sessions(target(), "target_db_importer");
  Child second = start_second_import();
  wait_until_same_customers();
  importer_->signal(SIGCONT);
  wait_until_in_step(source(), target());
  second.kill();
  second.wait();
  write_to(source());
  finish();
}

}  // namespace
}  // namespace voyager::testing
