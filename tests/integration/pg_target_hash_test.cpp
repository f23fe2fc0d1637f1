// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <fstream>
#include <sstream>

#include "pg_target_support.hpp"
#include "support/standin.hpp"

namespace voyager::testing {
namespace {

class Hashing : public PgTarget {
 protected:
  std::vector<engine::RowHasher::Bucket> here(const Table& table, std::uint32_t buckets = 8) {
    return engine_->row_hasher()->buckets(table, buckets);
  }
  static std::vector<engine::RowHasher::Bucket> there(const Table& table,
                                                      std::uint32_t buckets = 8) {
    return engine_on("source")->row_hasher()->buckets(table, buckets);
  }
};

TEST_F(Hashing, IsTheSameForTheSameRowsInAnyOrderOfRowsAndColumns) {
  run("source",
      "CREATE TABLE t (id int PRIMARY KEY, a text, b float8); "
      "INSERT INTO t SELECT i, 'row ' || i, i / 3.0 FROM generate_series(1, 1000) i");
  run("target",
      "CREATE TABLE t (b float8, id int PRIMARY KEY, a text); "
      "INSERT INTO t SELECT i / 3.0, i, 'row ' || i FROM generate_series(1000, 1, -1) i");
  const Table table = source_table("t");
  EXPECT_EQ(here(table), there(table));
  EXPECT_EQ(here(table).size(), 8U);
  EXPECT_EQ(here(table, 1).at(0).rows, 1000);
}

TEST_F(Hashing, SeesEveryDifferenceInItsBucketOnly) {
  run_on_both(
      "CREATE TABLE t (id int PRIMARY KEY, a text, b bytea, f float8); "
      "INSERT INTO t SELECT i, '', '\\x00ff', 0 FROM generate_series(1, 100) i");
  const Table table = source_table("t");
  const auto right = there(table);
  for (const char* change :
       {"UPDATE t SET b = '\\x00fe' WHERE id = 50", "UPDATE t SET a = NULL WHERE id = 50",
        "UPDATE t SET f = '-0' WHERE id = 50", "UPDATE t SET a = ' ' WHERE id = 50",
        "DELETE FROM t WHERE id = 50"}) {
    run("target", std::string("BEGIN; CREATE TABLE was AS TABLE t; COMMIT; ") + change);
    const auto wrong = here(table);
    run("target", "DELETE FROM t; INSERT INTO t TABLE was; DROP TABLE was");
    ASSERT_EQ(wrong.size(), right.size());
    int differing = 0;
    for (std::size_t i = 0; i < right.size(); ++i) differing += wrong[i] == right[i] ? 0 : 1;
    EXPECT_EQ(differing, 1) << change;
  }
  EXPECT_EQ(here(table), right);
}

TEST_F(Hashing, TellsSwappedValuesAndSwappedRowsApart) {
  run_on_both("CREATE TABLE t (id int PRIMARY KEY, a text, b text)");
  run("source", "INSERT INTO t VALUES (1, 'x', 'y'), (2, 'p', 'q')");
  const Table table = source_table("t");
  for (const char* rows : {"(1, 'y', 'x'), (2, 'p', 'q')", "(2, 'x', 'y'), (1, 'p', 'q')",
                           "(1, 'x,y', ''), (2, 'p', 'q')"}) {
    run("target", std::string("DELETE FROM t; INSERT INTO t VALUES ") + rows);
    EXPECT_NE(here(table, 1), there(table, 1)) << rows;
  }
}

TEST_F(Hashing, ListsTheRowsOfSomeBucketsByKey) {
  run_on_both(
      "CREATE TABLE t (a int, b text, n int, PRIMARY KEY (a, b)); "
      "INSERT INTO t SELECT i, 'k, ' || i, i FROM generate_series(1, 40) i");
  run("target", "UPDATE t SET n = 0 WHERE a = 7; DELETE FROM t WHERE a = 8");
  const Table table = source_table("t");
  const auto left = engine_on("source")->row_hasher()->rows(table, 4, {0, 1, 2, 3}, 1000);
  const auto right = engine_->row_hasher()->rows(table, 4, {0, 1, 2, 3}, 1000);
  ASSERT_EQ(left.size(), 40U);
  ASSERT_EQ(right.size(), 39U);
  EXPECT_TRUE(std::is_sorted(left.begin(), left.end(),
                             [](const auto& a, const auto& b) { return a.key < b.key; }));
  const auto of = [](const auto& rows, const std::string& key) {
    const auto found =
        std::find_if(rows.begin(), rows.end(), [&](const auto& r) { return r.key == key; });
    return found == rows.end() ? std::string("none") : found->hash;
  };
  EXPECT_EQ(of(left, "6, \"k, 6\""), of(right, "6, \"k, 6\""));
  EXPECT_NE(of(left, "6, \"k, 6\""), "none");
  EXPECT_NE(of(left, "7, \"k, 7\""), of(right, "7, \"k, 7\""));
  EXPECT_EQ(of(right, "8, \"k, 8\""), "none");
  std::size_t sum = 0;
  for (const std::uint32_t bucket : {0U, 1U, 2U, 3U})
    sum += engine_->row_hasher()->rows(table, 4, {bucket}, 1000).size();
  EXPECT_EQ(sum, 39U);
  EXPECT_EQ(engine_->row_hasher()->rows(table, 4, {0, 1, 2, 3}, 5).size(), 5U);
}

TEST_F(Hashing, CountsIdenticalRowsOfTablesWithoutAKey) {
  run_on_both("CREATE TABLE t (a int, b text); INSERT INTO t VALUES (1, 'x'), (1, 'x'), (2, NULL)");
  const Table table = source_table("t");
  EXPECT_EQ(here(table), there(table));
  const auto rows = engine_->row_hasher()->rows(table, 1, {0}, 10);
  ASSERT_EQ(rows.size(), 2U);
  EXPECT_EQ(rows[0].copies + rows[1].copies, 3);
  EXPECT_EQ(rows[0].key, rows[0].hash);
  run("target", "INSERT INTO t VALUES (1, 'x'), (1, 'x')");
  EXPECT_NE(here(table), there(table));
}

TEST_F(Hashing, ReadsPartitionsThroughTheirRootWhateverTheyAreHere) {
  run("source",
      "CREATE TABLE t (id int PRIMARY KEY) PARTITION BY HASH (id); "
      "CREATE TABLE t0 PARTITION OF t FOR VALUES WITH (MODULUS 2, REMAINDER 0); "
      "CREATE TABLE t1 PARTITION OF t FOR VALUES WITH (MODULUS 2, REMAINDER 1)");
  run("target", "CREATE TABLE t (id int PRIMARY KEY)");
  run_on_both("INSERT INTO t SELECT generate_series(1, 50)");
  EXPECT_EQ(here(source_table("t")), there(source_table("t")));
}

TEST_F(Hashing, ScansInParallel) {
  run("target",
      "CREATE TABLE t (id int PRIMARY KEY, a text); "
      "INSERT INTO t SELECT i, repeat('x', 200) FROM generate_series(1, 60000) i; ANALYZE t");
  run("source", "CREATE TABLE t (id int PRIMARY KEY, a text)");
  run("target",
      "ALTER DATABASE target SET parallel_setup_cost = 0; "
      "ALTER DATABASE target SET session_preload_libraries = auto_explain; "
      "ALTER DATABASE target SET auto_explain.log_min_duration = 0");
  here(source_table("t"));
  std::ifstream log(cluster_->log_file());
  std::stringstream lines;
  lines << log.rdbuf();
  EXPECT_NE(lines.str().find("Parallel Seq Scan on"), std::string::npos);
}

class OnYugabyte : public ::testing::Test {
 protected:
  void SetUp() override {
    VOYAGER_REQUIRE_TARGET();
    target_ = std::make_unique<TargetServer>();
    target_->create_database("shop");
    engine_ = postgres::make_target_engine(target_->endpoint("shop"), migration);
    engine_->prepare_ledger();
  }
  void TearDown() override {
    engine_.reset();
    target_.reset();
  }
  std::unique_ptr<TargetServer> target_;
  std::unique_ptr<engine::TargetEngine> engine_;
};

TEST_F(OnYugabyte, RowsAreLoadedAppliedAndHashed) {
  target_->execute("shop", "CREATE TABLE t (id int PRIMARY KEY, a text)");
  Table table;
  table.name = {"public", "t"};
  table.columns = engine_->catalog()->tables({"public"}).at(0).columns;
  table.key = {"id"};
  const std::string csv = "1,one\n2,two\n";
  const auto loaded = engine_->bulk_loader()->load(
      {{{table.name, "a", 1}, &table, ChunkFormat::csv, pieces_of(csv)}});
  EXPECT_EQ(loaded, std::vector<std::uint64_t>{2});
  const auto applier = engine_->change_applier({table});
  EXPECT_EQ(applier->applied_through(), 0);
  Relation relation;
  relation.table = relation.leaf = table.name;
  relation.columns = {{"id", true}, {"a", false}};
  const std::vector<Value> values{Value::of("zwei"), Value::of("eins")};
  const std::vector<Value> keys{Value::of("2"), Value::of("1")};
  applier->begin();
  applier->write({&relation, {1}, values, keys, Operation::update});
  applier->commit(3, {});
  EXPECT_EQ(target_->value("shop", "SELECT string_agg(a, ' ' ORDER BY id) FROM t"), "eins zwei");
  EXPECT_EQ(engine_->row_hasher()->buckets(table, 1).at(0).rows, 2);
  applier->begin();
  applier->truncate(relation);
  applier->rollback();
  EXPECT_EQ(engine_->ledger()->count_rows(table.name), 2) << "TRUNCATE can't be rolled back there";
  engine_->bulk_loader()->discard(table.name);
  EXPECT_EQ(engine_->ledger()->count_rows(table.name), 0);
  EXPECT_GE(engine_->default_parallel_jobs(), 1);
}

TEST_F(OnYugabyte, NodesThatCannotBeReachedArePassedOver) {
  if (target_->real()) GTEST_SKIP() << "uses the stand-in's address";
  engine::Endpoint endpoint = target_->endpoint("shop");
  endpoint.nodes = {"127.0.0.1:1", "127.0.0.1:2"};
  const auto nowhere = postgres::make_target_engine(endpoint, migration);
  EXPECT_EQ(error_code_of([&] { nowhere->ledger(); }), 3101);
  ClusterOptions options;
  options.tcp = true;
  const PgCluster cluster(options);
  endpoint = cluster.tcp_endpoint();
  endpoint.nodes = {"127.0.0.1:1", "127.0.0.1:" + std::to_string(endpoint.port)};
  const auto engine = postgres::make_target_engine(endpoint, migration);
  for (int i = 0; i < 4; ++i) EXPECT_NO_THROW(engine->ledger());
}

TEST_F(OnYugabyte, CoresOfNodesThatCannotBeReachedAreNotCounted) {
  if (target_->real()) GTEST_SKIP() << "uses the stand-in's list of nodes";
  ClusterOptions options;
  options.tcp = true;
  TargetServer target(options);
  target.create_database("shop");
  engine::Endpoint endpoint = target.cluster().tcp_endpoint();
  endpoint.database = "shop";
  target.execute("shop",
                 "UPDATE pg_catalog.yb_shim_servers SET port = 1 WHERE host <> '127.0.0.1'");
  EXPECT_GE(postgres::make_target_engine(endpoint, migration)->default_parallel_jobs(), 1);
}

}  // namespace
}  // namespace voyager::testing
