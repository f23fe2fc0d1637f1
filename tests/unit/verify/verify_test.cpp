// SPDX-License-Identifier: Apache-2.0
#include "verify/verify.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>
#include <stdexcept>

#include "base/error.hpp"
#include "base/mutex.hpp"
#include "support/recording_status.hpp"

namespace voyager::verify {
namespace {

using engine::RowHasher;

/// A database whose rows are key and value pairs by table; a key's bucket is its number. Threads:
/// any.
class FakeDatabase : public engine::TargetEngine {
 public:
  std::map<std::string, std::map<int, std::string>> tables;
  /// What the next call throws.
  std::optional<Error> trouble;
  /// Runs before rows() answers, with how often it was called.
  std::function<void(int)> before_rows = [](int) {};

  std::set<std::uint32_t> buckets_read;
  int hashers_opened = 0;
  std::vector<std::uint32_t> bucket_counts;

  std::unique_ptr<RowHasher> row_hasher() override {
    const MutexLock lock(mutex_);
    ++hashers_opened;
    return std::make_unique<Hasher>(*this);
  }

  std::unique_ptr<engine::CatalogReader> catalog() override { throw unused(); }
  std::unique_ptr<engine::SchemaWriter> schema_writer() override { throw unused(); }
  std::unique_ptr<engine::BulkLoader> bulk_loader() override { throw unused(); }
  std::unique_ptr<engine::ChangeApplier> change_applier(const std::vector<Table>&) override {
    throw unused();
  }
  std::unique_ptr<engine::SessionControl> session_control() override { throw unused(); }
  std::unique_ptr<engine::Ledger> ledger() override { throw unused(); }
  int default_parallel_jobs() override { return 1; }
  void prepare_ledger() override {}

 private:
  static std::logic_error unused() { return std::logic_error("verify does not need this"); }

  class Hasher : public RowHasher {
   public:
    explicit Hasher(FakeDatabase& database) : database_(database) {}

    std::vector<Bucket> buckets(const Table& table, std::uint32_t count) override {
      const MutexLock lock(database_.mutex_);
      database_.throw_if_told();
      database_.bucket_counts.push_back(count);
      std::map<std::uint32_t, Bucket> found;
      for (const auto& [key, value] : database_.tables[table.name.name]) {
        const auto number = static_cast<std::uint32_t>(key) % count;
        Bucket& bucket = found[number];
        bucket.number = number;
        ++bucket.rows;
        bucket.hash += std::to_string(key) + "=" + value + ";";
      }
      std::vector<Bucket> list;
      for (const auto& [number, bucket] : found) list.push_back(bucket);
      return list;
    }

    std::vector<Row> rows(const Table& table, std::uint32_t count,
                          const std::vector<std::uint32_t>& chosen, std::int64_t) override {
      const MutexLock lock(database_.mutex_);
      database_.throw_if_told();
      database_.before_rows(++database_.rows_calls_);
      const std::set<std::uint32_t> wanted(chosen.begin(), chosen.end());
      database_.buckets_read.insert(wanted.begin(), wanted.end());
      std::vector<Row> list;
      for (const auto& [key, value] : database_.tables[table.name.name])
        if (wanted.count(static_cast<std::uint32_t>(key) % count) != 0)
          list.push_back({std::to_string(key), "hash of " + value});
      return list;
    }

   private:
    FakeDatabase& database_;
  };

  void throw_if_told() {
    if (!trouble) return;
    const Error error = *trouble;
    trouble.reset();
    throw error;
  }

  Mutex mutex_;
  int rows_calls_ = 0;
};

Table table(const std::string& name, std::int64_t rows = 100) {
  Table made;
  made.name = {"public", name};
  made.estimated_rows = rows;
  return made;
}

class VerifyTables : public ::testing::Test {
 protected:
  std::vector<TableResult> run(const std::vector<Table>& tables, const std::stop_token& stop = {}) {
    return verify_tables(left_, right_, tables, options_, status_, stop);
  }

  void fill(const std::string& name, int rows) {
    for (int i = 0; i < rows; ++i) left_.tables[name][i] = "v" + std::to_string(i);
    right_.tables[name] = left_.tables[name];
  }

  FakeDatabase left_;
  FakeDatabase right_;
  VerifyOptions options_;
  testing::RecordingStatus status_;
};

TEST_F(VerifyTables, EqualTablesAreProvenByRangesAlone) {
  fill("a", 100);
  fill("b", 7);
  const auto results = run({table("b"), table("a")});
  ASSERT_EQ(results.size(), 2U);
  EXPECT_EQ(results[0].table.name, "b");
  EXPECT_EQ(results[1].left_rows, 100);
  EXPECT_EQ(results[1].right_rows, 100);
  EXPECT_TRUE(results[0].equal() && results[1].equal());
  EXPECT_TRUE(left_.buckets_read.empty());
  EXPECT_EQ(status_.lines().back(), "verify data: 2 tables, 107 rows compared, 0 differences");
}

TEST_F(VerifyTables, NarrowsToTheRowsThatDiffer) {
  fill("a", 100);
  right_.tables["a"].erase(3);
  right_.tables["a"][5] = "other";
  right_.tables["a"][1000] = "new";
  const auto results = run({table("a")});
  EXPECT_EQ(results[0].differences, 3);
  EXPECT_FALSE(results[0].equal());
  EXPECT_EQ(results[0].left_rows, 100);
  EXPECT_EQ(results[0].right_rows, 100);
  std::map<std::string, DifferenceKind> kinds;
  for (const Difference& difference : results[0].listed) kinds[difference.key] = difference.kind;
  EXPECT_EQ(kinds, (std::map<std::string, DifferenceKind>{{"3", DifferenceKind::missing},
                                                          {"5", DifferenceKind::changed},
                                                          {"1000", DifferenceKind::extra}}));
  EXPECT_EQ(left_.buckets_read, (std::set<std::uint32_t>{3, 5, 8}));
  for (const std::string& line : status_.lines())
    EXPECT_EQ(line.find("other"), std::string::npos) << "row data in: " << line;
}

TEST_F(VerifyTables, ListsAtMostTheLimitAndCountsAll) {
  fill("a", 100);
  right_.tables["a"].clear();
  options_.list_limit = 10;
  const auto results = run({table("a")});
  EXPECT_EQ(results[0].differences, 100);
  EXPECT_EQ(results[0].listed.size(), 10U);
  EXPECT_EQ(results[0].right_rows, 0);
}

TEST_F(VerifyTables, CutsFinerWhenTheEstimateWasFarTooLow) {
  fill("a", 200'000);
  right_.tables["a"][77] = "other";
  const auto results = run({table("a", 0)});
  EXPECT_EQ(results[0].differences, 1);
  EXPECT_EQ(left_.bucket_counts, (std::vector<std::uint32_t>{16, 128}));
}

TEST_F(VerifyTables, ARowThatArrivesLaterSettles) {
  fill("a", 100);
  right_.tables["a"].erase(3);
  right_.before_rows = [this](int call) {
    if (call == 2) right_.tables["a"][3] = "v3";
  };
  options_.settle_timeout = std::chrono::seconds(20);
  const auto results = run({table("a")});
  EXPECT_TRUE(results[0].equal());
  EXPECT_EQ(results[0].right_rows, 100);
}

TEST_F(VerifyTables, ARowSeenEqualOnceIsProvenThoughOthersOfItsRangeMove) {
  fill("a", 100);
  right_.tables["a"].erase(3);
  // At the second look row 3 is there, and row 19 of the same range is behind.
  right_.before_rows = [this](int call) {
    if (call != 2) return;
    right_.tables["a"][3] = "v3";
    right_.tables["a"][19] = "behind";
  };
  options_.settle_timeout = std::chrono::seconds(20);
  EXPECT_TRUE(run({table("a")})[0].equal());
}

TEST_F(VerifyTables, ADifferenceThatStaysIsReportedWhenTheTimeIsOver) {
  fill("a", 100);
  right_.tables["a"][3] = "other";
  options_.settle_timeout = std::chrono::seconds(1);
  const auto results = run({table("a")});
  EXPECT_FALSE(results[0].settled);
  EXPECT_EQ(results[0].differences, 1);
}

TEST_F(VerifyTables, ALostConnectionIsReplaced) {
  fill("a", 100);
  right_.trouble = Error({3102}, Action::reconnect, "connection lost");
  EXPECT_TRUE(run({table("a")})[0].equal());
  EXPECT_EQ(right_.hashers_opened, 2);
}

TEST_F(VerifyTables, AnErrorNamesItsTable) {
  fill("a", 100);
  left_.trouble = Error({3103}, Action::give_up, "no such table");
  try {
    run({table("a")});
    FAIL();
  } catch (const Error& error) {
    EXPECT_STREQ(error.what(), "verify of table public.a: no such table");
  }
}

TEST_F(VerifyTables, AStopIsNotMistakenForEquality) {
  fill("a", 100);
  std::stop_source stop;
  stop.request_stop();
  EXPECT_THROW(run({table("a")}, stop.get_token()), Error);
}

TEST(VerifyJson, HoldsTablesRowsDifferencesAndKeys) {
  TableResult same;
  same.table = {"public", "a"};
  same.left_rows = same.right_rows = 5;
  TableResult other = same;
  other.table.name = "b";
  other.differences = 1;
  other.listed.push_back({other.table, "(1, \"x\")", DifferenceKind::changed});
  const auto json = nlohmann::json::parse(to_json({same, other}, "source", "target"));
  EXPECT_EQ(json["left"], "source");
  EXPECT_EQ(json["right"], "target");
  EXPECT_EQ(json["equal"], false);
  EXPECT_EQ(json["tables"][0]["left_rows"], 5);
  EXPECT_EQ(json["tables"][1]["table"], "public.b");
  EXPECT_EQ(json["tables"][1]["differences"], 1);
  EXPECT_EQ(json["tables"][1]["settled"], true);
  EXPECT_EQ(json["tables"][1]["listed"][0]["key"], "(1, \"x\")");
  EXPECT_EQ(json["tables"][1]["listed"][0]["kind"], "changed");
  EXPECT_EQ(nlohmann::json::parse(to_json({same}, "l", "r"))["equal"], true);
}

}  // namespace
}  // namespace voyager::verify
