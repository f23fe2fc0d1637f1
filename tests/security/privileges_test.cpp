// SPDX-License-Identifier: Apache-2.0
// The grants that the documents give, word for word, and a whole migration with nothing more.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "scenarios/story.hpp"

namespace voyager::testing {
namespace {

using ::testing::IsEmpty;

/// Of the reference's workflow documents, "Prepare the source database", for psql; with the owner,
/// the schemas and the database filled in.
constexpr const char* documented_for_source = R"sql(
CREATE USER ybvoyager PASSWORD 'password' REPLICATION;
SELECT 'GRANT USAGE ON SCHEMA ' || schema_name || ' TO ybvoyager;' FROM information_schema.schemata; \gexec
SELECT 'GRANT SELECT ON ALL TABLES IN SCHEMA ' || schema_name || ' TO ybvoyager;' FROM information_schema.schemata; \gexec

SELECT 'GRANT SELECT ON ALL SEQUENCES IN SCHEMA ' || schema_name || ' TO ybvoyager;' FROM information_schema.schemata; \gexec
CREATE ROLE replication_group;
GRANT replication_group TO shop_owner;
GRANT replication_group TO ybvoyager;
DO $$
DECLARE
   r Record;
BEGIN
   FOR r IN (SELECT table_schema, '"' || table_name || '"' as t_name FROM information_schema.tables WHERE table_schema IN ('public', 'sales'))
  LOOP
    EXECUTE 'ALTER TABLE ' || r.table_schema || '.' || r.t_name || ' OWNER TO replication_group';
  END LOOP;
END $$;
GRANT CREATE ON DATABASE shop TO ybvoyager; --required to create a publication.
)sql";

/// Of docs/guide/fall-back.md, for each schema.
constexpr const char* documented_for_fall_back = R"sql(
GRANT CREATE ON DATABASE shop TO ybvoyager;
GRANT SELECT, INSERT, UPDATE, DELETE, TRUNCATE ON ALL TABLES IN SCHEMA public TO ybvoyager;
GRANT SELECT, INSERT, UPDATE, DELETE, TRUNCATE ON ALL TABLES IN SCHEMA sales TO ybvoyager;
GRANT UPDATE ON ALL SEQUENCES IN SCHEMA public TO ybvoyager;
GRANT UPDATE ON ALL SEQUENCES IN SCHEMA sales TO ybvoyager;
GRANT SET ON PARAMETER session_replication_role TO ybvoyager;
)sql";

constexpr const char* setup = R"sql(
CREATE ROLE shop_owner;
CREATE SCHEMA sales;
CREATE TABLE public.item (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, name text);
CREATE TABLE sales.entry (id serial PRIMARY KEY, item_id int REFERENCES public.item, body text);
ALTER TABLE public.item OWNER TO shop_owner;
ALTER TABLE sales.entry OWNER TO shop_owner;
INSERT INTO public.item (name) SELECT 'n' || i FROM generate_series(1, 50) i;
INSERT INTO sales.entry (item_id, body) SELECT i, 'b' FROM generate_series(1, 50) i;
)sql";

ClusterOptions scram() {
  ClusterOptions options;
  options.password = "administrator";
  return options;
}

class Privileges : public ::testing::Test {
 protected:
  void SetUp() override {
    VOYAGER_REQUIRE_POSTGRES();
    VOYAGER_REQUIRE_TARGET();
    source_.emplace(scram());
    target_.emplace(scram());
    if (target_->real()) GTEST_SKIP() << "needs a target whose users it may make";
    source_->create_database("shop");
    target_->create_database("shop");
  }
  static engine::Endpoint as_ybvoyager(engine::Endpoint endpoint) {
    endpoint.user = "ybvoyager";
    endpoint.password = Secret("password");
    return endpoint;
  }

  std::optional<PgCluster> source_;
  std::optional<TargetServer> target_;
};

TEST_F(Privileges, TheDocumentedGrantsAreEnoughForAWholeMigrationAndItsWayBack) {
  run_script(source_->endpoint("shop"), setup);
  run_script(source_->endpoint("shop"), documented_for_source);
  run_script(source_->endpoint("shop"), documented_for_fall_back);
  run_script(target_->endpoint("shop"), "CREATE USER ybvoyager SUPERUSER PASSWORD 'password';");
  const engine::Endpoint source = as_ybvoyager(source_->endpoint("shop"));
  const engine::Endpoint target = as_ybvoyager(target_->endpoint("shop"));
  Migration migration(source, target, "public,sales");
  migration.move_schema();
  Child exporter = migration.start_export();
  migration.wait_for_slot(exporter);
  Child importer = migration.start_import();
  source_->execute("shop",
                   "INSERT INTO public.item (name) VALUES ('more'); UPDATE sales.entry SET body = "
                   "'changed' WHERE id < 10; DELETE FROM sales.entry WHERE id > 40");
  migration.initiate_cutover(true);
  migration.wait_for_cutover("source → target", {&exporter, &importer});
  EXPECT_THAT(differences(source, target, "public,sales"), IsEmpty());
  target_->execute("shop",
                   "INSERT INTO public.item (name) VALUES ('back'); UPDATE sales.entry SET body = "
                   "'back' WHERE id < 5; DELETE FROM sales.entry WHERE id > 30");
  migration.initiate_cutover_to("source");
  migration.wait_for_cutover("target → source", {&exporter, &importer});
  EXPECT_EQ(exporter.wait(), 0) << exporter.errors();
  EXPECT_EQ(importer.wait(), 0) << importer.errors();
  EXPECT_THAT(differences(source, target, "public,sales"), IsEmpty());
  migration.expect_verified();
  migration.end();
  EXPECT_EQ(left_behind(source_->endpoint("shop")), "");
  EXPECT_EQ(left_behind(target_->endpoint("shop")), "");
  EXPECT_EQ(source_->value("shop", "SELECT rolsuper FROM pg_roles WHERE rolname = 'ybvoyager'"),
            "f");
}

}  // namespace
}  // namespace voyager::testing
