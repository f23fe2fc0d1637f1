// SPDX-License-Identifier: Apache-2.0
#include "support/workload.hpp"

#include <gtest/gtest.h>

#include <thread>

#include "support/pg_cluster.hpp"

namespace voyager::testing {
namespace {

using namespace std::chrono_literals;

TEST(Workload, WritesEveryKindOfChangeWithoutAnError) {
  VOYAGER_REQUIRE_POSTGRES();
  const PgCluster cluster;
  create_shop(cluster.endpoint(), 500);
  cluster.execute("postgres", "SELECT pg_create_logical_replication_slot('s', 'test_decoding')");
  WorkloadOptions options;
  options.connection = connection_string(cluster.endpoint());
  Workload workload(options);
  for (int i = 0; i < 300 && workload.totals().transactions < 1500; ++i) {
    std::this_thread::sleep_for(100ms);
  }
  const WorkloadTotals totals = workload.stop();
  EXPECT_GE(totals.transactions, 1500);
  EXPECT_GT(totals.rows, totals.transactions);
  EXPECT_GT(totals.rolled_back, 0);
  for (const std::string& error : totals.errors) {
    ADD_FAILURE() << error;
  }
  const Rows kinds = cluster.query("postgres",
                                   "SELECT count(*) FILTER (WHERE data LIKE '%INSERT:%'), count(*) "
                                   "FILTER (WHERE data LIKE '%UPDATE:%'),"
                                   " count(*) FILTER (WHERE data LIKE '%DELETE:%'), count(*) "
                                   "FILTER (WHERE data LIKE '%old-key:%'),"
                                   " count(*) FILTER (WHERE data LIKE '%unchanged-toast-datum%')"
                                   " FROM pg_logical_slot_get_changes('s', NULL, NULL)");
  for (const auto& count : kinds.at(0)) {
    EXPECT_GT(std::stoll(count.value_or("0")), 0);
  }
}

}  // namespace
}  // namespace voyager::testing
