// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <set>

#include "base/file.hpp"
#include "scenarios/story.hpp"
#include "schema/split.hpp"

namespace voyager::testing {
namespace {

namespace fs = std::filesystem;
using ::testing::AllOf;
using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::Not;
using Statements = std::multiset<std::string>;

const char* const shop = R"(
CREATE SCHEMA shop;
CREATE TABLE shop.customer (id int PRIMARY KEY, name text NOT NULL, since date NOT NULL UNIQUE,
  CONSTRAINT named UNIQUE (name, since));
CREATE TABLE shop.visit (at timestamptz, customer int REFERENCES shop.customer, note text,
  PRIMARY KEY (at, customer));
CREATE TABLE shop.sale (id bigint, day date, amount numeric, PRIMARY KEY (day, id))
  PARTITION BY RANGE (day);
CREATE TABLE shop.sale_old PARTITION OF shop.sale FOR VALUES FROM (MINVALUE) TO ('2024-01-01')
  PARTITION BY LIST (id);
CREATE TABLE shop.sale_old_1 PARTITION OF shop.sale_old FOR VALUES IN (1);
CREATE TABLE shop.sale_new PARTITION OF shop.sale DEFAULT;
CREATE INDEX visit_at ON shop.visit (at);
CREATE INDEX customer_since ON shop.customer (since DESC);
CREATE INDEX visit_customer ON shop.visit (customer);
CREATE INDEX visit_customer_at ON shop.visit (customer, at);
CREATE INDEX sale_day ON shop.sale (day, amount);
CREATE INDEX visit_day ON shop.visit ((at AT TIME ZONE 'UTC'), customer);
CREATE FUNCTION shop.is_good(c shop.customer) RETURNS bool LANGUAGE sql IMMUTABLE
  RETURN (c).name <> '';
ALTER TABLE shop.customer ADD CONSTRAINT good CHECK (shop.is_good(customer));
ALTER TABLE shop.customer REPLICA IDENTITY USING INDEX named;
)";

/// Keys, constraints and indexes by what they are, without the order that YugabyteDB's own grammar
/// gives them.
const char* const made_sql = R"(
SELECT conrelid::regclass || ' ' || conname || ' ' || pg_get_constraintdef(oid)
  FROM pg_constraint WHERE connamespace = 'shop'::regnamespace
UNION ALL
SELECT indexrelid::regclass || ' ' || pg_get_indexdef(indexrelid)
  FROM pg_index JOIN pg_class i ON i.oid = indexrelid
  WHERE relnamespace = 'shop'::regnamespace AND indisvalid
ORDER BY 1)";

std::vector<std::string> made(const engine::Endpoint& database) {
  std::vector<std::string> lines;
  for (const auto& row : query(database, made_sql)) lines.push_back(row[0].value_or(""));
  return lines;
}

/// An export, and the directories that it fills.
class ExportedSchema {
 public:
  ExportedSchema(const engine::Endpoint& source, const engine::Endpoint& target)
      : migration_(source, target, "shop") {}

  Migration& migration() { return migration_; }
  Finished export_schema(const Words& more = {}) {
    Words words = {"export", "schema"};
    words.insert(words.end(), more.begin(), more.end());
    return migration_.command(words);
  }
  fs::path directory() const { return migration_.export_directory() / "export"; }
  Statements in(const fs::path& folder) const {
    Statements statements;
    for (const auto& entry : fs::recursive_directory_iterator(directory() / folder)) {
      if (!entry.is_regular_file()) continue;
      for (schema::Statement& one : schema::split_statements(read_file(entry.path())))
        statements.insert(std::move(one.text));
    }
    return statements;
  }
  Statements written() const { return in("schema"); }
  Statements originals() const { return in("metainfo/source-schema"); }
  std::string page() const {
    return read_file(directory() / "reports/schema_optimization_report.html");
  }

 private:
  Migration migration_;
};

class OptimizedSchema : public ::testing::Test {
 protected:
  void SetUp() override {
    VOYAGER_REQUIRE_POSTGRES();
    VOYAGER_REQUIRE_TARGET();
    servers_ = std::make_unique<TwoServers>();
    run_script(servers_->source(), shop);
    exported_ = std::make_unique<ExportedSchema>(servers_->source(), servers_->target());
  }
  Migration& migration() { return exported_->migration(); }

  std::unique_ptr<TwoServers> servers_;
  std::unique_ptr<ExportedSchema> exported_;
};

const Words off = {"--skip-performance-recommendations", "true",
                   "--skip-colocation-recommendations", "true"};

TEST_F(OptimizedSchema, IsImportedWithAllItsKeysAndWithoutRedundantIndexes) {
  exported_->export_schema();
  const Finished imported = migration().command({"import", "schema"});
  EXPECT_EQ(value(servers_->target(),
                  "SELECT count(*) FROM pg_index WHERE indisprimary AND "
                  "indrelid::regclass::text LIKE 'shop.%'"),
            "6")
      << imported.output;
  migration().command({"finalize-schema-post-data-import"});
  std::vector<std::string> expected = made(servers_->source());
  std::erase_if(expected, [](const std::string& line) {
    return line.starts_with("shop.visit_at ") || line.starts_with("shop.visit_customer ");
  });
  EXPECT_EQ(made(servers_->target()), expected);
}

TEST_F(OptimizedSchema, SaysEachChangeAndKeepsTheOriginals) {
  const Finished finished = exported_->export_schema();
  const Statements written = exported_->written();
  EXPECT_THAT(written, Contains(HasSubstr("visit_pkey PRIMARY KEY (at ASC, customer)")));
  EXPECT_THAT(written, Contains(HasSubstr("sale_old_1_pkey PRIMARY KEY (day ASC, id)")));
  EXPECT_THAT(written, Contains(HasSubstr("sale_day ON ONLY shop.sale USING btree (day "
                                          "ASC, amount)")));
  EXPECT_THAT(written, Contains(HasSubstr("UNIQUE USING INDEX \"customer_since_key\"")));
  EXPECT_THAT(written, Contains(HasSubstr("ADD CONSTRAINT good CHECK")));
  EXPECT_THAT(finished.output, HasSubstr("schema_optimization_report.html"));
  const std::string page = exported_->page();
  for (const char* object : {"shop.customer", "shop.visit", "shop.sale_old_1", "visit_at ON",
                             "visit_customer ON", "sale_day ON", "sale_new_day_amount_idx ON"})
    EXPECT_THAT(page, HasSubstr(object));
  EXPECT_THAT(page, HasSubstr("CHECK good of shop.customer stays an ALTER TABLE"));

  ExportedSchema plain(servers_->source(), servers_->target());
  plain.migration().set_environment("YB_VOYAGER_SKIP_MERGE_CONSTRAINTS_TRANSFORMATIONS", "true");
  const Finished unchanged = plain.export_schema(off);
  EXPECT_EQ(plain.written(), plain.originals());
  EXPECT_EQ(exported_->originals(), plain.originals());
  EXPECT_THAT(plain.page(), Not(HasSubstr("Before")));
  EXPECT_THAT(unchanged.output, HasSubstr("off"));
}

TEST_F(OptimizedSchema, IsExportedAgainAfterAKillBetweenItsDirectories) {
  migration().set_environment("VOYAGER_FAILPOINT", "export_schema.between_directories:1");
  EXPECT_NE(migration().try_command({"export", "schema"}).exit_code, 0);
  migration().set_environment("VOYAGER_FAILPOINT", "");
  exported_->export_schema();
  ExportedSchema other(servers_->source(), servers_->target());
  other.export_schema();
  EXPECT_EQ(exported_->written(), other.written());
  EXPECT_EQ(exported_->originals(), other.originals());
}

TEST_F(OptimizedSchema, ShardsTheTablesThatAnAssessmentWantsSharded) {
  const fs::path report = migration().export_directory() / "assessed.json";
  write_file_atomically(
      report, R"({"Sizing": {"SizingRecommendation": {"ShardedTables": ["shop.sale"]}}})");
  exported_->export_schema({"--assessment-report-path", report.string()});
  EXPECT_FALSE(fs::exists(exported_->directory() / "assessment/reports"));
  const Statements written = exported_->written();
  for (const char* table : {"sale", "sale_old", "sale_old_1", "sale_new"})
    EXPECT_THAT(written, Contains(AllOf(HasSubstr(std::string("CREATE TABLE shop.") + table + " "),
                                        HasSubstr("\nWITH (colocation = false)"))));
  const Finished asked = migration().try_command({"import", "schema"});
  EXPECT_NE(asked.exit_code, 0);
  EXPECT_THAT(asked.errors, HasSubstr("the assessment recommends"));
  migration().command({"import", "schema", "--yes"});
  EXPECT_EQ(value(servers_->target(), "SELECT count(*) FROM pg_tables WHERE schemaname = 'shop'"),
            "6");
}

TEST_F(OptimizedSchema, IsExportedWhateverBecomesOfTheAssessment) {
  exported_->export_schema();
  const fs::path report =
      exported_->directory() / "assessment/reports/migration_assessment_report.json";
  EXPECT_TRUE(fs::exists(report));
  write_file_atomically(report, "{}");
  const Words again = {"--start-clean", "true", "--yes"};
  EXPECT_THAT(exported_->export_schema(again).output, HasSubstr("No table will say"));
  EXPECT_THAT(exported_->page(), HasSubstr("there is no assessment"));

  ExportedSchema other(servers_->source(), servers_->target());
  other.export_schema({"--assess-schema-before-export", "false"});
  EXPECT_FALSE(fs::exists(other.directory() / "assessment/reports"));
  EXPECT_EQ(other.written(), exported_->written());
}

TEST_F(OptimizedSchema, IsAnalysedWithoutSyntaxErrors) {
  exported_->export_schema();
  migration().command({"analyze-schema"});
  const std::string report =
      read_file(exported_->directory() / "reports/schema_analysis_report.json");
  EXPECT_THAT(report, Not(HasSubstr("UNSUPPORTED_PG_SYNTAX")));
  EXPECT_THAT(report, HasSubstr("HOTSPOTS_ON_TIMESTAMP_PK_UK"));
}

/// The sample schemas of the tests: what is optimised has the same constraints as what is not.
class OptimizedSample : public ::testing::TestWithParam<fs::path> {};

std::vector<fs::path> samples() {
  std::vector<fs::path> found;
  for (const auto& entry : fs::directory_iterator(VOYAGER_TEST_SCHEMAS))
    if (entry.path().extension() == ".sql") found.push_back(entry.path());
  std::sort(found.begin(), found.end());
  return found;
}

Words import_words(const char* phase) {
  const bool first = std::string_view(phase) == "import";
  Words words = first ? Words{"import", "schema"} : Words{"finalize-schema-post-data-import"};
  words.insert(words.end(), {"--continue-on-error", "true", "--yes"});
  return words;
}

/// Constraints and unique indexes of all user schemas.
Rows constraints(const engine::Endpoint& database) {
  return query(database,
               "SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid), "
               "convalidated::text FROM pg_constraint "
               "WHERE connamespace >= 16384 OR connamespace = 'public'::regnamespace "
               "ORDER BY 1, 2, 3");
}

TEST_P(OptimizedSample, HasTheSameConstraintsOnTheTarget) {
  VOYAGER_REQUIRE_POSTGRES();
  VOYAGER_REQUIRE_TARGET();
  PgCluster source;
  source.create_database("source");
  source.execute("source", "CREATE ROLE staff");
  std::string script;
  for (const schema::Statement& one : schema::split_statements(read_file(GetParam())))
    if (one.text.find("postgis") == std::string::npos) script += one.text + ";\n";
  source.execute("source", script);
  TargetServer target;
  target.create_database("plain");
  target.create_database("optimized");
  target.execute("plain", "CREATE ROLE staff");
  for (const std::string name : {"plain", "optimized"}) {
    Migration migration(source.endpoint("source"), target.endpoint(name), "");
    Words words = {"export", "schema"};
    if (name == "plain") {
      words.insert(words.end(), off.begin(), off.end());
      migration.set_environment("YB_VOYAGER_SKIP_MERGE_CONSTRAINTS_TRANSFORMATIONS", "true");
    }
    migration.command(words);
    migration.try_command(import_words("import"));
    migration.try_command(import_words("finalize"));
  }
  EXPECT_EQ(constraints(target.endpoint("optimized")), constraints(target.endpoint("plain")));
  const char* const invalid = "SELECT count(*) FROM pg_index WHERE NOT indisvalid";
  EXPECT_EQ(target.value("optimized", invalid), target.value("plain", invalid));
}

std::string case_name(const ::testing::TestParamInfo<fs::path>& sample) {
  return sample.param.stem().string();
}
INSTANTIATE_TEST_SUITE_P(Samples, OptimizedSample, ::testing::ValuesIn(samples()), case_name);

}  // namespace
}  // namespace voyager::testing
