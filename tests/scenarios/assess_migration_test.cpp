// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>

#include <filesystem>
#include <nlohmann/json.hpp>

#include "base/file.hpp"
#include "scenarios/story.hpp"

namespace voyager::testing {
namespace {

using ::testing::AllOf;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::IsSupersetOf;
using ::testing::Not;
namespace fs = std::filesystem;

constexpr const char* shop_sql = R"(
CREATE TABLE orders (id bigint PRIMARY KEY, state text, of xml, note text);
CREATE INDEX orders_state ON orders (state);
CREATE INDEX orders_id_state ON orders (state, id);
CREATE INDEX orders_note ON orders (note);
CREATE TABLE days (day date NOT NULL, id int, PRIMARY KEY (day, id)) PARTITION BY RANGE (day);
CREATE TABLE days_1 PARTITION OF days FOR VALUES FROM ('2020-01-01') TO ('2021-01-01');
CREATE FUNCTION locked() RETURNS void LANGUAGE plpgsql AS 'BEGIN PERFORM pg_advisory_lock(1); END';
CREATE VIEW first_names AS SELECT xpath('/a', of) FROM orders;
INSERT INTO orders SELECT i, 'state ' || i % 3, '<a/>', 'secret ' || i FROM generate_series(1, 5000) i;
INSERT INTO days SELECT '2020-01-01'::date + i, i FROM generate_series(1, 100) i;
CREATE EXTENSION pg_stat_statements;
ANALYZE;
SELECT xmin FROM orders WHERE id = 1;
SELECT pg_stat_force_next_flush())";

class AssessMigrationScenario : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    if (!PgCluster::available()) return;
    ClusterOptions options;
    options.settings = {{"shared_preload_libraries", "pg_stat_statements"}, {"autovacuum", "off"}};
    cluster_ = std::make_unique<PgCluster>(options);
    cluster_->create_database("shop");
    cluster_->execute("shop", shop_sql);
  }
  static void TearDownTestSuite() { cluster_.reset(); }

  void SetUp() override { VOYAGER_REQUIRE_POSTGRES(); }

  engine::Endpoint source() const { return cluster_->endpoint("shop"); }
  fs::path exported(const Migration& migration) const {
    return migration.export_directory() / "export";
  }
  fs::path report(const Migration& migration, const std::string& format) const {
    return exported(migration) / ("assessment/reports/migration_assessment_report." + format);
  }
  nlohmann::json json(const Migration& migration) const {
    return nlohmann::json::parse(read_file(report(migration, "json")));
  }
  /// Without the wait for the counters.
  static Words assess(const Words& more = {}) {
    Words words{"assess-migration", "--iops-capture-interval", "0",    "--target-db-version",
                "2024.1.0.0",       "--primary-only",          "--yes"};
    words.insert(words.end(), more.begin(), more.end());
    return words;
  }

  static std::unique_ptr<PgCluster> cluster_;
};

std::unique_ptr<PgCluster> AssessMigrationScenario::cluster_;

/// "ADVISORY_LOCKS of FUNCTION public.locked"; queries without their numbers.
std::vector<std::string> issues_in(const nlohmann::json& report) {
  std::vector<std::string> issues;
  for (const auto& issue : report["AssessmentIssues"]) {
    const std::string type = issue["ObjectType"];
    issues.push_back(issue["Type"].get<std::string>() + " of " + type +
                     (type == "QUERY" ? "" : " " + issue["ObjectName"].get<std::string>()));
  }
  return issues;
}

TEST_F(AssessMigrationScenario, TellsWhatTheSourceHasAndNeeds) {
  Migration migration(source(), source());
  const Finished finished = migration.command(assess());
  EXPECT_THAT(finished.output,
              AllOf(HasSubstr("The source shop for YugabyteDB 2024.1.0.0"),
                    HasSubstr("3 nodes of 4 vCPU, 16 GiB"), HasSubstr("3 colocated, 0 sharded"),
                    HasSubstr("| Complexity    | MEDIUM"),
                    HasSubstr("Report: " + report(migration, "html").string())));
  const nlohmann::json found = json(migration);
  EXPECT_EQ(found["SchemaSummary"]["DbName"], "shop");
  EXPECT_EQ(found["SchemaSummary"]["DbVersion"], cluster_->value("shop", "SHOW server_version"));
  EXPECT_THAT(
      issues_in(found),
      IsSupersetOf({"UNSUPPORTED_DATATYPE_XML of TABLE public.orders",
                    "ADVISORY_LOCKS of FUNCTION public.locked",
                    "XML_FUNCTIONS of VIEW public.first_names",
                    "REDUNDANT_INDEXES of INDEX orders_state ON public.orders",
                    "INDEX_ON_LOW_CARDINALITY_COLUMN of INDEX orders_state ON public.orders",
                    "SYSTEM_COLUMN_XMIN of QUERY"}));
  EXPECT_THAT(
      issues_in(found),
      Not(Contains("INDEX_ON_LOW_CARDINALITY_COLUMN of INDEX orders_note ON public.orders")));
  EXPECT_EQ(found["Sizing"]["SizingRecommendation"]["ColocatedTables"],
            nlohmann::json({"public.days", "public.days_1", "public.orders"}));
  EXPECT_EQ(found["NumReplicasUsed"], 0);
  EXPECT_THAT(read_file(report(migration, "html")),
              HasSubstr("<title>Migration assessment report of shop</title>"));
}

TEST_F(AssessMigrationScenario, KeepsNoRowsOfTheSource) {
  Migration migration(source(), source());
  migration.command(assess());
  for (const auto& entry : fs::recursive_directory_iterator(exported(migration))) {
    if (!entry.is_regular_file()) continue;
    EXPECT_THAT(read_file(entry.path()), Not(HasSubstr("secret "))) << entry.path();
  }
}

TEST_F(AssessMigrationScenario, CountsReadsAndWritesOfAReplicaToo) {
  ClusterOptions options;
  options.primary = cluster_.get();
  options.settings = {{"shared_preload_libraries", "pg_stat_statements"}};
  const PgCluster replica(options);
  Migration migration(source(), source());
  migration.command({"assess-migration", "--iops-capture-interval", "1",
                     "--source-read-replica-endpoints",
                     replica.socket_directory() + ":" + std::to_string(replica.port()), "--yes"});
  const nlohmann::json found = json(migration);
  EXPECT_EQ(found["NumReplicasUsed"], 1);
  EXPECT_EQ(found["TableIndexStats"][0]["ReadsPerSecond"], 0);
  EXPECT_THAT(read_file(report(migration, "html")), HasSubstr("with 1 replica"));
}

TEST_F(AssessMigrationScenario, TheMetadataGiveTheSameReportWithoutTheDatabase) {
  Migration migration(source(), source());
  migration.command(assess());
  const std::string before = read_file(report(migration, "json"));
  const std::string metadata = (exported(migration) / "assessment/metadata").string();
  // Nobody listens there.
  Migration elsewhere(source(), source());
  const Words words{"assess-migration", "--assessment-metadata-dir", metadata,
                    "--target-db-version", "2024.1.0.0"};
  elsewhere.command(words);
  EXPECT_EQ(read_file(report(elsewhere, "json")), before);
  EXPECT_EQ(read_file(report(elsewhere, "html")), read_file(report(migration, "html")));
  EXPECT_TRUE(fs::exists(exported(elsewhere) / "assessment/metadata/schema/schema.sql"));

  // In place, for another release.
  migration.command({"assess-migration", "--assessment-metadata-dir", metadata, "--start-clean",
                     "true", "--target-db-version", "2025.2.0.0"});
  EXPECT_THAT(issues_in(json(migration)),
              Not(Contains("ADVISORY_LOCKS of FUNCTION public.locked")));
  EXPECT_TRUE(fs::exists(fs::path(metadata) / "schema/schema.sql"));
}

TEST_F(AssessMigrationScenario, SwitchesLeaveOutQueriesAndBodies) {
  Migration migration(source(), source());
  migration.set_environment("REPORT_UNSUPPORTED_QUERY_CONSTRUCTS", "false");
  migration.set_environment("REPORT_UNSUPPORTED_PLPGSQL_OBJECTS", "false");
  migration.command(assess());
  EXPECT_THAT(issues_in(json(migration)),
              AllOf(Contains("XML_FUNCTIONS of VIEW public.first_names"),
                    Not(Contains("ADVISORY_LOCKS of FUNCTION public.locked")),
                    Not(Contains("SYSTEM_COLUMN_XMIN of QUERY"))));
}

TEST_F(AssessMigrationScenario, AnEarlierAssessmentIsReplacedOnlyWhenAskedTo) {
  Migration migration(source(), source());
  migration.command(assess());
  const std::string before = read_file(report(migration, "json"));
  const Finished again = migration.try_command(assess());
  EXPECT_EQ(again.exit_code, 1);
  EXPECT_THAT(again.errors, HasSubstr("E4306 "));
  EXPECT_EQ(read_file(report(migration, "json")), before);
  migration.command(assess({"--start-clean", "true"}));
}

TEST_F(AssessMigrationScenario, BadInputIsOneLineAndLeavesNothing) {
  struct Case {
    Words words;
    int exit_code;
    const char* line;
  };
  const std::vector<Case> cases{
      {{"assess-migration", "--assessment-metadata-dir", "/nonexistent"}, 1, "E4303 "},
      {assess({"--target-db-version", "newest"}), 2, "E4201 "},
      {assess({"--iops-capture-interval", "-1"}), 2, "E1002 "},
      {assess({"--source-read-replica-endpoints", "localhost"}), 2, "E1006 "},
  };
  for (const Case& one : cases) {
    Migration migration(source(), source());
    const Finished finished = migration.try_command(one.words);
    EXPECT_EQ(finished.exit_code, one.exit_code) << finished.errors;
    EXPECT_THAT(finished.errors, HasSubstr(one.line));
    EXPECT_FALSE(fs::exists(exported(migration) / "assessment")) << finished.errors;
  }
}

TEST_F(AssessMigrationScenario, ASchemaThatIsNotThereIsNamed) {
  Migration migration(source(), source(), "public,nosuch");
  const Finished finished = migration.try_command(assess());
  EXPECT_EQ(finished.exit_code, 1);
  EXPECT_THAT(finished.errors,
              HasSubstr("E4307 the source has no schema nosuch. Correct --source-db-schema; there "
                        "are: public"));
  EXPECT_FALSE(fs::exists(exported(migration) / "assessment"));
}

TEST_F(AssessMigrationScenario, AConnectionIsNeededWithoutMetadata) {
  Migration migration(source(), source());
  const Finished finished =
      migration.try_command({"assess-migration", "--assessment-metadata-dir", ""});
  EXPECT_EQ(finished.exit_code, 2);
  EXPECT_THAT(finished.errors,
              HasSubstr("E1003 missing: --source-db-type, --source-db-user, --source-db-name"));
}

TEST_F(AssessMigrationScenario, ADatabaseWithoutTablesHasNothingToSize) {
  cluster_->create_database("empty");
  Migration migration(cluster_->endpoint("empty"), source());
  migration.command(assess());
  const nlohmann::json found = json(migration);
  EXPECT_TRUE(found["Sizing"]["SizingRecommendation"].is_null());
  EXPECT_EQ(found["Sizing"]["FailureReasoning"], "There is no table to size a cluster for.");
  EXPECT_EQ(found["MigrationComplexity"], "LOW");
}

}  // namespace
}  // namespace voyager::testing
