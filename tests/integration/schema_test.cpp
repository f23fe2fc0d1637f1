// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <iterator>
#include <memory>
#include <set>

#include "base/error.hpp"
#include "base/file.hpp"
#include "engines/postgres/engine.hpp"
#include "schema/export_schema.hpp"
#include "schema/import_schema.hpp"
#include "schema/pg_dump.hpp"
#include "schema/split.hpp"
#include "support/pg_cluster.hpp"
#include "support/recording_status.hpp"
#include "support/temp_directory.hpp"

namespace voyager::schema {
namespace {

using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using testing::PgCluster;

/// An export directory with its meta.db.
struct Workspace {
  testing::TempDirectory directory;
  exportdir::Layout layout{directory.path()};
  exportdir::MetaDb meta = open(layout);
  testing::RecordingStatus status;

  static exportdir::MetaDb open(const exportdir::Layout& layout) {
    layout.create();
    return exportdir::MetaDb::open(layout, true);
  }
  std::string file(const std::string& path) const {
    const std::filesystem::path whole = layout.schema() / path;
    return std::filesystem::exists(whole) ? read_file(whole) : std::string();
  }
};

class SchemaTest : public ::testing::Test {
 protected:
  void SetUp() override {
    VOYAGER_REQUIRE_POSTGRES();
    cluster_ = std::make_unique<PgCluster>();
    cluster_->create_database("source");
    cluster_->create_database("target");
  }
  void load(const std::string& database, const char* file) {
    cluster_->execute(database, read_file(std::filesystem::path(VOYAGER_TEST_SCHEMAS) / file));
  }
  ExportSchemaSummary export_from(const std::string& database, Workspace& workspace,
                                  ExportSchemaOptions options = {}) {
    options.source = cluster_->endpoint(database);
    options.source.schemas = schemas_;
    return export_schema(workspace.layout, workspace.meta, options, workspace.status);
  }
  ImportSchemaSummary import_into(const std::string& database, Workspace& workspace,
                                  const ImportSchemaOptions& options = {}) {
    const auto target =
        postgres::make_target_engine(cluster_->endpoint(database), workspace.meta.migration_uuid());
    return import_schema(workspace.layout, workspace.meta, *target, options, workspace.status);
  }
  std::string count(const std::string& database, const std::string& from) {
    return cluster_->value(database, "SELECT count(*) FROM " + from);
  }

  std::vector<std::string> schemas_;
  std::unique_ptr<PgCluster> cluster_;
};

/// Every statement below a directory, without regard to files and order.
std::multiset<std::string> statements_below(const std::filesystem::path& directory) {
  std::multiset<std::string> statements;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(directory)) {
    if (!entry.is_regular_file()) continue;
    for (const Statement& statement : split_statements(read_file(entry.path())))
      statements.insert(statement.text);
  }
  return statements;
}

std::multiset<std::string> all_statements(const Workspace& workspace) {
  return statements_below(workspace.layout.schema());
}

std::vector<std::string> missing_from(const std::multiset<std::string>& wanted,
                                      const std::multiset<std::string>& there) {
  std::vector<std::string> missing;
  std::set_difference(wanted.begin(), wanted.end(), there.begin(), there.end(),
                      std::back_inserter(missing));
  return missing;
}

/// Statements that import schema leaves to the target.
void remove_replica_identity(std::multiset<std::string>& statements) {
  for (auto it = statements.begin(); it != statements.end();)
    it = it->find(" REPLICA IDENTITY ") == std::string::npos ? std::next(it) : statements.erase(it);
}

ImportSchemaOptions finalize() {
  ImportSchemaOptions options;
  options.post_snapshot_import = true;
  options.refresh_mviews = true;
  return options;
}

TEST_F(SchemaTest, EveryKindOfObjectComesOutOfTheTargetAsItWentIn) {
  load("source", "every_object.sql");
  Workspace first;
  ExportSchemaOptions with_comments;
  with_comments.comments_on_objects = true;
  const ExportSchemaSummary exported = export_from("source", first, with_comments);
  EXPECT_EQ(exported.uncategorized, 0U);
  EXPECT_THAT(first.file("uncategorized.sql"), IsEmpty());

  const ImportSchemaSummary imported = import_into("target", first);
  EXPECT_EQ(imported.failed, 0U);
  EXPECT_GT(imported.held_back, 10U);
  const ImportSchemaSummary finalized = import_into("target", first, finalize());
  EXPECT_EQ(finalized.created, imported.held_back);

  Workspace second;
  export_from("target", second, with_comments);
  std::multiset<std::string> before = all_statements(first);
  const std::multiset<std::string> after = all_statements(second);
  remove_replica_identity(before);
  EXPECT_THAT(missing_from(before, after), IsEmpty());
  EXPECT_THAT(missing_from(after, before), IsEmpty());
  EXPECT_EQ(count("target", "pg_catalog.pg_index WHERE NOT indisvalid"), "0");
  EXPECT_EQ(count("target", "pg_catalog.pg_matviews WHERE NOT ispopulated"), "0");
}

TEST_F(SchemaTest, EveryDocumentedFileIsWritten) {
  load("source", "every_object.sql");
  Workspace workspace;
  ExportSchemaOptions with_comments;
  with_comments.comments_on_objects = true;
  export_from("source", workspace, with_comments);
  EXPECT_THAT(workspace.file("schemas/schema.sql"), HasSubstr("CREATE SCHEMA \"Sales Dept\";"));
  EXPECT_THAT(workspace.file("tables/INDEXES_table.sql"),
              HasSubstr("CREATE INDEX customers_lower"));
  EXPECT_THAT(workspace.file("tables/foreign_table.sql"),
              HasSubstr("CREATE FOREIGN TABLE app.remote"));
  EXPECT_THAT(workspace.file("policies/policy.sql"), HasSubstr("ENABLE ROW LEVEL SECURITY"));
  EXPECT_THAT(workspace.file("mviews/mview.sql"), HasSubstr("app.z_sums"));
  EXPECT_THAT(workspace.file("sequences/sequence.sql"), HasSubstr("OWNED BY app.customers.id"));
  for (const char* path : {"collations/collation.sql", "extensions/extension.sql", "types/type.sql",
                           "domains/domain.sql", "tables/table.sql", "functions/function.sql",
                           "aggregates/aggregate.sql", "procedures/procedure.sql", "views/view.sql",
                           "triggers/trigger.sql", "rules/rule.sql", "comments/comment.sql",
                           "conversions/conversion.sql", "operators/operator.sql"})
    EXPECT_THAT(workspace.file(path), Not(IsEmpty())) << path;
}

TEST_F(SchemaTest, BeforeTheDataThereAreKeysButNoSecondaryIndexesAndTriggers) {
  load("source", "every_object.sql");
  Workspace workspace;
  export_from("source", workspace);
  import_into("target", workspace);
  EXPECT_EQ(count("target", "pg_trigger WHERE NOT tgisinternal"), "0");
  EXPECT_EQ(count("target", "pg_event_trigger"), "0");
  EXPECT_EQ(count("target", "pg_constraint WHERE NOT convalidated"), "0");
  EXPECT_EQ(count("target",
                  "pg_index i JOIN pg_class c ON c.oid = i.indexrelid WHERE NOT indisunique "
                  "AND NOT indisexclusion AND c.relnamespace = 'app'::regnamespace"),
            "0");
  // The keys of partitioned tables are whole: their parts are attached.
  EXPECT_EQ(count("target", "pg_index WHERE NOT indisvalid"), "0");
  EXPECT_EQ(
      count("target", "pg_constraint WHERE contype = 'f' AND conparentid = 0"),
      count("source", "pg_constraint WHERE contype = 'f' AND conparentid = 0 AND convalidated"));
}

TEST_F(SchemaTest, AnImportThatWasCutShortIsCompletedByTheNextOne) {
  load("source", "every_object.sql");
  Workspace workspace;
  ExportSchemaOptions with_comments;
  with_comments.comments_on_objects = true;
  export_from("source", workspace, with_comments);
  ImportSchemaOptions part;
  part.object_types = {"SCHEMA", "EXTENSION", "COLLATION", "TYPE", "DOMAIN", "FUNCTION", "TABLE"};
  part.continue_on_error = true;
  const ImportSchemaSummary cut = import_into("target", workspace, part);
  EXPECT_GT(cut.created, 0U);
  EXPECT_GT(cut.failed, 0U);
  ImportSchemaOptions again;
  again.ignore_exist = true;
  const ImportSchemaSummary rest = import_into("target", workspace, again);
  EXPECT_EQ(rest.failed, 0U);
  EXPECT_GT(rest.existed, 0U);
  ImportSchemaOptions last = finalize();
  last.ignore_exist = true;
  import_into("target", workspace, last);
  const ImportSchemaSummary repeated = import_into("target", workspace, last);
  EXPECT_EQ(repeated.failed, 0U);
  // All of it once more: nothing fails, nothing is made twice.
  EXPECT_EQ(import_into("target", workspace, again).failed, 0U);
  Workspace second;
  export_from("target", second, with_comments);
  std::multiset<std::string> before = all_statements(workspace);
  remove_replica_identity(before);
  EXPECT_THAT(missing_from(before, all_statements(second)), IsEmpty());
}

TEST_F(SchemaTest, WithoutIgnoreExistWhatExistsIsAFailureInAFile) {
  load("source", "every_object.sql");
  Workspace workspace;
  export_from("source", workspace);
  cluster_->execute("target", "CREATE SCHEMA app; CREATE TABLE app.tree (id integer)");
  try {
    import_into("target", workspace);
    FAIL() << "no error";
  } catch (const Error& error) {
    EXPECT_EQ(error.code().number, 4101);
  }
  EXPECT_THAT(
      workspace.file("failed.sql"),
      HasSubstr("-- relation \"tree\" already exists (SQLSTATE 42P07)\nCREATE TABLE app.tree"));
  EXPECT_THAT(workspace.status.warnings(), Contains(HasSubstr("--ignore-exist")));
}

TEST_F(SchemaTest, StartCleanReplacesWhatIsThere) {
  load("source", "every_object.sql");
  Workspace workspace;
  export_from("source", workspace);
  cluster_->execute(
      "target",
      "CREATE SCHEMA app; CREATE TABLE app.tree (wrong text); CREATE TABLE public.old ()");
  ImportSchemaOptions clean;
  clean.start_clean = true;
  EXPECT_EQ(import_into("target", workspace, clean).failed, 0U);
  EXPECT_EQ(count("target", "pg_tables WHERE tablename = 'old'"), "0");
}

TEST_F(SchemaTest, AnExportIsNotRepeatedUnasked) {
  cluster_->execute("source", "CREATE TABLE t (i integer)");
  Workspace workspace;
  export_from("source", workspace);
  write_file_atomically(workspace.layout.schema() / "tables/table.sql", "-- edited by hand");
  try {
    export_from("source", workspace);
    FAIL() << "no error";
  } catch (const Error& error) {
    EXPECT_EQ(error.code().number, 4002);
  }
  EXPECT_EQ(workspace.file("tables/table.sql"), "-- edited by hand");
  ExportSchemaOptions clean;
  clean.start_clean = true;
  export_from("source", workspace, clean);
  EXPECT_THAT(workspace.file("tables/table.sql"), HasSubstr("CREATE TABLE public.t"));
}

TEST_F(SchemaTest, TheExportIsKeptAsItWasBesideTheFilesThatUsersEdit) {
  load("source", "every_object.sql");
  Workspace workspace;
  export_from("source", workspace);
  const std::multiset<std::string> exported = all_statements(workspace);
  write_file_atomically(workspace.layout.schema() / "tables/table.sql", "-- edited by hand");
  EXPECT_EQ(statements_below(workspace.layout.source_schema()), exported);
  cluster_->execute("source", "CREATE TABLE app.newer (i integer)");
  ExportSchemaOptions clean;
  clean.start_clean = true;
  export_from("source", workspace, clean);
  EXPECT_EQ(statements_below(workspace.layout.source_schema()), all_statements(workspace));
  EXPECT_EQ(all_statements(workspace).size(), exported.size() + 1);
}

TEST_F(SchemaTest, ASourceReplicaGetsEveryKindOfObjectOfTheSource) {
  load("source", "every_object.sql");
  Workspace first;
  export_from("source", first);
  for (const char* path : {"tables/table.sql", "views/view.sql", "triggers/trigger.sql"})
    std::filesystem::remove(first.layout.schema() / path);
  ImportSchemaOptions options;
  options.recipient = SchemaRecipient::source_replica;
  const ImportSchemaSummary imported = import_into("target", first, options);
  options.post_snapshot_import = true;
  EXPECT_EQ(import_into("target", first, options).created, imported.held_back);
  Workspace second;
  export_from("target", second);
  EXPECT_EQ(all_statements(second), statements_below(first.layout.source_schema()));
}

TEST_F(SchemaTest, AListOfSchemasKeepsOthersOutAndExtensionsIn) {
  load("source", "every_object.sql");
  schemas_ = {"Sales Dept", "public"};
  Workspace workspace;
  export_from("source", workspace);
  EXPECT_THAT(workspace.file("tables/table.sql"), HasSubstr("\"Sales Dept\".\"Order\""));
  EXPECT_THAT(workspace.file("tables/table.sql"), Not(HasSubstr("app.customers")));
  EXPECT_THAT(workspace.file("extensions/extension.sql"), HasSubstr("hstore"));
}

TEST_F(SchemaTest, ASchemaThatDoesNotExistIsNamed) {
  cluster_->execute("source", "CREATE TABLE t (i integer)");
  schemas_ = {"public", "nowhere"};
  Workspace workspace;
  try {
    export_from("source", workspace);
    FAIL() << "no error";
  } catch (const Error& error) {
    EXPECT_THAT(error.line(), HasSubstr("nowhere"));
  }
  EXPECT_FALSE(std::filesystem::exists(workspace.layout.schema() / "tables"));
}

TEST_F(SchemaTest, PgDumpsOwnMessageReachesTheUser) {
  ExportSchemaOptions options;
  options.source = cluster_->endpoint("no_such_database");
  Workspace workspace;
  try {
    export_schema(workspace.layout, workspace.meta, options, workspace.status);
    FAIL() << "no error";
  } catch (const Error& error) {
    EXPECT_EQ(error.code().number, 4004);
    EXPECT_THAT(error.line(), HasSubstr("\"no_such_database\" does not exist"));
  }
}

TEST_F(SchemaTest, TheDumpOfPgDumpIsCutIntoTheSameStatementsWithAndWithoutMetaCommands) {
  load("source", "every_object.sql");
  const std::string dump = dump_schema(cluster_->endpoint("source"), true);
  const std::string plain = without_restrict_lines(dump);
  const std::string wrapped = "\\restrict abc\n" + plain + "\n\\unrestrict abc\n";
  EXPECT_EQ(split_statements(plain).size(),
            split_statements(without_restrict_lines(wrapped)).size());
  EXPECT_THAT(plain, Not(HasSubstr("\\restrict")));
}

TEST_F(SchemaTest, ALateStatementOfAHandEditedFileIsHeldBackToo) {
  Workspace workspace;
  make_directory(workspace.layout.schema() / "tables");
  write_file_atomically(workspace.layout.schema() / "tables/table.sql",
                        "SET search_path = app;\nCREATE INDEX i ON public.t (a);\n"
                        "CREATE TABLE public.t (a integer);\n");
  const ImportSchemaSummary summary = import_into("target", workspace);
  EXPECT_EQ(summary.created, 1U);
  EXPECT_EQ(summary.held_back, 1U);
  EXPECT_EQ(import_into("target", workspace, finalize()).created, 1U);
}

}  // namespace
}  // namespace voyager::schema
