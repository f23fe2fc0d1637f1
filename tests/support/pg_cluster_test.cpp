// SPDX-License-Identifier: Apache-2.0
#include "support/pg_cluster.hpp"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <thread>

namespace voyager::testing {
namespace {

using namespace std::chrono_literals;

TEST(PgCluster, RunsSqlAndDecodesLogically) {
  VOYAGER_REQUIRE_POSTGRES();
  const PgCluster cluster;
  cluster.create_database("Shop \"1\"");
  cluster.execute("Shop \"1\"", "CREATE TABLE t (a int, b text); INSERT INTO t VALUES (1, NULL)");
  const Rows rows = cluster.query("Shop \"1\"", "SELECT a, b FROM t");
  ASSERT_EQ(rows.size(), 1U);
  EXPECT_EQ(rows[0][0], "1");
  EXPECT_EQ(rows[0][1], std::nullopt);
  EXPECT_EQ(cluster.value("postgres", "SHOW wal_level"), "logical");
}

TEST(PgCluster, KeepsCommittedRowsOverACrash) {
  VOYAGER_REQUIRE_POSTGRES();
  PgCluster cluster;
  cluster.execute("postgres", "CREATE TABLE t (a int); INSERT INTO t VALUES (1)");
  cluster.stop_immediately();
  EXPECT_THROW(cluster.execute("postgres", "SELECT 1"), std::runtime_error);
  cluster.start();
  EXPECT_EQ(cluster.value("postgres", "SELECT count(*) FROM t"), "1");
}

TEST(PgCluster, AsksForAPasswordWhenToldTo) {
  VOYAGER_REQUIRE_POSTGRES();
  ClusterOptions options;
  options.tcp = true;
  options.password = "s3cret 'x";
  const PgCluster cluster(options);
  execute(cluster.tcp_endpoint(), "SELECT 1");
  engine::Endpoint wrong = cluster.tcp_endpoint();
  wrong.password = Secret("wrong");
  EXPECT_THROW(execute(wrong, "SELECT 1"), std::runtime_error);
}

TEST(PgCluster, LeavesNothingBehind) {
  VOYAGER_REQUIRE_POSTGRES();
  std::filesystem::path directory;
  {
    const PgCluster cluster;
    directory = cluster.directory();
    EXPECT_TRUE(std::filesystem::exists(directory));
  }
  EXPECT_FALSE(std::filesystem::exists(directory));
}

TEST(PgCluster, IsStoppedWhenItsTestIsKilled) {
  VOYAGER_REQUIRE_POSTGRES();
  std::array<int, 2> ends{};
  ASSERT_EQ(pipe(ends.data()), 0);
  const pid_t test = fork();
  if (test == 0) {
    const PgCluster cluster;
    const std::string path = cluster.socket_directory();
    static_cast<void>(!write(ends[1], path.data(), path.size()));
    pause();
    _exit(0);
  }
  std::array<char, 100> text{};
  const ssize_t length = read(ends[0], text.data(), text.size());
  ASSERT_GT(length, 0);
  const std::filesystem::path directory(std::string(text.data(), static_cast<std::size_t>(length)));
  kill(test, SIGKILL);
  waitpid(test, nullptr, 0);
  for (int i = 0; i < 200 && std::filesystem::exists(directory); ++i) {
    std::this_thread::sleep_for(50ms);
  }
  EXPECT_FALSE(std::filesystem::exists(directory));
}

}  // namespace
}  // namespace voyager::testing
