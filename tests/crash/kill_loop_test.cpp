// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <fstream>
#include <functional>
#include <random>
#include <regex>
#include <set>
#include <thread>

#include "scenarios/story.hpp"
#include "support/workload.hpp"

namespace voyager::testing {
namespace {

using namespace std::chrono_literals;

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

void wait_until_done(Persistent& exporter, Persistent& importer) {
  const auto end = std::chrono::steady_clock::now() + 180s;
  while (!(static_cast<int>(exporter.done()) & static_cast<int>(importer.done()))) {
    ASSERT_LT(std::chrono::steady_clock::now(), end)
        << exporter.child().output() << importer.child().output();
    std::this_thread::sleep_for(50ms);
  }
}

void expect_equal_and_end(Migration& migration, const TwoServers& servers) {
  migration.command({"import", "schema", "--post-snapshot-import", "true", "--yes"});
  for (const std::string& line : differences(servers.source(), servers.target())) {
    ADD_FAILURE() << line;
  }
  migration.expect_verified();
  migration.end();
}

/// One migration of the shop under load in which either process is killed at random moments of
/// every phase.
void live_through_kills(unsigned seed) {
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937 random(seed);
  const auto some_time = [&](int most) {
    std::this_thread::sleep_for(
        std::chrono::milliseconds(std::uniform_int_distribution(0, most)(random)));
  };
  TwoServers servers;
  create_shop(servers.source(), 4000);
  Migration migration(servers.source(), servers.target());
  WorkloadOptions options;
  options.connection = connection_string(servers.source());
  options.seed = seed;
  options.rows_per_second = 1500;
  Workload workload(options);
  migration.move_schema();
  Persistent exporter([&] { return migration.start_export(); });
  some_time(700);
  Persistent importer([&] { return migration.start_import(); });
  const auto kill_one = [&] { (random() % 2 == 0 ? exporter : importer).kill(); };
  for (int i = 0; i < 4; ++i) {
    some_time(1500);
    kill_one();
  }
  some_time(1500);
  for (const std::string& error : workload.stop().errors) {
    ADD_FAILURE() << "an application was disturbed: " << error;
  }
  migration.initiate_cutover();
  for (int i = 0; i < 2; ++i) {
    some_time(500);
    if (exporter.child().running() && importer.child().running()) {
      kill_one();
    }
  }
  wait_until_done(exporter, importer);
  expect_equal_and_end(migration, servers);
}

TEST(KillLoop, AnyMomentOfAMigrationSurvivesTheLossOfEitherProcess) {
  VOYAGER_REQUIRE_TARGET();
  const char* chosen = std::getenv("VOYAGER_SEED");
  const unsigned first =
      chosen == nullptr ? std::random_device()() : static_cast<unsigned>(std::stoul(chosen));
  for (unsigned round = 0; round < 3; ++round) {
    live_through_kills(first + round);
  }
}

/// Every failpoint of the two long-running commands that stands in the sources.
std::set<std::string> failpoints() {
  std::set<std::string> names;
  const std::regex call("VOYAGER_FAILPOINT\\(\"([a-z_.]+)\"\\)");
  for (const auto& entry : std::filesystem::recursive_directory_iterator(VOYAGER_SOURCES)) {
    if (entry.path().extension() != ".cpp") {
      continue;
    }
    const std::string text = file_text(entry.path());
    for (std::sregex_iterator match(text.begin(), text.end(), call), none; match != none; ++match) {
      names.insert((*match)[1]);
    }
  }
  return names;
}

/// A small migration in which each process is killed the `pass`-th time it comes by the failpoint.
/// Returns the kills.
int live_through_failpoint(const std::string& name, int pass) {
  SCOPED_TRACE(name + ":" + std::to_string(pass));
  TwoServers servers;
  execute(servers.source(),
          "CREATE TABLE t (id int PRIMARY KEY, v text); CREATE TABLE bag (v int);"
          "INSERT INTO t SELECT i, 'v' FROM generate_series(1, 2000) i; INSERT INTO bag SELECT i / "
          "2 FROM "
          "generate_series(1, 500) i");
  Migration migration(servers.source(), servers.target());
  migration.move_schema();
  migration.set_environment("VOYAGER_FAILPOINT", name + ":" + std::to_string(pass));
  bool armed = true;
  const auto disarmed_after_kill = [&](const std::function<Child()>& start) {
    return [&migration, &armed, start, first = true]() mutable {
      if (!first && armed) {
        migration.set_environment("VOYAGER_FAILPOINT", "");
        armed = false;
      }
      first = false;
      return start();
    };
  };
  Persistent exporter(disarmed_after_kill([&] { return migration.start_export(); }));
  Persistent importer(disarmed_after_kill([&] { return migration.start_import(); }));
  for (int i = 0; i < 5; ++i) {
    std::this_thread::sleep_for(300ms);
    static_cast<void>(exporter.done());
    static_cast<void>(importer.done());
    execute(servers.source(), "UPDATE t SET v = v || 'x' WHERE id % 7 = " + std::to_string(i) +
                                  "; INSERT INTO bag VALUES (" + std::to_string(i) + ")");
    execute(servers.source(), "BEGIN; DELETE FROM t WHERE id = " + std::to_string(i + 10) +
                                  "; INSERT INTO t VALUES (-" + std::to_string(i + 1) +
                                  "); COMMIT");
  }
  migration.set_environment("VOYAGER_FAILPOINT", "");
  migration.initiate_cutover();
  wait_until_done(exporter, importer);
  expect_equal_and_end(migration, servers);
  return exporter.kills() + importer.kills();
}

TEST(Failpoints, EveryOneIsSurvived) {
  VOYAGER_REQUIRE_TARGET();
  int kills = 0;
  for (const std::string& name : failpoints()) {
    kills += live_through_failpoint(name, 1);
  }
  EXPECT_GT(kills, 0) << "the program under test was built without failpoints";
}

}  // namespace
}  // namespace voyager::testing
