// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <nlohmann/json.hpp>

#include "base/file.hpp"
#include "scenarios/story.hpp"

namespace voyager::testing {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

ClusterOptions counting() {
  ClusterOptions options;
  options.settings = {{"shared_preload_libraries", "pg_stat_statements"}};
  return options;
}

/// Two servers that count statements, and a shop on both.
class ComparePerformance : public ::testing::Test {
 protected:
  void SetUp() override {
    VOYAGER_REQUIRE_POSTGRES();
    VOYAGER_REQUIRE_TARGET();
    source_ = std::make_unique<PgCluster>(counting());
    target_ = std::make_unique<TargetServer>(counting());
    source_->create_database("shop");
    target_->create_database("shop");
    for (const engine::Endpoint& endpoint : {source_->endpoint("shop"), target_->endpoint("shop")})
      run_script(endpoint,
                 "CREATE EXTENSION IF NOT EXISTS pg_stat_statements;"
                 "CREATE TABLE orders (id int PRIMARY KEY, customer int, total numeric);"
                 "INSERT INTO orders SELECT n, n % 10, n FROM generate_series(1, 1000) n;"
                 "ANALYZE orders");
    migration_ = std::make_unique<Migration>(source_->endpoint("shop"), target_->endpoint("shop"));
  }
  void assess() {
    migration_->command(
        {"assess-migration", "--iops-capture-interval", "0", "--start-clean", "true", "--yes"});
  }
  fs::path report(const char* format) const {
    return migration_->export_directory() / "export/reports" /
           (std::string("performance_comparison_report.") + format);
  }
  nlohmann::json json_report() const { return nlohmann::json::parse(read_file(report("json"))); }

  std::unique_ptr<PgCluster> source_;
  std::unique_ptr<TargetServer> target_;
  std::unique_ptr<Migration> migration_;
};

/// The only statement of the report whose text holds this.
nlohmann::json statement(const nlohmann::json& report, const std::string& part) {
  std::vector<nlohmann::json> found;
  for (const auto& query : report["AllComparisons"])
    if (query["Query"].get<std::string>().find(part) != std::string::npos) found.push_back(query);
  EXPECT_EQ(found.size(), 1U) << part << report["AllComparisons"].dump(2);
  return found.empty() ? nlohmann::json() : found.front();
}

TEST_F(ComparePerformance, FindsWhatIsSlowerOnTheTarget) {
  for (const char* id : {"1", "2", "3"})
    source_->execute("shop", std::string("SELECT total FROM orders WHERE id = ") + id);
  source_->execute("shop", "SELECT count(*) FROM orders WHERE customer > 3");
  assess();
  target_->execute("shop", "select  total\nfrom orders where id = 17 /* app */");
  target_->execute("shop", "SELECT max(total) FROM orders");

  const Finished finished = migration_->command({"compare-performance"});
  EXPECT_THAT(finished.output, HasSubstr("performance_comparison_report.html"));
  EXPECT_EQ(read_file(report("html")).rfind("<!DOCTYPE html>", 0), 0U);
  const nlohmann::json found = json_report();
  EXPECT_EQ(found["Summary"]["SourceDBName"], "shop");
  EXPECT_EQ(found["Summary"]["SourceDBVersion"], source_->value("shop", "SHOW server_version"));
  EXPECT_EQ(found["Summary"]["TargetDBVersion"], target_->value("shop", "SHOW server_version"));
  const nlohmann::json by_key = statement(found, "total FROM orders WHERE id");
  EXPECT_EQ(by_key["MatchStatus"], "MATCHED");
  EXPECT_EQ(by_key["SourceStats"]["ExecutionCount"], 3);
  EXPECT_EQ(by_key["SourceStats"]["RowsProcessed"], 3);
  EXPECT_EQ(by_key["TargetStats"]["ExecutionCount"], 1);
  EXPECT_EQ(statement(found, "count(*)")["MatchStatus"], "SOURCE_ONLY");
  EXPECT_EQ(statement(found, "max(total)")["MatchStatus"], "TARGET_ONLY");
}

TEST_F(ComparePerformance, ReplacesItsReportWhenItIsToldTo) {
  assess();
  migration_->command({"compare-performance"});
  const Finished refused = migration_->try_command({"compare-performance"});
  EXPECT_NE(refused.exit_code, 0);
  EXPECT_THAT(refused.errors, HasSubstr("E4504"));
  target_->execute("shop", "SELECT min(total) FROM orders");
  migration_->command({"compare-performance", "--start-clean", "true"});
  EXPECT_EQ(statement(json_report(), "min(total)")["MatchStatus"], "TARGET_ONLY");
}

TEST_F(ComparePerformance, NeedsStatementsThatWereCountedOnBothSides) {
  EXPECT_THAT(migration_->try_command({"compare-performance"}).errors, HasSubstr("E4501"));
  source_->execute("shop", "DROP EXTENSION pg_stat_statements");
  assess();
  EXPECT_THAT(migration_->try_command({"compare-performance"}).errors, HasSubstr("E4502"));
  source_->execute("shop", "CREATE EXTENSION pg_stat_statements");
  assess();
  target_->execute("shop", "DROP EXTENSION pg_stat_statements");
  const Finished refused = migration_->try_command({"compare-performance"});
  EXPECT_EQ(refused.exit_code, 1);
  EXPECT_THAT(refused.errors, HasSubstr("E4503"));
  EXPECT_FALSE(fs::exists(report("json")));
}

}  // namespace
}  // namespace voyager::testing
