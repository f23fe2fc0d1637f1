// SPDX-License-Identifier: Apache-2.0
#include "schema/categorize.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.hpp"
#include "schema/pg_dump.hpp"
#include "schema/split.hpp"

namespace voyager::schema {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr const char* dump = R"(--
-- PostgreSQL database dump
--

\restrict Zx9

SET statement_timeout = 0;
SELECT pg_catalog.set_config('search_path', '', false);

CREATE SCHEMA app;

CREATE TABLE app.b (id integer);

CREATE TABLE app.a (id integer DEFAULT 1);

DO $$ BEGIN NULL; END $$;

CREATE INDEX i ON app.a USING btree (id);

--
-- PostgreSQL database dump complete
--

\unrestrict Zx9

)";

TEST(Categorize, EveryStatementLandsInOnePlace) {
  const Categorized sorted = categorize(dump, selected_types({}, {}));
  EXPECT_EQ(sorted.statements_read, 7U);
  EXPECT_EQ(sorted.left_out, 2U);
  EXPECT_THAT(sorted.uncategorized, ElementsAre("DO $$ BEGIN NULL; END $$"));
  EXPECT_THAT(sorted.schemas, ElementsAre("app"));
  EXPECT_THAT(
      sorted.statements.at(ObjectType::table),
      ElementsAre("CREATE TABLE app.b (id integer)", "CREATE TABLE app.a (id integer DEFAULT 1)"));
  EXPECT_EQ(sorted.statements.at(ObjectType::index).size(), 1U);
}

TEST(Categorize, UnwantedTypesAreCountedAsLeftOut) {
  const Categorized sorted = categorize(dump, selected_types({"TABLE"}, {}));
  EXPECT_EQ(sorted.left_out, 4U);
  EXPECT_EQ(sorted.statements.size(), 1U);
  EXPECT_THAT(sorted.schemas, ElementsAre("app"));
}

TEST(Categorize, BackslashStringsAreRefused) {
  EXPECT_THROW(categorize("--\n\nSET standard_conforming_strings = off;\n", selected_types({}, {})),
               Error);
}

TEST(AsFile, IsReadBackAsTheSameStatements) {
  const std::string file = as_file({"CREATE TABLE a (i int)", "SELECT ';'"});
  EXPECT_EQ(file, "CREATE TABLE a (i int);\n\nSELECT ';';\n\n");
  EXPECT_EQ(split_statements(file).size(), 2U);
}

TEST(PgDumpCommand, SaysWhereTheDatabaseIsThroughTheEnvironmentOnly) {
  engine::Endpoint source;
  source.host = "db.example";
  source.port = 5433;
  source.database = "shop";
  source.user = "reader";
  source.password = Secret("s3:cr\\et");
  source.ssl_mode = "verify-full";
  source.ssl_root_cert = "/certs/root.pem";
  const Command command = pg_dump_command("pg_dump", source, false);
  for (const std::string& argument : command.arguments)
    EXPECT_THAT(argument, Not(HasSubstr("s3:cr")));
  for (const auto& [name, value] : command.environment)
    EXPECT_THAT(value, Not(HasSubstr("s3:cr"))) << name;
  EXPECT_EQ(command.private_files.at("PGPASSFILE"), "*:*:*:*:s3\\:cr\\\\et\n");
  EXPECT_EQ(command.environment.at("PGHOST"), "db.example");
  EXPECT_EQ(command.environment.at("PGPORT"), "5433");
  EXPECT_EQ(command.environment.at("PGDATABASE"), "shop");
  EXPECT_EQ(command.environment.at("PGUSER"), "reader");
  EXPECT_EQ(command.environment.at("PGSSLMODE"), "verify-full");
  EXPECT_EQ(command.environment.at("PGSSLROOTCERT"), "/certs/root.pem");
  EXPECT_EQ(command.environment.count("PGSSLKEY"), 0U);
  EXPECT_THAT(command.arguments, Contains("--no-comments"));
  EXPECT_THAT(command.arguments, Not(Contains(HasSubstr("--extension"))));
}

TEST(PgDumpCommand, SchemasAreExactNamesAndKeepTheExtensions) {
  engine::Endpoint source;
  source.schemas = {"Sales*", "b"};
  const Command command = pg_dump_command("pg_dump", source, true);
  EXPECT_THAT(command.arguments, Contains("--schema=\"Sales*\""));
  EXPECT_THAT(command.arguments, Contains("--schema=\"b\""));
  EXPECT_THAT(command.arguments, Contains("--extension=*"));
  EXPECT_THAT(command.arguments, Not(Contains("--no-comments")));
}

}  // namespace
}  // namespace voyager::schema
