// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <filesystem>

#include "scenarios/fall_forward.hpp"

namespace voyager::testing {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;

/// One clear line.
void expect_refused(const Finished& finished, const std::string& code, const std::string& reason) {
  EXPECT_NE(finished.exit_code, 0) << reason;
  EXPECT_THAT(finished.errors, HasSubstr(code));
  EXPECT_THAT(finished.errors, HasSubstr(reason));
  EXPECT_EQ(std::count(finished.errors.begin(), finished.errors.end(), '\n'), 1) << finished.errors;
}

const Words export_from_target = {"export", "data", "from", "target", "--yes"};
const Words import_to_source = {"import", "data", "to", "source", "--yes"};
const Words import_to_replica = {"import", "data", "to", "source-replica", "--yes"};

Words initiate(const std::string& place, const Words& more = {}) {
  Words words = {"initiate", "cutover", "to", place, "--yes"};
  words.insert(words.end(), more.begin(), more.end());
  return words;
}

const Words end_migration = end_migration_words();

TEST_F(FallForward, WrongOrderIsRefusedWithTheReason) {
  const auto refused = [&](const Words& words, const std::string& code, const std::string& reason) {
    expect_refused(migration_->try_command(words), code, reason);
  };
  const auto second = [&](const Words& words, Child& first) {
    refused(words, "E2010", std::to_string(first.pid()));
  };
  execute(source(), "CREATE TABLE t (id int PRIMARY KEY); INSERT INTO t VALUES (1)");
  migration_->move_schema();
  refused(export_from_target, "E7002", "Run import data to target first");
  refused(initiate("source-replica"), "E7001", "the cutover to the target is not complete");
  start_source_and_target();
  wait_until_streaming(*importer_, "target");
  refused(initiate("target"), "E7001", "--prepare-for-fall-back is missing");
  refused(import_to_replica, "E5101", "public.t");
  migration_->command({"import", "schema", "to", "source-replica", "--yes"});
  start_replica();
  wait_until_streaming(*replica_importer_, "source-replica");

  refused(initiate("source-replica"), "E7001", "the cutover to the target is not complete");
  refused(initiate("source"), "E7001", "the cutover to the target is not complete");
  refused(initiate("target", {"--prepare-for-fall-back", "true"}), "E7001", "fall-forward");
  refused(export_from_target, "E7011", "has not been initiated");
  refused(import_to_source, "E7011", "has not been initiated");
  second({"export", "data", "from", "source", "--export-type", "snapshot-and-changes", "--yes"},
         *exporter_);
  second({"import", "data", "to", "target", "--yes"}, *importer_);
  second(import_to_replica, *replica_importer_);
  refused(end_migration, "E7102", "is still running");

  importer_->signal(SIGSTOP);
  migration_->initiate_cutover_to("target");
  const std::string requested = json_of({"cutover", "status"})[0]["requested_at"];
  const auto expect_requested_already = [&](const std::string& place, const std::string& status) {
    EXPECT_THAT(migration_->command(initiate(place)).output,
                HasSubstr("was requested already; its status is " + status));
    EXPECT_EQ(json_of({"cutover", "status"})[0]["requested_at"], requested);
  };
  expect_requested_already("target", "INITIATED");
  refused(initiate("source-replica"), "E7001", "the cutover to the target is not complete");
  refused(export_from_target, "E7011", "not that far yet");
  importer_->signal(SIGCONT);
  expect_cut_over_to_target();
  expect_requested_already("target", "COMPLETED");
  refused(initiate("source"), "E7001", "use initiate cutover to source-replica");
  refused(import_to_source, "E7011", "this migration falls forward");
  second(export_from_target, *importer_);
  second({"import", "data", "to", "target", "--yes"}, *importer_);
  refused(end_migration, "E7102", std::to_string(replica_importer_->pid()));

  cut_over_to_replica();
  expect_requested_already("source-replica", "COMPLETED");
  migration_->end();
  expect_nothing_left();
}

TEST_F(FallForward, ReplicaThatCameTooLateIsRefusedAndChangesNothing) {
  execute(source(), "CREATE TABLE t (id int PRIMARY KEY); INSERT INTO t VALUES (1)");
  move_schemas();
  start_source_and_target();
  wait_until_streaming(*importer_, "target");
  engine::Endpoint nowhere = replica();
  nowhere.database = "nothing";
  migration_->set_source_replica(nowhere);
  expect_refused(migration_->try_command(import_to_replica), "E3101", "nothing");
  migration_->set_source_replica(replica());
  importer_->signal(SIGSTOP);
  // One that never was there does not decide about the way back.
  migration_->initiate_cutover();
  const std::string reason = "was initiated without a source-replica";
  expect_refused(migration_->try_command(import_to_replica), "E7012", reason);
  importer_->signal(SIGCONT);
  migration_->finish_cutover(*exporter_, *importer_);
  expect_refused(migration_->try_command(import_to_replica), "E7012", reason);
  expect_refused(migration_->try_command(export_from_target), "E7011", "without a source-replica");
  expect_refused(migration_->try_command(initiate("source-replica")), "E7001", "no way back");
  EXPECT_EQ(value(replica(), "SELECT count(*) FROM t"), "0");
  EXPECT_EQ(json_of({"cutover", "status"}).size(), 1U);
  migration_->end();
  expect_nothing_left();
}

TEST_F(FallForward, EndSaysWhatItCouldNotReachAndDoesTheRestLater) {
  execute(source(),
          "CREATE TABLE p (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY);"
          "CREATE TABLE c (p int REFERENCES p, v text);"
          "INSERT INTO p SELECT FROM generate_series(1, 10);"
          "INSERT INTO c SELECT i, 'v' FROM generate_series(1, 10) i");
  const auto before = restorable_state(source());
  migration_->move_schema();
  migration_->command({"import", "schema", "to", "source-replica", "--yes"});
  migration_->command(
      {"import", "schema", "to", "source-replica", "--post-snapshot-import", "true", "--yes"});
  start_source_and_target();
  start_replica();
  wait_until_streaming(*replica_importer_, "source-replica");
  EXPECT_THAT(restorable_state(replica()),
              ::testing::Not(::testing::UnorderedElementsAreArray(before)))
      << "nothing is switched off: there would be nothing to restore";
  cut_over_to_target();
  for (Child* child : {&*importer_, &*replica_importer_}) {
    child->signal(SIGTERM);
    child->wait(20s);
  }
  EXPECT_NE(left_behind(target()), "");
  EXPECT_NE(left_behind(replica()), "");
  replica_server_->stop();
  for (int run = 0; run < 2; ++run) {
    const Finished finished = migration_->try_command(end_migration);
    EXPECT_NE(finished.exit_code, 0);
    EXPECT_THAT(finished.errors, HasSubstr("E7101"));
    EXPECT_THAT(finished.errors, HasSubstr("source-replica database"));
    EXPECT_EQ(left_behind(source()), "");
    EXPECT_EQ(left_behind(target()), "");
  }
  replica_server_->start();
  migration_->end();
  expect_nothing_left();
  EXPECT_THAT(restorable_state(replica()), ::testing::UnorderedElementsAreArray(before));
  EXPECT_THAT(restorable_state(source()), ::testing::UnorderedElementsAreArray(before));
  EXPECT_FALSE(std::filesystem::exists(migration_->export_directory() / "export/metainfo"));
}

TEST_F(FallForward, EndForgetsADatabaseThatIsGoneForGoodAndNamesIt) {
  execute(source(), "CREATE TABLE t (id int PRIMARY KEY); INSERT INTO t VALUES (1)");
  move_schemas();
  start_source_and_target();
  start_replica();
  wait_until_streaming(*replica_importer_, "source-replica");
  for (Child* child : {&*exporter_, &*importer_, &*replica_importer_}) {
    child->signal(SIGTERM);
    child->wait(20s);
  }
  replica_server_->stop();
  Words forgetting = end_migration;
  forgetting.insert(forgetting.end(), {"--forget-unreachable", "true"});
  const Finished finished = migration_->command(forgetting);
  EXPECT_THAT(finished.output + finished.errors, HasSubstr("not cleaned up in: source-replica"));
  EXPECT_EQ(left_behind(source()), "");
  EXPECT_EQ(left_behind(target()), "");
  EXPECT_FALSE(std::filesystem::exists(migration_->export_directory() / "export/metainfo"));
  replica_server_->start();
  EXPECT_NE(left_behind(replica()), "");
}

}  // namespace
}  // namespace voyager::testing
