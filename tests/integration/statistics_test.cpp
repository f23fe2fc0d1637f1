// SPDX-License-Identifier: Apache-2.0
// What engines/postgres reads of a database's own statistics, and how an assessment gathers them.
#include "engine/statistics.hpp"

#include <gmock/gmock.h>

#include <algorithm>
#include <functional>
#include <thread>

#include "base/error.hpp"
#include "engines/postgres/engine.hpp"
#include "support/pg_cluster.hpp"
#include "support/standin.hpp"

namespace voyager::postgres {
namespace {

using namespace std::chrono_literals;
using engine::RelationKind;
using ::testing::Contains;
using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::Field;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;

constexpr const char* shop_sql = R"(
CREATE SCHEMA shop;
CREATE SCHEMA "Odd Names";
CREATE TABLE shop.orders (id int PRIMARY KEY, state text, note text);
CREATE INDEX orders_state ON shop.orders (state) INCLUDE (id);
CREATE TABLE shop.days (day date NOT NULL, id int, PRIMARY KEY (day, id)) PARTITION BY RANGE (day);
CREATE TABLE shop.days_1 PARTITION OF shop.days FOR VALUES FROM ('2020-01-01') TO ('2021-01-01');
CREATE INDEX days_id ON shop.days (id);
CREATE MATERIALIZED VIEW shop.states AS SELECT state, count(*) FROM shop.orders GROUP BY state;
CREATE TABLE "Odd Names"."My ""Table""" ("Key" int PRIMARY KEY, "a,b" text);
CREATE TABLE shop.fresh (a int);
INSERT INTO shop.orders SELECT i, CASE WHEN i % 4 = 0 THEN 'open' ELSE 'done' END,
       CASE WHEN i % 2 = 0 THEN repeat('x', 10) END FROM generate_series(1, 1000) i;
REFRESH MATERIALIZED VIEW shop.states;
INSERT INTO shop.days SELECT '2020-01-01'::date + i, i FROM generate_series(1, 100) i;
INSERT INTO "Odd Names"."My ""Table""" VALUES (1, 'secret row'), (2, 'secret row'))";

class StatisticsTest : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    if (!testing::PgCluster::available()) return;
    testing::ClusterOptions options;
    options.settings = {{"shared_preload_libraries", "pg_stat_statements"}, {"autovacuum", "off"}};
    cluster_ = std::make_unique<testing::PgCluster>(options);
    cluster_->execute("postgres", "CREATE ROLE restricted LOGIN");
  }
  static void TearDownTestSuite() { cluster_.reset(); }

  void SetUp() override {
    VOYAGER_REQUIRE_POSTGRES();
    static int number = 0;
    database_ = "statistics" + std::to_string(++number);
    cluster_->create_database(database_);
  }

  engine::Endpoint endpoint(const std::string& user = "postgres") const {
    return cluster_->endpoint(database_, user);
  }
  std::unique_ptr<engine::StatisticsReader> reader(const std::string& user = "postgres") const {
    return make_statistics_source(endpoint(user))->statistics();
  }
  /// What it does is in the server's counters when it returns.
  void sql(const std::string& text) const {
    cluster_->execute(database_, text + "; SELECT pg_stat_force_next_flush()");
  }

  static std::unique_ptr<testing::PgCluster> cluster_;
  std::string database_;
};

std::unique_ptr<testing::PgCluster> StatisticsTest::cluster_;

template <typename Item>
const Item& named(const std::vector<Item>& items, const QualifiedName& name) {
  const auto found =
      std::find_if(items.begin(), items.end(), [&](const Item& item) { return item.name == name; });
  if (found == items.end()) throw std::runtime_error("no " + name.display());
  return *found;
}

TEST_F(StatisticsTest, KnowsTheUsersSchemas) {
  sql(shop_sql);
  sql("CREATE EXTENSION pg_stat_statements");
  EXPECT_THAT(reader()->user_schemas(), ElementsAre("Odd Names", "public", "shop"));
}

TEST_F(StatisticsTest, DescribesTablesAndIndexes) {
  sql(shop_sql);
  sql("ANALYZE");
  const auto relations = reader()->relations({"shop", "Odd Names"});
  std::vector<std::string> names;
  for (const auto& relation : relations) names.push_back(relation.name.name);
  EXPECT_THAT(names, ElementsAre("My \"Table\"", "My \"Table\"_pkey", "days", "days_1",
                                 "days_1_id_idx", "days_1_pkey", "days_id", "fresh", "orders",
                                 "orders_pkey", "orders_state", "states"));

  const auto& orders = named(relations, {"shop", "orders"});
  EXPECT_EQ(orders.kind, RelationKind::table);
  EXPECT_EQ(orders.rows, 1000);
  EXPECT_EQ(orders.columns, 3);
  EXPECT_EQ(orders.bytes,
            std::stoll(cluster_->value(database_, "SELECT pg_table_size('shop.orders')")));
  EXPECT_EQ(orders.table, std::nullopt);

  const auto& by_state = named(relations, {"shop", "orders_state"});
  EXPECT_EQ(by_state.kind, RelationKind::index);
  EXPECT_EQ(by_state.table, (QualifiedName{"shop", "orders"}));
  EXPECT_EQ(by_state.columns, 1);
  EXPECT_GT(by_state.bytes, 0);
  EXPECT_EQ(by_state.rows, std::nullopt);
  EXPECT_EQ(named(relations, {"shop", "orders_pkey"}).kind, RelationKind::primary_key);
  EXPECT_EQ(named(relations, {"shop", "states"}).kind, RelationKind::materialized_view);
  EXPECT_EQ(named(relations, {"shop", "states"}).rows, 2);

  const auto& days = named(relations, {"shop", "days"});
  EXPECT_EQ(days.kind, RelationKind::partitioned_table);
  EXPECT_EQ(days.rows, std::nullopt);
  EXPECT_EQ(days.bytes, 0);
  EXPECT_EQ(named(relations, {"shop", "days_1"}).partition_of, days.name);
  EXPECT_EQ(named(relations, {"shop", "days_1"}).rows, 100);
  EXPECT_EQ(named(relations, {"shop", "days_id"}).kind, RelationKind::partitioned_index);
  EXPECT_EQ(named(relations, {"shop", "days_1_id_idx"}).partition_of,
            (QualifiedName{"shop", "days_id"}));
  EXPECT_EQ(named(relations, {"Odd Names", "My \"Table\""}).columns, 2);
  EXPECT_EQ(named(relations, {"shop", "fresh"}).rows, 0);
}

TEST_F(StatisticsTest, SaysThatItDoesNotKnowTheRowsOfATableThatNobodyLookedAt) {
  sql("CREATE TABLE t (a int)");
  EXPECT_EQ(named(reader()->relations({}), {"public", "t"}).rows, std::nullopt);
}

TEST_F(StatisticsTest, LeavesOutWhatIsNotTheUsers) {
  sql("CREATE SCHEMA a; CREATE SCHEMA b; CREATE TABLE a.t (x int); CREATE TABLE b.t (x int); "
      "CREATE TABLE a.owned (x int PRIMARY KEY); CREATE EXTENSION pg_stat_statements; "
      "ALTER EXTENSION pg_stat_statements ADD TABLE a.owned");
  const auto relations = reader()->relations({"a"});
  ASSERT_EQ(relations.size(), 1U);
  EXPECT_EQ(relations[0].name, (QualifiedName{"a", "t"}));
}

TEST_F(StatisticsTest, CountsWhatIsDoneWithATable) {
  sql(shop_sql);
  const auto reader = this->reader();
  const auto before = reader->activity({"shop"});
  sql("INSERT INTO shop.orders VALUES (2001, 'open'), (2002, 'open'); "
      "UPDATE shop.orders SET state = 'done' WHERE id = 2001; "
      "DELETE FROM shop.orders WHERE id = 2002; SELECT count(*) FROM shop.orders");
  const auto after = reader->activity({"shop"});
  const QualifiedName orders{"shop", "orders"};
  EXPECT_EQ(named(after, orders).writes - named(before, orders).writes, 4);
  EXPECT_EQ(named(after, orders).reads - named(before, orders).reads, 3);
  EXPECT_EQ(named(after, {"shop", "orders_pkey"}).reads, 0);

  const auto usage = reader->usage({"shop"});
  EXPECT_EQ(named(usage, orders).inserts, 1002);
  EXPECT_EQ(named(usage, orders).updates, 1);
  EXPECT_EQ(named(usage, orders).deletes, 1);
  EXPECT_EQ(named(usage, {"shop", "orders_pkey"}).scans, 2);
  EXPECT_EQ(named(usage, {"shop", "orders_state"}).scans, 0);
}

TEST_F(StatisticsTest, KnowsHowValuesAreSpreadButNoValue) {
  sql(shop_sql);
  sql("ANALYZE");
  const auto columns = reader()->columns({});
  const auto column = [&](const QualifiedName& table, const std::string& name) {
    for (const auto& one : columns)
      if (one.table == table && one.column == name) return one;
    throw std::runtime_error("no column " + name);
  };
  const auto state = column({"shop", "orders"}, "state");
  EXPECT_DOUBLE_EQ(state.distinct_values, 2);
  EXPECT_NEAR(state.most_common_frequency, 0.75, 1e-6);
  EXPECT_DOUBLE_EQ(state.null_fraction, 0);
  EXPECT_NEAR(column({"shop", "orders"}, "note").null_fraction, 0.5, 1e-6);
  const auto id = column({"shop", "orders"}, "id");
  EXPECT_DOUBLE_EQ(id.distinct_values, 1000);
  EXPECT_DOUBLE_EQ(id.most_common_frequency, 0);
  EXPECT_DOUBLE_EQ(column({"shop", "days"}, "id").distinct_values, 100);
  EXPECT_DOUBLE_EQ(column({"Odd Names", "My \"Table\""}, "a,b").most_common_frequency, 1);
}

TEST_F(StatisticsTest, CountsDataStatementsOfThisDatabase) {
  // In a schema whose name needs quotes: the extension may be anywhere.
  sql("CREATE SCHEMA \"Ext Schema\"; CREATE EXTENSION pg_stat_statements SCHEMA \"Ext Schema\"");
  sql("CREATE TABLE t (a int, b text)");
  for (int i = 0; i < 3; ++i) sql("INSERT INTO t VALUES (" + std::to_string(i) + ", 'secret row')");
  sql("SELECT 'secret row' AS c INTO u");
  sql("CREATE TABLE v AS SELECT 'secret row' AS c");
  sql("DO $$ BEGIN PERFORM 'secret row'; END $$");
  cluster_->execute("postgres", "SELECT 'another database'");
  const auto reader = this->reader();
  reader->relations({});
  const auto queries = reader->queries();
  ASSERT_TRUE(queries.has_value());
  std::vector<std::string> texts;
  for (const auto& query : *queries) texts.push_back(query.text);
  EXPECT_THAT(texts, UnorderedElementsAre("INSERT INTO t VALUES ($1, $2)",
                                          "SELECT pg_stat_force_next_flush()"));
  const engine::QueryStatistics& insert = queries->front();
  EXPECT_EQ(insert.calls, 3);
  EXPECT_EQ(insert.rows, 3);
  EXPECT_NE(insert.id, 0);
  EXPECT_GT(insert.total_ms, 0);
  EXPECT_NEAR(insert.mean_ms, insert.total_ms / 3, 1e-6);
  EXPECT_LE(insert.min_ms, insert.mean_ms);
  EXPECT_GE(insert.max_ms, insert.mean_ms);
}

TEST_F(StatisticsTest, CountsTheSameStatementOfTwoUsersOnce) {
  sql("CREATE EXTENSION pg_stat_statements; CREATE TABLE t (a int); GRANT SELECT ON t TO PUBLIC");
  sql("SELECT a FROM t");
  testing::execute(endpoint("restricted"), "SELECT a FROM t");
  const auto queries = reader()->queries();
  ASSERT_TRUE(queries.has_value());
  ASSERT_EQ(queries->front().text, "SELECT a FROM t");
  EXPECT_EQ(queries->front().calls, 2);
}

TEST_F(StatisticsTest, SaysWhatMakesTheStatisticsIncomplete) {
  sql(shop_sql);
  sql("ALTER DATABASE " + database_ + " SET track_counts = off");
  EXPECT_THAT(reader()->cautions({}),
              ElementsAre(HasSubstr("ALTER SYSTEM SET track_counts = on"),
                          HasSubstr("No table was ever analysed in: \"Odd Names\", \"shop\""),
                          HasSubstr("CREATE EXTENSION pg_stat_statements")));
  EXPECT_EQ(reader()->queries(), std::nullopt);
}

TEST_F(StatisticsTest, HasNothingToSayOfADatabaseInOrder) {
  sql(shop_sql);
  sql("ANALYZE; CREATE EXTENSION pg_stat_statements");
  EXPECT_THAT(reader()->cautions({}), IsEmpty());
}

TEST_F(StatisticsTest, DoesNotAskToAnalyseASchemaWithoutRows) {
  sql("CREATE TABLE t (a int); CREATE EXTENSION pg_stat_statements");
  EXPECT_THAT(reader()->cautions({}), IsEmpty());
}

TEST_F(StatisticsTest, TellsARestrictedUserWhichRightsAreMissing) {
  sql(shop_sql);
  sql("ANALYZE; CREATE EXTENSION pg_stat_statements; GRANT USAGE ON SCHEMA shop TO restricted; "
      "GRANT SELECT ON shop.orders TO restricted");
  const auto reader = this->reader("restricted");
  EXPECT_THAT(reader->cautions({"shop"}),
              ElementsAre(HasSubstr("GRANT SELECT ON them TO \"restricted\""),
                          HasSubstr("GRANT pg_read_all_stats TO \"restricted\"")));
  EXPECT_THAT(reader->cautions({"shop"})[0], HasSubstr("shop.days"));
  EXPECT_EQ(named(reader->relations({"shop"}), {"shop", "orders"}).rows, 1000);
  EXPECT_THAT(reader->columns({"shop"}),
              Each(Field(&engine::ColumnSpread::table, QualifiedName{"shop", "orders"})));
  EXPECT_EQ(reader->columns({"shop"}).size(), 3U);
  EXPECT_EQ(reader->queries(), std::nullopt) << "all are other users'";
  EXPECT_FALSE(reader->system_identifier().empty());
}

TEST_F(StatisticsTest, TellsAUserThatMayNotReadTheStatementsAtAll) {
  sql("CREATE SCHEMA ext; CREATE EXTENSION pg_stat_statements SCHEMA ext");
  const auto reader = this->reader("restricted");
  EXPECT_THAT(reader->cautions({}), Contains(HasSubstr("GRANT SELECT ON \"ext\".\"pg_stat_st")));
  EXPECT_EQ(reader->queries(), std::nullopt);
}

TEST_F(StatisticsTest, NamesTheRightWhenSomethingCantBeRead) {
  sql("REVOKE EXECUTE ON FUNCTION pg_control_system() FROM PUBLIC");
  try {
    reader("restricted")->system_identifier();
    FAIL() << "it could be read";
  } catch (const Error& error) {
    EXPECT_EQ(error.code().number, 4302);
    EXPECT_THAT(error.line(), HasSubstr("GRANT pg_monitor TO \"restricted\""));
  }
}

TEST(StatisticsOfYugabytedb, CountStatements) {
  VOYAGER_REQUIRE_TARGET();
  testing::ClusterOptions options;
  options.settings = {{"shared_preload_libraries", "pg_stat_statements"}};
  testing::TargetServer server(options);
  server.create_database("statistics");
  server.execute("statistics",
                 "CREATE EXTENSION IF NOT EXISTS pg_stat_statements; CREATE TABLE t (a int)");
  server.execute("statistics", "INSERT INTO t VALUES (1)");
  const auto reader = make_statistics_source(server.endpoint("statistics"))->statistics();
  EXPECT_THAT(reader->server_version(), HasSubstr("-YB-"));
  EXPECT_THAT(reader->replicas(), IsEmpty());
  EXPECT_EQ(named(reader->relations({}), {"public", "t"}).columns, 1);
  EXPECT_EQ(named(reader->relations({}), {"public", "t"}).bytes, 0) << "too dear to ask for";
  const auto queries = reader->queries();
  ASSERT_TRUE(queries.has_value());
  ASSERT_FALSE(queries->empty());
  EXPECT_EQ(queries->front().text, "INSERT INTO t VALUES ($1)");
  EXPECT_EQ(queries->front().calls, 1);
}

TEST(StatisticsWithoutLibrary, SayThatStatementsAreNotCounted) {
  VOYAGER_REQUIRE_POSTGRES();
  const testing::PgCluster cluster;
  cluster.execute("postgres", "CREATE EXTENSION pg_stat_statements");
  const auto reader = make_statistics_source(cluster.endpoint())->statistics();
  EXPECT_THAT(reader->cautions({}), ElementsAre(HasSubstr("shared_preload_libraries")));
  EXPECT_EQ(reader->queries(), std::nullopt);
}

}  // namespace
}  // namespace voyager::postgres
