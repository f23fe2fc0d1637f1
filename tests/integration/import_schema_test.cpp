// SPDX-License-Identifier: Apache-2.0
// What import schema does about a target's own troubles, on YugabyteDB or its stand-in.
#include "schema/import_schema.hpp"

#include <gmock/gmock.h>

#include <chrono>
#include <memory>
#include <thread>

#include "base/error.hpp"
#include "base/file.hpp"
#include "engines/postgres/engine.hpp"
#include "support/recording_status.hpp"
#include "support/standin.hpp"
#include "support/temp_directory.hpp"

namespace voyager::schema {
namespace {

using ::testing::AllOf;
using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

class ImportSchemaTest : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    if (testing::TargetServer::available()) server_ = std::make_unique<testing::TargetServer>();
  }
  static void TearDownTestSuite() { server_.reset(); }

  void SetUp() override {
    VOYAGER_REQUIRE_TARGET();
    static int databases = 0;
    database_ = "import_schema_" + std::to_string(++databases);
    server_->create_database(database_);
    layout_.create();
    meta_ = std::make_unique<exportdir::MetaDb>(exportdir::MetaDb::open(layout_, true));
  }
  void put(const char* path, const std::string& sql) {
    const std::filesystem::path file = layout_.schema() / path;
    make_directory(file.parent_path());
    write_file_atomically(file, sql);
  }
  ImportSchemaSummary import(bool again = false, bool post_snapshot = false) {
    ImportSchemaOptions options;
    options.ignore_exist = again;
    options.continue_on_error = true;
    options.post_snapshot_import = post_snapshot;
    const auto target =
        postgres::make_target_engine(server_->endpoint(database_), meta_->migration_uuid());
    return import_schema(layout_, *meta_, *target, options, *status_);
  }
  void execute(const std::string& sql) const { server_->execute(database_, sql); }
  std::string value(const std::string& sql) const { return server_->value(database_, sql); }
  std::string valid(const std::string& index) const {
    return value("SELECT indisvalid FROM pg_index WHERE indexrelid = '" + index + "'::regclass");
  }
  /// The next DDL statements of anyone end like this, each second one, until all are used up.
  void plan_faults(const std::string& values) const {
    execute(R"(
      CREATE SCHEMA faults;
      CREATE SEQUENCE faults.statements;
      CREATE TABLE faults.planned (number serial, state text, message text);
      INSERT INTO faults.planned (state, message) VALUES )" +
            values + R"(;
      CREATE FUNCTION faults.raise() RETURNS event_trigger LANGUAGE plpgsql AS $$
        DECLARE
          fault faults.planned;
          statement bigint := nextval('faults.statements');
        BEGIN
          SELECT * INTO fault FROM faults.planned WHERE number * 2 - 1 = statement;
          IF FOUND THEN RAISE EXCEPTION '%', fault.message USING ERRCODE = fault.state; END IF;
        END$$;
      ALTER FUNCTION faults.raise() SET search_path = faults;
      CREATE EVENT TRIGGER faults ON ddl_command_start EXECUTE FUNCTION faults.raise();)");
  }

  static std::unique_ptr<testing::TargetServer> server_;
  std::string database_;
  testing::TempDirectory directory_;
  exportdir::Layout layout_{directory_.path()};
  std::unique_ptr<exportdir::MetaDb> meta_;
  std::unique_ptr<testing::RecordingStatus> status_ = std::make_unique<testing::RecordingStatus>();
};

std::unique_ptr<testing::TargetServer> ImportSchemaTest::server_;

TEST_F(ImportSchemaTest, AnInvalidIndexOfAnEarlierRunIsBuiltAnew) {
  execute("CREATE TABLE public.t (a int); INSERT INTO public.t VALUES (1), (1)");
  put("tables/INDEXES_table.sql", "CREATE UNIQUE INDEX CONCURRENTLY u ON public.t (a);");
  EXPECT_EQ(import().failed, 1U);
  EXPECT_EQ(valid("public.u"), "f");

  execute("TRUNCATE public.t");
  const ImportSchemaSummary again = import(true);
  EXPECT_EQ(again.created, 1U);
  EXPECT_EQ(valid("public.u"), "t");
  EXPECT_THAT(status_->lines(), Contains(HasSubstr("INVALID index public.u")));
  EXPECT_EQ(import(true).existed, 1U);
}

TEST_F(ImportSchemaTest, AnInvalidIndexIsNotTakenForTheOneThatMayExist) {
  execute("CREATE TABLE public.t (a int); INSERT INTO public.t VALUES (1), (1)");
  put("tables/INDEXES_table.sql",
      "CREATE UNIQUE INDEX CONCURRENTLY IF NOT EXISTS u ON public.t (a);");
  EXPECT_EQ(import().failed, 1U);
  EXPECT_EQ(import(true).failed, 1U);
  execute("TRUNCATE public.t");
  EXPECT_EQ(import(true).failed, 0U);
  EXPECT_EQ(valid("public.u"), "t");
}

TEST_F(ImportSchemaTest, APartitionedIndexThatWaitsForItsPartsIsNotDropped) {
  execute(
      "CREATE TABLE public.p (a int) PARTITION BY RANGE (a);"
      "CREATE TABLE public.part PARTITION OF public.p FOR VALUES FROM (0) TO (9);"
      "CREATE INDEX whole ON ONLY public.p (a)");
  const std::string before = value("SELECT 'public.whole'::regclass::oid");
  EXPECT_EQ(valid("public.whole"), "f");
  put("tables/INDEXES_table.sql",
      "CREATE INDEX whole ON ONLY public.p (a);\nCREATE INDEX part_a ON public.part (a);\n"
      "ALTER INDEX public.whole ATTACH PARTITION public.part_a;");
  const ImportSchemaSummary summary = import(true, true);
  EXPECT_EQ(summary.existed, 1U);
  EXPECT_EQ(summary.created, 2U);
  EXPECT_EQ(value("SELECT 'public.whole'::regclass::oid"), before);
  EXPECT_EQ(valid("public.whole"), "t");
}

TEST_F(ImportSchemaTest, WhatIfNotExistsPassesOverIsCountedAsThere) {
  put("schemas/schema.sql", "CREATE SCHEMA IF NOT EXISTS app;");
  put("extensions/extension.sql", "CREATE EXTENSION IF NOT EXISTS hstore WITH SCHEMA app;");
  put("tables/table.sql",
      "CREATE TABLE IF NOT EXISTS app.t (a int);\n"
      "ALTER TABLE app.t ADD COLUMN IF NOT EXISTS b int;");
  put("sequences/sequence.sql", "CREATE SEQUENCE IF NOT EXISTS app.s;");
  put("tables/INDEXES_table.sql", "CREATE UNIQUE INDEX IF NOT EXISTS u ON app.t (a);");
  EXPECT_EQ(import().created, 6U);
  const ImportSchemaSummary again = import();
  EXPECT_EQ(again.created, 0U);
  EXPECT_EQ(again.existed, 6U);
}

TEST_F(ImportSchemaTest, ConflictsOverTheCatalogAreTriedAgain) {
  plan_faults(R"(
    ('XX000', 'Catalog Version Mismatch: A DDL occurred while processing this query. Try again.'),
    ('XX000', 'Query error: schema version mismatch for table 0000: expected 1, got 0'),
    ('40001', 'Restart read required at: { read: 1 }'),
    ('40P01', 'deadlock detected'),
    ('XX000', 'Timed out: Perform RPC timed out after 60s while reaching out to the tablet servers'))");
  put("tables/table.sql",
      "CREATE TABLE public.a (i int);\nCREATE TABLE public.b (i int);\nCREATE TABLE public.c (i "
      "int);\nCREATE TABLE public.d (i int);\nCREATE TABLE public.e (i int);");
  const ImportSchemaSummary summary = import();
  EXPECT_EQ(summary.created, 5U);
  EXPECT_EQ(summary.failed, 0U);
  EXPECT_EQ(value("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'"), "5");
  EXPECT_THAT(status_->warnings(), SizeIs(5));
  EXPECT_THAT(status_->warnings(),
              Contains(AllOf(HasSubstr("tables/table.sql, line 3,"), HasSubstr("40001"))));
}

TEST_F(ImportSchemaTest, AnExtensionThatTheServerLacksIsNamedAndTheRestIsCreated) {
  put("extensions/extension.sql",
      "CREATE EXTENSION IF NOT EXISTS no_such_extension WITH SCHEMA public;");
  put("tables/table.sql", "CREATE TABLE public.t (a int);");
  const ImportSchemaSummary summary = import();
  EXPECT_EQ(summary.created, 1U);
  EXPECT_EQ(summary.failed, 1U);
  EXPECT_THAT(status_->warnings(),
              Contains(HasSubstr("does not have extension \"no_such_extension\"")));
}

TEST_F(ImportSchemaTest, WhatAnotherSessionMakesAtThisMomentExists) {
  if (server_->real()) GTEST_SKIP() << "DDL of YugabyteDB is not transactional";
  put("tables/table.sql", "CREATE TABLE public.t (a int);");
  std::thread other([&] { execute("CREATE TABLE public.t (a int); SELECT pg_sleep(1.5)"); });
  while (value("SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'PgSleep'") != "1")
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  const ImportSchemaSummary summary = import(true);
  other.join();
  EXPECT_EQ(summary.existed, 1U);
  EXPECT_EQ(summary.failed, 0U);
}

TEST_F(ImportSchemaTest, ADatabaseThatIsNotColocatedIsAskedAbout) {
  if (server_->real()) GTEST_SKIP() << "a real database does not change its colocation";
  put("tables/table.sql", "CREATE TABLE public.t (a int) WITH (colocation=false);");
  status_ = std::make_unique<testing::RecordingStatus>(false);
  EXPECT_THROW(import(), Error);
  EXPECT_THAT(status_->questions(), SizeIs(1));
  EXPECT_EQ(value("SELECT to_regclass('public.t')"), "");

  execute("ALTER DATABASE " + database_ + " SET yb_shim.colocated = on");
  status_ = std::make_unique<testing::RecordingStatus>();
  EXPECT_EQ(import().created, 1U);
  EXPECT_THAT(status_->questions(), IsEmpty());
}

}  // namespace
}  // namespace voyager::schema
