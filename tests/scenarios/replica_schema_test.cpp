// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "base/file.hpp"
#include "scenarios/story.hpp"

namespace voyager::testing {
namespace {

namespace fs = std::filesystem;

const Words to_replica = {"import", "schema", "to", "source-replica", "--yes"};

const char* const shop = R"(
CREATE SCHEMA shop;
CREATE TYPE shop.mood AS ENUM ('calm', 'busy');
CREATE DOMAIN shop.price AS numeric(10, 2) CHECK (VALUE >= 0);
CREATE SEQUENCE shop.numbers INCREMENT BY 5;
CREATE TABLE shop.customer (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  name text COLLATE "C" NOT NULL,
  mood shop.mood DEFAULT 'calm',
  shout text GENERATED ALWAYS AS (upper(name)) STORED,
  UNIQUE (name, mood));
CREATE TABLE shop.orders (
  id int NOT NULL DEFAULT nextval('shop.numbers'),
  customer bigint REFERENCES shop.customer,
  placed date NOT NULL,
  total shop.price,
  PRIMARY KEY (id, placed)) PARTITION BY RANGE (placed);
CREATE TABLE shop.orders_old PARTITION OF shop.orders FOR VALUES FROM (MINVALUE) TO ('2024-01-01');
CREATE TABLE shop.orders_new PARTITION OF shop.orders FOR VALUES FROM ('2024-01-01') TO (MAXVALUE);
CREATE TABLE shop.note (id serial, body text);
CREATE UNIQUE INDEX note_id ON shop.note (id);
ALTER TABLE shop.note ALTER COLUMN id SET NOT NULL;
ALTER TABLE shop.note REPLICA IDENTITY USING INDEX note_id;
ALTER TABLE shop.note ADD CONSTRAINT short CHECK (length(body) < 99) NOT VALID;
CREATE INDEX orders_placed ON shop.orders (placed DESC);
CREATE INDEX customer_busy ON shop.customer (lower(name)) WHERE mood = 'busy';
CREATE FUNCTION shop.stamp() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN RETURN NEW; END$$;
CREATE TRIGGER stamped BEFORE UPDATE ON shop.orders FOR EACH ROW EXECUTE FUNCTION shop.stamp();
CREATE TRIGGER sleeping AFTER INSERT ON shop.note FOR EACH ROW EXECUTE FUNCTION shop.stamp();
ALTER TABLE shop.note DISABLE TRIGGER sleeping;
CREATE VIEW shop.total AS SELECT customer, sum(total) AS total FROM shop.orders GROUP BY 1;
CREATE MATERIALIZED VIEW shop.moods AS SELECT mood, count(*) FROM shop.customer GROUP BY mood;
CREATE UNIQUE INDEX moods_mood ON shop.moods (mood);
)";

/// The catalog as lines of text; what has no name in SQL (oids, numbers of attributes) left out.
const char* const catalog_sql = R"(
SELECT 'column', c.oid::regclass::text, a.attname, concat_ws(' ', format_type(a.atttypid, a.atttypmod),
    a.attnotnull, a.attidentity, a.attgenerated, a.attcollation::regcollation,
    pg_get_expr(d.adbin, d.adrelid))
  FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
  LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
  WHERE c.relnamespace = 'shop'::regnamespace AND a.attnum > 0 AND c.relkind IN ('r', 'p', 'v', 'm')
UNION ALL
SELECT 'table', oid::regclass::text, relreplident::text, concat_ws(' ', relkind, relispartition,
    pg_get_expr(relpartbound, oid), pg_get_partkeydef(oid))
  FROM pg_class WHERE relnamespace = 'shop'::regnamespace AND relkind IN ('r', 'p', 'v', 'm')
UNION ALL
SELECT 'constraint', conrelid::regclass::text, conname,
    concat_ws(' ', pg_get_constraintdef(oid), convalidated, conparentid <> 0)
  FROM pg_constraint WHERE connamespace = 'shop'::regnamespace
UNION ALL
SELECT 'index', indrelid::regclass::text, indexrelid::regclass::text, concat_ws(' ',
    pg_get_indexdef(indexrelid), indisvalid, indisprimary, indisreplident, relispartition)
  FROM pg_index JOIN pg_class i ON i.oid = indexrelid WHERE relnamespace = 'shop'::regnamespace
UNION ALL
SELECT 'trigger', tgrelid::regclass::text, tgname,
    concat_ws(' ', pg_get_triggerdef(t.oid), tgenabled, tgparentid <> 0)
  FROM pg_trigger t JOIN pg_class c ON c.oid = tgrelid
  WHERE NOT tgisinternal AND relnamespace = 'shop'::regnamespace
UNION ALL
SELECT 'sequence', sequencename, data_type::text, concat_ws(' ', start_value, increment_by, cycle)
  FROM pg_sequences WHERE schemaname = 'shop'
UNION ALL
SELECT 'view', viewname, '', definition FROM pg_views WHERE schemaname = 'shop'
ORDER BY 1, 2, 3, 4)";

/// A source with a shop whose schema is exported and then edited by hand, and an empty replica.
class ReplicaSchema : public ::testing::Test {
 protected:
  void SetUp() override {
    VOYAGER_REQUIRE_POSTGRES();
    server_ = std::make_unique<PgCluster>();
    server_->create_database("source");
    server_->create_database("replica");
    run_script(server_->endpoint("source"), shop);
    migration_ =
        std::make_unique<Migration>(server_->endpoint("source"), engine::Endpoint(), "shop");
    migration_->set_source_replica(server_->endpoint("replica"));
    migration_->command({"export", "schema"});
    edit();
  }
  Finished import(const Words& more = {}) { return migration_->command(with(more)); }
  Finished try_import(const Words& more = {}) { return migration_->try_command(with(more)); }
  Rows catalog(const std::string& database) const { return server_->query(database, catalog_sql); }
  std::string count(const std::string& from) const {
    return server_->value("replica", "SELECT count(*) FROM " + from);
  }
  fs::path schema() const { return migration_->export_directory() / "export" / "schema"; }

  std::unique_ptr<PgCluster> server_;
  std::unique_ptr<Migration> migration_;

 private:
  /// As for YugabyteDB, and worse: nothing of it may reach the replica.
  void edit() const {
    write_file_atomically(schema() / "tables/table.sql",
                          "/* edited */ CREATE TABLE shop.orders (id int, edited int);");
    fs::remove(schema() / "triggers/trigger.sql");
  }
  static Words with(const Words& more) {
    Words words = to_replica;
    words.insert(words.end(), more.begin(), more.end());
    return words;
  }
};

TEST_F(ReplicaSchema, ComesInTwoStepsAndIsTheSourcesOwn) {
  import();
  EXPECT_EQ(count("pg_tables WHERE schemaname = 'shop'"), "5");
  EXPECT_EQ(count("pg_constraint WHERE contype IN ('p', 'u', 'f') AND conparentid = 0 AND "
                  "connamespace = 'shop'::regnamespace"),
            "4");
  EXPECT_EQ(count("pg_constraint WHERE NOT convalidated"), "0");
  EXPECT_EQ(count("pg_trigger WHERE NOT tgisinternal"), "0");
  EXPECT_EQ(count("pg_index i JOIN pg_class c ON c.oid = indexrelid WHERE NOT indisunique "
                  "AND relnamespace = 'shop'::regnamespace"),
            "0");
  import({"--post-snapshot-import", "true", "--refresh-mviews", "true"});
  EXPECT_EQ(catalog("replica"), catalog("source"));
  EXPECT_EQ(count("pg_matviews WHERE NOT ispopulated"), "0");
}

TEST_F(ReplicaSchema, MayBeAskedForAgain) {
  import();
  import({"--ignore-exist", "true"});
  import({"--post-import-data", "true"});
  import({"--ignore-exist", "true"});
  import({"--post-import-data", "true", "--ignore-exist", "true"});
  EXPECT_EQ(catalog("replica"), catalog("source"));
}

TEST_F(ReplicaSchema, IsCompletedHoweverOftenItIsKilled) {
  for (const Words& step : {Words{}, Words{"--post-snapshot-import", "true"}}) {
    Words again = {"--ignore-exist", "true"};
    again.insert(again.end(), step.begin(), step.end());
    // Each run gets one statement further than the one before it.
    constexpr int most_kills = 200;
    int kills = 0;
    for (bool whole = false; !whole && kills < most_kills; ++kills) {
      migration_->set_environment("VOYAGER_FAILPOINT",
                                  "import_schema.statement:" + std::to_string(kills + 1));
      whole = try_import(again).exit_code == 0;
    }
    EXPECT_GT(kills, 5);
    EXPECT_LT(kills, most_kills);
  }
  EXPECT_EQ(catalog("replica"), catalog("source"));
}

TEST_F(ReplicaSchema, WhatExistsIsAFailureInItsOwnFileAndIsReplacedByACleanStart) {
  import();
  const Finished refused = try_import();
  EXPECT_NE(refused.exit_code, 0);
  EXPECT_NE(refused.errors.find("E4101"), std::string::npos) << refused.errors;
  EXPECT_TRUE(fs::exists(schema() / "failed-source-replica.sql"));
  EXPECT_FALSE(fs::exists(schema() / "failed.sql"));
  import({"--start-clean", "true"});
  EXPECT_FALSE(fs::exists(schema() / "failed-source-replica.sql"));
  import({"--post-snapshot-import", "true"});
  EXPECT_EQ(catalog("replica"), catalog("source"));
}

TEST_F(ReplicaSchema, NeedsTheUntouchedExport) {
  fs::remove_all(migration_->export_directory() / "export/metainfo/source-schema");
  const Finished refused = try_import();
  EXPECT_EQ(refused.exit_code, 1);
  EXPECT_NE(refused.errors.find("E4106"), std::string::npos) << refused.errors;
  EXPECT_NE(refused.errors.find("export schema"), std::string::npos) << refused.errors;
  EXPECT_EQ(count("pg_tables WHERE schemaname = 'shop'"), "0");
}

TEST_F(ReplicaSchema, AFirstExportThatIsKilledBetweenItsDirectoriesIsJustRepeated) {
  Migration fresh(server_->endpoint("source"), engine::Endpoint(), "shop");
  fresh.set_source_replica(server_->endpoint("replica"));
  fresh.set_environment("VOYAGER_FAILPOINT", "export_schema.between_directories:1");
  EXPECT_NE(fresh.try_command({"export", "schema"}).exit_code, 0);
  fresh.set_environment("VOYAGER_FAILPOINT", "");
  fresh.command({"export", "schema"});
  fresh.command(to_replica);
}

TEST_F(ReplicaSchema, ARepeatedExportThatIsKilledBetweenItsDirectoriesIsRefusedUntilItIsWhole) {
  migration_->set_environment("VOYAGER_FAILPOINT", "export_schema.between_directories:1");
  const Words export_again = {"export", "schema", "--start-clean", "true", "--yes"};
  EXPECT_NE(migration_->try_command(export_again).exit_code, 0);
  migration_->set_environment("VOYAGER_FAILPOINT", "");
  EXPECT_NE(try_import().errors.find("E4106"), std::string::npos);
  migration_->command(export_again);
  import();
  import({"--post-snapshot-import", "true"});
  EXPECT_EQ(catalog("replica"), catalog("source"));
}

}  // namespace
}  // namespace voyager::testing
