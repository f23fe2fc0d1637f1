// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <chrono>
#include <csignal>
#include <thread>

#include "scenarios/fall_back.hpp"

namespace voyager::testing {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;

std::size_t lines_in(const std::string& text) {
  return static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n'));
}

/// One line with the number of the error, and a failure.
void expect_refused(const Finished& finished, const std::string& code) {
  EXPECT_NE(finished.exit_code, 0);
  EXPECT_THAT(finished.errors, HasSubstr("yb-voyager: " + code + " "));
  EXPECT_EQ(lines_in(finished.errors), 1U) << finished.errors;
}

class FallBackInWrongOrder : public FallBack {
 protected:
  const std::string setup_ =
      "CREATE TABLE t (id int PRIMARY KEY, v text); INSERT INTO t SELECT i, 'v' FROM "
      "generate_series(1, 100) i;";

  Finished run(const Words& words) { return migration_->try_command(words); }
  Finished initiate(const std::string& place, const Words& more = {}) {
    Words words = {"initiate", "cutover", "to", place, "--yes"};
    words.insert(words.end(), more.begin(), more.end());
    return run(words);
  }
  void drop_slot_of_target() {
    const std::string slots = "FROM pg_replication_slots WHERE database = 'shop'";
    wait_for_value(target(), "SELECT count(*) " + slots + " AND NOT active", "1");
    execute(target(), "SELECT pg_drop_replication_slot(slot_name) " + slots);
  }
  static inline const Words export_from_target = {"export", "data", "from", "target", "--yes"};
  static inline const Words import_to_source = {"import", "data", "to", "source", "--yes"};
};

TEST_F(FallBackInWrongOrder, EveryCommandBeforeOrAfterItsTimeSaysSo) {
  prepare(setup_);
  const auto expect_too_early = [&](const std::string& code) {
    expect_refused(initiate("source"), "E7001");
    expect_refused(initiate("source-replica"), "E7001");
    expect_refused(run(import_to_source), code);
    expect_refused(run(export_from_target), code);
  };
  expect_too_early("E7002");
  expect_refused(initiate("target", {"--prepare-for-fall-back", "true"}), "E7001");
  start();
  wait_until(
      [&] {
        const Finished seen = initiate("target");
        expect_refused(seen, "E7001");
        return seen.errors.find("--prepare-for-fall-back is missing") != std::string::npos;
      },
      "the flag is asked for");
  expect_refused(initiate("target", {"--prepare-for-fall-back", "perhaps"}), "E1002");
  expect_too_early("E7011");

  target_side_->signal(SIGSTOP);
  migration_->initiate_cutover(true);
  std::this_thread::sleep_for(1s);
  expect_too_early("E7011");
  EXPECT_THAT(cutovers()[0]["status"], "INITIATED");
  target_side_->signal(SIGCONT);
  migration_->wait_for_cutover("source → target", processes());

  EXPECT_THAT(initiate("target", {"--prepare-for-fall-back", "true"}).output,
              HasSubstr("requested already"));
  const Finished elsewhere = initiate("source-replica");
  expect_refused(elsewhere, "E7001");
  EXPECT_THAT(elsewhere.errors, HasSubstr("use initiate cutover to source"));
  Migration::wait_for_line(*source_side_, "streaming changes to the source");
  expect_refused(run(import_to_source), "E2010");
  expect_refused(run(export_from_target), "E2010");
  expect_refused(run(end_migration_words()), "E7102");
  to_source_for_good();
  EXPECT_THAT(initiate("source").output, HasSubstr("requested already"));
  for (const Words& over : {import_to_source, export_from_target}) {
    const Finished finished = run(over);
    EXPECT_EQ(finished.exit_code, 0) << finished.errors;
    EXPECT_THAT(finished.output, HasSubstr("nothing"));
  }
  expect_equal("on the source again");
  expect_nothing_left();
}

TEST_F(FallBackInWrongOrder, WithoutFallBackThereIsNoWayBack) {
  begin(setup_);
  migration_->initiate_cutover(false);
  migration_->finish_cutover(*source_side_, *target_side_);
  expect_refused(initiate("source"), "E7001");
  expect_refused(run(import_to_source), "E7011");
  expect_refused(run(export_from_target), "E7011");
  expect_nothing_left();
}

TEST_F(FallBackInWrongOrder, ASlotThatSomebodyDroppedIsNoSilentLoss) {
  begin(setup_);
  to_target();
  run_script(target(), "INSERT INTO t VALUES (1000, 'kept')");
  wait_for_value(source(), "SELECT count(*) FROM t WHERE id = 1000", "1");
  kill_process(*target_side_);
  drop_slot_of_target();
  run_script(target(), "INSERT INTO t VALUES (1001, 'lost')");
  for (const Words& name : {export_from_target, Words{"import", "data", "to", "target", "--yes"}}) {
    const Finished finished = run(name);
    expect_refused(finished, "E5012");
    EXPECT_THAT(finished.errors, HasSubstr("on the target is gone"));
  }
  EXPECT_TRUE(source_side_->running());
  EXPECT_EQ(cutovers()[1]["status"], "NOT_INITIATED");
  migration_->initiate_cutover_to("source");
  expect_refused(run(export_from_target), "E5012");
  EXPECT_EQ(cutovers()[1]["status"], "INITIATED");
  kill_process(*source_side_);
  expect_nothing_left();
}

TEST_F(FallBackInWrongOrder, ASlotDroppedBeforeLateCommitsAreKnownIsToldAndEndsTheCutover) {
  begin(setup_);
  to_target();
  run_script(target(), "INSERT INTO t VALUES (1000, 'kept')");
  source_side_->signal(SIGSTOP);
  migration_->initiate_cutover_to("source");
  Migration::wait_for_line(*target_side_, "waiting for import data to source to apply");
  kill_process(*target_side_);
  run_script(target(), "INSERT INTO t VALUES (1001, 'late')");
  drop_slot_of_target();
  source_side_->signal(SIGCONT);
  EXPECT_EQ(source_side_->wait(), 0) << source_side_->errors();
  EXPECT_EQ(value(source(), "SELECT count(*) FROM t WHERE id = 1000"), "1");
  const Finished finished = run(export_from_target);
  EXPECT_EQ(finished.exit_code, 0) << finished.errors;
  EXPECT_THAT(finished.output + finished.errors, HasSubstr("AFTER the barrier can't be told"));
  EXPECT_EQ(cutovers()[1]["status"], "COMPLETED");
  expect_nothing_left();
}

}  // namespace
}  // namespace voyager::testing
