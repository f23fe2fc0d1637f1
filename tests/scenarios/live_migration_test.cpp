// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <thread>

#include "scenarios/story.hpp"
#include "support/workload.hpp"

namespace voyager::testing {
namespace {

using namespace std::chrono_literals;

void wait_for_rows(const Workload& workload, std::int64_t rows) {
  const auto end = std::chrono::steady_clock::now() + 120s;
  while (workload.totals().rows < rows && std::chrono::steady_clock::now() < end) {
    std::this_thread::sleep_for(50ms);
  }
}

void expect_nothing_left(const TwoServers& servers) {
  const Rows slots = query(servers.source(), "SELECT slot_name FROM pg_replication_slots");
  EXPECT_TRUE(slots.empty());
  const Rows publications = query(servers.source(), "SELECT pubname FROM pg_publication");
  EXPECT_TRUE(publications.empty());
  const Rows identities = query(servers.source(),
                                "SELECT relname FROM pg_class WHERE relreplident <> 'd' AND "
                                "relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p')");
  EXPECT_TRUE(identities.empty());
  for (const engine::Endpoint& side : {servers.source(), servers.target()}) {
    const Rows schemas =
        query(side, "SELECT nspname FROM pg_namespace WHERE nspname LIKE 'ybvoyager%'");
    EXPECT_TRUE(schemas.empty());
  }
}

std::string objects(const engine::Endpoint& endpoint) {
  const Rows rows = query(
      endpoint,
      "SELECT string_agg(o, E'\\n' ORDER BY o) FROM ("
      "SELECT 'index ' || indexname AS o FROM pg_indexes WHERE schemaname = 'public' UNION ALL "
      "SELECT 'trigger ' || tgname || tgenabled::text FROM pg_trigger WHERE NOT tgisinternal UNION "
      "ALL "
      "SELECT 'constraint ' || conname || convalidated FROM pg_constraint "
      "WHERE connamespace = 'public'::regnamespace UNION ALL "
      "SELECT 'identity ' || attrelid::regclass || attname || attidentity::text FROM pg_attribute "
      "WHERE attidentity <> '' UNION ALL "
      "SELECT 'relation ' || relname || relkind::text FROM pg_class "
      "WHERE relnamespace = 'public'::regnamespace) all_objects");
  return rows[0][0].value_or("");
}

TEST(LiveMigration, ShopUnderLoadEndsEqualAndNothingIsLeftBehind) {
  VOYAGER_REQUIRE_TARGET();
  TwoServers servers;
  create_shop(servers.source(), 4000);
  Migration migration(servers.source(), servers.target());
  WorkloadOptions options;
  options.connection = connection_string(servers.source());
  options.rows_per_second = 3000;
  Workload workload(options);
  migration.move_schema();
  Child exporter = migration.start_export();
  migration.wait_for_slot(exporter);
  Child importer = migration.start_import();
  wait_for_rows(workload, workload.totals().rows + 15000);
  migration.command({"export", "data", "status"});
  migration.command({"import", "data", "status"});
  migration.command({"cutover", "status"});
  for (const std::string& error : workload.stop().errors) {
    ADD_FAILURE() << "an application was disturbed: " << error;
  }
  migration.initiate_cutover();
  migration.finish_cutover(exporter, importer);
  migration.command(
      {"import", "schema", "--post-snapshot-import", "true", "--refresh-mviews", "true", "--yes"});
  execute(servers.source(), "REFRESH MATERIALIZED VIEW sales_by_product");
  migration.expect_verified();
  for (const std::string& line : differences(servers.source(), servers.target())) {
    ADD_FAILURE() << line;
  }
  const char* const sales =
      "SELECT md5(string_agg(s::text, ',' ORDER BY product_id)) FROM sales_by_product s";
  EXPECT_EQ(query(servers.source(), sales), query(servers.target(), sales));
  const Finished report = migration.command({"get", "data-migration-report"});
  EXPECT_NE(report.output.find("FINAL_ROW_COUNT"), std::string::npos);
  migration.end();
  migration.end();
  expect_nothing_left(servers);
  EXPECT_EQ(objects(servers.source()), objects(servers.target()));
  // New rows get keys that no migrated row has.
  execute(servers.target(),
          "INSERT INTO customers (email, name) VALUES ('after@example.com', 'x')");
}

TEST(LiveMigration, SnapshotOnlyNeedsNoCutover) {
  VOYAGER_REQUIRE_TARGET();
  TwoServers servers;
  create_shop(servers.source(), 1000);
  Migration migration(servers.source(), servers.target());
  migration.move_schema();
  migration.command({"export", "data", "--disable-pb", "true", "--yes"});
  migration.command({"import", "data", "--disable-pb", "true", "--yes"});
  migration.command({"finalize-schema-post-data-import", "--refresh-mviews", "true", "--yes"});
  migration.expect_verified();
  for (const std::string& line : differences(servers.source(), servers.target())) {
    ADD_FAILURE() << line;
  }
  migration.end();
  expect_nothing_left(servers);
  EXPECT_EQ(objects(servers.source()), objects(servers.target()));
}

TEST(LiveMigration, CommitAfterTheBarrierIsReportedLoudly) {
  VOYAGER_REQUIRE_TARGET();
  TwoServers servers;
  execute(servers.source(), "CREATE TABLE t (a int PRIMARY KEY); INSERT INTO t VALUES (1)");
  Migration migration(servers.source(), servers.target());
  migration.move_schema();
  Child exporter = migration.start_export();
  migration.wait_for_slot(exporter);
  Child importer = migration.start_import();
  std::this_thread::sleep_for(3s);
  // While the importer stands still the cutover can't be complete; the barrier is written all the
  // same.
  importer.signal(SIGSTOP);
  migration.initiate_cutover();
  std::this_thread::sleep_for(3s);
  execute(servers.source(), "INSERT INTO t VALUES (2)");
  importer.signal(SIGCONT);
  exporter.wait_for(120s);
  importer.wait_for(120s);
  const std::string told = exporter.output() + exporter.errors() + importer.output() +
                           importer.errors() + migration.try_command({"cutover", "status"}).output;
  EXPECT_NE(told.find("AFTER the barrier"), std::string::npos) << told;
  EXPECT_NE(told.find("public.t"), std::string::npos) << told;
}

TEST(VerifyData, NamesEveryRowThatDiffers) {
  VOYAGER_REQUIRE_TARGET();
  TwoServers servers;
  execute(servers.source(),
          "CREATE TABLE t (a int PRIMARY KEY, secret text);"
          "INSERT INTO t SELECT i, 'hidden' || i FROM generate_series(1, 5000) i");
  Migration migration(servers.source(), servers.target());
  migration.move_schema();
  migration.command({"export", "data", "--disable-pb", "true", "--yes"});
  migration.command({"import", "data", "--disable-pb", "true", "--yes"});
  migration.expect_verified();
  execute(servers.target(),
          "DELETE FROM t WHERE a = 77; UPDATE t SET secret = 'other' WHERE a = 4000;"
          "INSERT INTO t VALUES (9999, 'hidden')");
  const Finished finished = migration.try_command({"verify", "data"});
  EXPECT_EQ(finished.exit_code, 3);
  for (const char* expected : {"77", "missing", "4000", "changed", "9999", "extra"}) {
    EXPECT_NE(finished.output.find(expected), std::string::npos) << expected << finished.output;
  }
  EXPECT_EQ((finished.output + finished.errors).find("hidden"), std::string::npos);
}

}  // namespace
}  // namespace voyager::testing
