// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <iostream>
#include <random>
#include <thread>

#include "scenarios/story.hpp"
#include "support/workload.hpp"

namespace voyager::testing {
namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

constexpr int killed = 128 + SIGKILL;

/// Runs a command again, as a user would, as often as it was killed.
class Persistent {
 public:
  explicit Persistent(std::function<Child()> start)
      : start_(std::move(start)), child_(std::make_unique<Child>(start_())) {}

  Child& child() { return *child_; }
  void kill() {
    child_->kill();
    child_->wait();
    ++kills_;
    child_ = std::make_unique<Child>(start_());
  }
  /// False while it runs. Throws: std::runtime_error when it failed by itself.
  bool done() {
    if (child_->running()) {
      return false;
    }
    const int code = child_->wait();
    if (code == killed) {
      ++kills_;
      child_ = std::make_unique<Child>(start_());
      return false;
    }
    if (code != 0) {
      throw std::runtime_error("ended with " + std::to_string(code) + ": " + child_->output() +
                               child_->errors());
    }
    return true;
  }
  int kills() const { return kills_; }

 private:
  std::function<Child()> start_;
  std::unique_ptr<Child> child_;
  int kills_ = 0;
};

/// A migration of the shop under load in which either process is killed at random moments.
class KilledShop {
 public:
  explicit KilledShop(unsigned seed);

  /// Snapshot, changes and the cutover to the target.
  void go_forth(bool prepare_for_fall_back);
  /// The target's changes, and the cutover to the source.
  void go_back(bool restart);
  /// The source's changes once more, and the cutover to the target.
  void go_forth_again();
  /// Both processes have ended by themselves; nothing is left of the migration.
  void end();

 private:
  bool toss() { return random_() % 2 == 0; }
  void some_time(int most_millis);
  void work(const engine::Endpoint& endpoint, const std::function<void()>& meanwhile);
  void start_processes();
  void kill_one() { (toss() ? *source_side_ : *target_side_).kill(); }
  void kill_while_streaming(int times);
  void kill_in_cutover();
  void wait_for_cutover(const std::string& direction);
  void wait_for_ends();
  void require_in_time(Clock::time_point end);
  void expect_equal(const std::string& when);

  std::mt19937 random_;
  TwoServers servers_;
  Migration migration_{servers_.source(), servers_.target()};
  std::vector<std::string> before_;
  bool way_back_is_open_ = false;  ///< each process has another name too
  std::optional<Persistent> source_side_;
  std::optional<Persistent> target_side_;
};

KilledShop::KilledShop(unsigned seed) : random_(seed) {
  create_shop(servers_.source(), 4000);
  before_ = restorable_state(servers_.source());
  migration_.move_schema();
}

void KilledShop::some_time(int most_millis) {
  std::this_thread::sleep_for(
      std::chrono::milliseconds(std::uniform_int_distribution(0, most_millis)(random_)));
}

void KilledShop::work(const engine::Endpoint& endpoint, const std::function<void()>& meanwhile) {
  WorkloadOptions options;
  options.connection = connection_string(endpoint);
  options.seed = random_();
  options.rows_per_second = 1500;
  Workload workload(options);
  meanwhile();
  for (const std::string& error : workload.stop().errors)
    ADD_FAILURE() << "an application was disturbed: " << error;
}

void KilledShop::start_processes() {
  source_side_.emplace([this] {
    return way_back_is_open_ && toss() ? migration_.start_import_to_source()
                                       : migration_.start_export();
  });
  some_time(700);
  target_side_.emplace([this] {
    return way_back_is_open_ && toss() ? migration_.start_export_from_target()
                                       : migration_.start_import();
  });
}

void KilledShop::kill_while_streaming(int times) {
  for (int i = 0; i < times; ++i) {
    some_time(1500);
    kill_one();
  }
  some_time(1500);
}

void KilledShop::kill_in_cutover() {
  for (int i = 0; i < 2; ++i) {
    some_time(500);
    if (source_side_->child().running() && target_side_->child().running()) kill_one();
  }
}

void KilledShop::require_in_time(Clock::time_point end) {
  if (Clock::now() < end) return;
  throw std::runtime_error(source_side_->child().output() + target_side_->child().output());
}

void KilledShop::wait_for_cutover(const std::string& direction) {
  const auto end = Clock::now() + 180s;
  for (std::string last; last.find("COMPLETED") == std::string::npos;) {
    require_in_time(end);
    source_side_->done();
    target_side_->done();
    last = migration_.cutover_row(direction);
  }
}

void KilledShop::wait_for_ends() {
  const auto end = Clock::now() + 180s;
  for (bool ended = false; !ended; std::this_thread::sleep_for(50ms)) {
    require_in_time(end);
    ended = source_side_->done();
    ended = target_side_->done() && ended;
  }
}

void KilledShop::expect_equal(const std::string& when) {
  for (const std::string& line : differences(servers_.source(), servers_.target()))
    ADD_FAILURE() << when << ": " << line;
  migration_.expect_verified();
}

void KilledShop::go_forth(bool prepare_for_fall_back) {
  work(servers_.source(), [this] {
    start_processes();
    kill_while_streaming(4);
  });
  migration_.initiate_cutover(prepare_for_fall_back);
  kill_in_cutover();
  wait_for_cutover("source → target");
  way_back_is_open_ = prepare_for_fall_back;
  migration_.command({"import", "schema", "--post-snapshot-import", "true", "--yes"});
  expect_equal("after the cutover to the target");
}

void KilledShop::go_back(bool restart) {
  work(servers_.target(), [this] { kill_while_streaming(3); });
  migration_.initiate_cutover_to(
      "source", {"--restart-data-migration-source-target", restart ? "true" : "false"});
  kill_in_cutover();
  wait_for_cutover("target → source");
  expect_equal("after the cutover to the source");
}

void KilledShop::go_forth_again() {
  work(servers_.source(), [this] { kill_while_streaming(2); });
  migration_.initiate_cutover(false);
  kill_in_cutover();
  wait_for_ends();
  expect_equal("after the second cutover to the target");
}

void KilledShop::end() {
  wait_for_ends();
  migration_.end();
  EXPECT_THAT(restorable_state(servers_.source()), ::testing::UnorderedElementsAreArray(before_));
  EXPECT_EQ(left_behind(servers_.source()), "");
  EXPECT_EQ(left_behind(servers_.target()), "");
}

unsigned from_environment(const char* name, unsigned otherwise) {
  const char* value = std::getenv(name);
  return value == nullptr ? otherwise : static_cast<unsigned>(std::stoul(value));
}

/// VOYAGER_SEED is the first seed, VOYAGER_ROUNDS how many follow each other.
void in_rounds(unsigned rounds, const std::function<void(unsigned seed)>& live) {
  const unsigned first = from_environment("VOYAGER_SEED", std::random_device()());
  rounds = from_environment("VOYAGER_ROUNDS", rounds);
  for (unsigned seed = first; seed != first + rounds; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    std::cout << "seed " << seed << std::endl;
    live(seed);
  }
}

TEST(KillLoop, AnyMomentOfAMigrationSurvivesTheLossOfEitherProcess) {
  VOYAGER_REQUIRE_TARGET();
  in_rounds(3, [](unsigned seed) {
    KilledShop shop(seed);
    shop.go_forth(false);
    shop.end();
  });
}

TEST(KillLoop, AnyMomentOfTheWayBackSurvivesTheLossOfEitherProcess) {
  VOYAGER_REQUIRE_TARGET();
  in_rounds(2, [](unsigned seed) {
    KilledShop shop(seed);
    shop.go_forth(true);
    const bool restart = seed % 2 == 0;
    shop.go_back(restart);
    if (restart) shop.go_forth_again();
    shop.end();
  });
}

}  // namespace
}  // namespace voyager::testing
