// SPDX-License-Identifier: Apache-2.0
#include "cli/adaptive_jobs.hpp"

#include <thread>

#include "pg_target_support.hpp"
#include "support/recording_status.hpp"
#include "support/standin.hpp"

namespace voyager::testing {
namespace {

using namespace std::chrono_literals;
using cli::AdaptiveJobs;
using cli::Parallelism;

class AdaptiveJobsOnYugabyte : public ::testing::Test {
 public:
  static void SetUpTestSuite() {
    if (!TargetServer::available()) return;
    target_ = std::make_unique<TargetServer>();
    if (target_->real()) return;
    target_->create_database("shop");
  }
  static void TearDownTestSuite() { target_.reset(); }

 protected:
  void SetUp() override {
    VOYAGER_REQUIRE_TARGET();
    if (target_->real()) GTEST_SKIP() << "sets the stand-in's figures";
    figures("uuid-1", R"({"cpu_usage_user": "0.10", "cpu_usage_system": "0.05"})");
    engine_ = postgres::make_target_engine(target_->endpoint("shop"), migration);
  }
  /// Adds these to what the server says; `status`: of its answer.
  static void figures(const std::string& uuid, const std::string& figures,
                      const std::string& status = "OK") {
    target_->execute("shop", "UPDATE pg_catalog.yb_shim_metrics SET status = '" + status +
                                 "', metrics = metrics || '" + figures + "' WHERE uuid = '" + uuid +
                                 "'");
  }
  static Parallelism between(int jobs, int most) {
    return {jobs, cli::load_limits("balanced"), most};
  }
  static bool falls_to(const JobLimit& limit, int jobs) {
    const auto end = std::chrono::steady_clock::now() + 20s;
    while (limit.now() != jobs && std::chrono::steady_clock::now() < end)
      std::this_thread::sleep_for(1ms);
    return limit.now() == jobs;
  }

  inline static std::unique_ptr<TargetServer> target_;
  std::unique_ptr<engine::TargetEngine> engine_;
  RecordingStatus status_;
};

TEST_F(AdaptiveJobsOnYugabyte, TheServersSayWhatTheyAreDoing) {
  figures("uuid-1", R"({"cpu_usage_user": "0.60", "memory_available": "0"})");
  figures("uuid-2", R"({"tserver_root_memory_consumption": "3400000001"})");
  figures("uuid-3", "{}", "timed out");
  const std::vector<engine::ServerLoad> servers = engine_->load_meter()->read();
  figures("uuid-1", R"({"memory_available": "8000000000"})");
  figures("uuid-2", R"({"tserver_root_memory_consumption": "500000000"})");
  figures("uuid-3", "{}");
  ASSERT_EQ(servers.size(), 2U) << "the third did not answer";
  EXPECT_EQ(servers[0].server, "127.0.0.1");
  EXPECT_NEAR(servers[0].cpu_percent, 65, 0.01);
  EXPECT_FALSE(servers[0].available_memory_percent);
  EXPECT_FALSE(servers[0].over_memory_limit);
  EXPECT_NEAR(servers[1].cpu_percent, 15, 0.01);
  EXPECT_NEAR(servers[1].available_memory_percent.value_or(0), 50, 0.01);
  EXPECT_TRUE(servers[1].over_memory_limit);
}

TEST_F(AdaptiveJobsOnYugabyte, ConnectionsFollowTheServersLoad) {
  const AdaptiveJobs jobs(*engine_, between(1, 4), status_, 5ms);
  const JobLimit limit = jobs.limit();
  EXPECT_EQ(limit.most(), 4);
  EXPECT_TRUE(limit.wait(3, {})) << "one more at a time, up to the most";
  figures("uuid-1", R"({"cpu_usage_user": "0.90"})");
  EXPECT_TRUE(falls_to(limit, 1));
  figures("uuid-1", R"({"cpu_usage_user": "0.10"})");
  EXPECT_TRUE(limit.wait(1, {}));
  EXPECT_EQ(status_.lines(),
            (std::vector<std::string>{"adaptive parallelism: 2 connections write, one more"}))
      << "at most a line a minute";
}

TEST_F(AdaptiveJobsOnYugabyte, FiguresThatCannotBeReadChangeNothing) {
  target_->execute("shop", "ALTER TABLE pg_catalog.yb_shim_metrics RENAME TO away");
  {
    const AdaptiveJobs jobs(*engine_, between(1, 4), status_, 1ms);
    target_->execute("shop", "SELECT pg_sleep(0.05)");
    EXPECT_EQ(jobs.limit().now(), 1);
    target_->execute("shop", "ALTER TABLE pg_catalog.away RENAME TO yb_shim_metrics");
    EXPECT_TRUE(jobs.limit().wait(3, {})) << "until they can be read";
  }
}

TEST_F(AdaptiveJobsOnYugabyte, WithoutABoundThereIsAConnectionForEachCore) {
  const int usual = engine_->default_parallel_jobs();
  const AdaptiveJobs jobs(*engine_, between(0, 0), status_, 1h);
  EXPECT_EQ(jobs.limit().now(), usual);
  EXPECT_EQ(jobs.limit().most(), 4 * usual);
}

TEST_F(AdaptiveJobsOnYugabyte, AReleaseWithoutFiguresKeepsTheNumber) {
  target_->create_database("old");
  target_->execute("old",
                   "SET allow_system_table_mods = on; "
                   "DROP FUNCTION pg_catalog.yb_servers_metrics()");
  const auto old = postgres::make_target_engine(target_->endpoint("old"), migration);
  EXPECT_EQ(old->load_meter(), nullptr);
  const AdaptiveJobs jobs(*old, between(2, 8), status_, 1ms);
  EXPECT_EQ(jobs.limit().most(), 2);
}

class AdaptiveJobsOnPostgres : public PgTarget {};

TEST_F(AdaptiveJobsOnPostgres, TheNumberStays) {
  RecordingStatus status;
  EXPECT_EQ(engine_->load_meter(), nullptr);
  const AdaptiveJobs jobs(*engine_, {0, cli::load_limits("balanced"), 0}, status, 1ms);
  EXPECT_EQ(jobs.limit().now(), engine_->default_parallel_jobs());
  EXPECT_EQ(jobs.limit().most(), jobs.limit().now());
  EXPECT_GE(jobs.limit().now(), 2) << "half of the machine's cores, at least two";
}

}  // namespace
}  // namespace voyager::testing
