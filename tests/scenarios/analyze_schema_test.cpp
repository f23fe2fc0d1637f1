// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "base/file.hpp"
#include "scenarios/story.hpp"

namespace voyager::testing {
namespace {

TEST(AnalyzeSchemaScenario, ReportsOnWhatExportSchemaWroteUntilItIsMended) {
  VOYAGER_REQUIRE_POSTGRES();
  const PgCluster cluster;
  cluster.execute("postgres",
                  "CREATE TABLE orders (id int PRIMARY KEY, of xml);"
                  "CREATE TABLE fine (id int PRIMARY KEY); CREATE VIEW v AS SELECT id FROM fine");
  Migration migration(cluster.endpoint(), cluster.endpoint());
  const auto directory = migration.export_directory() / "export";
  migration.command({"export", "schema"});
  const auto report = [&] {
    migration.command({"analyze-schema"});
    return nlohmann::json::parse(read_file(directory / "reports/schema_analysis_report.json"));
  };

  const nlohmann::json first = report();
  EXPECT_EQ(first["Summary"]["DbName"], "postgres");
  EXPECT_EQ(first["Summary"]["DbVersion"], cluster.value("postgres", "SHOW server_version"));
  ASSERT_EQ(first["Issues"].size(), 1U) << first["Issues"];
  EXPECT_EQ(first["Issues"][0]["Type"], "UNSUPPORTED_DATATYPE_XML");
  EXPECT_EQ(first["Issues"][0]["ObjectName"], "public.orders");

  const auto file = directory / first["Issues"][0]["FilePath"].get<std::string>();
  std::string sql = read_file(file);
  sql.replace(sql.find("of xml"), 6, "of text");
  write_file_atomically(file, sql);
  EXPECT_EQ(report()["Issues"].size(), 0U);
}

}  // namespace
}  // namespace voyager::testing
