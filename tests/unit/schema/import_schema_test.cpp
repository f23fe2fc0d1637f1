// SPDX-License-Identifier: Apache-2.0
#include "schema/import_schema.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <memory>
#include <set>

#include "base/file.hpp"
#include "fakes.hpp"
#include "support/recording_status.hpp"
#include "support/temp_directory.hpp"

namespace voyager::schema {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using testing::FakeTarget;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::RecordingStatus;
using testing::server_error;

class ImportSchema : public ::testing::Test {
 protected:
  ImportSchema() : layout_(directory_.path()), meta_(open()) {}

  void put(const char* path, const std::string& sql) {
    const std::filesystem::path file = layout_.schema() / path;
    make_directory(file.parent_path());
    write_file_atomically(file, sql);
  }
  /// As export schema leaves it: the files, and the same once more.
  void export_done(const char* path, const std::string& sql) {
    put(path, sql);
    std::filesystem::copy(layout_.schema(), layout_.source_schema(),
                          std::filesystem::copy_options::recursive);
    meta_.set_setting("export_schema_done", "now");
  }
  ImportSchemaSummary import_to_replica(ImportSchemaOptions options = {}) {
    options.recipient = SchemaRecipient::source_replica;
    return import(options);
  }
  int error_of_import_to_replica() {
    try {
      import_to_replica();
    } catch (const Error& error) {
      return error.code().number;
    }
    return 0;
  }
  ImportSchemaSummary import(const ImportSchemaOptions& options = {}) {
    return import_schema(layout_, meta_, target_, options, *status_);
  }
  std::vector<std::string>& executed() { return target_.database.executed; }

  testing::TempDirectory directory_;
  exportdir::Layout layout_;
  exportdir::MetaDb meta_;
  FakeTarget target_;
  std::unique_ptr<RecordingStatus> status_ = std::make_unique<RecordingStatus>();

 private:
  exportdir::MetaDb open() {
    layout_.create();
    return exportdir::MetaDb::open(layout_, true);
  }
};

/// Lets CREATE VIEW b pass only after a, and so on: a chain in the wrong order in its file.
std::function<void(const std::string&)> in_chain(const std::string& kind) {
  return [kind, made = std::set<char>()](const std::string& sql) mutable {
    if (sql.compare(0, kind.size(), kind) != 0) return;
    const char name = sql[kind.size()];
    if (name != 'a' && made.count(static_cast<char>(name - 1)) == 0)
      throw server_error("42P01", "relation does not exist");
    made.insert(name);
  };
}

TEST_F(ImportSchema, WhatDependsOnALaterObjectIsRetriedUntilItWorks) {
  put("views/view.sql",
      "CREATE VIEW c AS SELECT 1;\nCREATE VIEW b AS SELECT 1;\nCREATE VIEW a AS SELECT 1;\n");
  target_.database.decide = in_chain("CREATE VIEW ");
  const ImportSchemaSummary summary = import();
  EXPECT_EQ(summary.created, 3U);
  EXPECT_EQ(summary.failed, 0U);
  EXPECT_TRUE(meta_.setting("import_schema_done"));
}

TEST_F(ImportSchema, WhatWaitsInVainIsReportedWithTheServersWords) {
  put("tables/table.sql", "ALTER TABLE t ADD CONSTRAINT c CHECK (i > 0) NOT VALID;\n");
  target_.database.decide = [](const std::string&) {
    throw server_error("42P01", "relation \"t\" does not exist");
  };
  ImportSchemaOptions options;
  options.post_snapshot_import = true;
  options.continue_on_error = true;
  EXPECT_EQ(import(options).failed, 1U);
  EXPECT_THAT(status_->warnings(), Contains(HasSubstr("line 1: relation \"t\" does not exist")));
  EXPECT_THAT(read_file(layout_.failed_sql()), HasSubstr("-- relation \"t\" does not exist\n"));
}

TEST_F(ImportSchema, FailuresGoToAFileWithTheirErrorsAndEndTheCommand) {
  put("tables/table.sql",
      "CREATE TABLE ok (i int);\n\nCREATE TABLE bad (i strange);\nCREATE TABLE last (i int);");
  target_.database.decide = [](const std::string& sql) {
    if (sql.find("bad") != std::string::npos)
      throw server_error("42704", "type \"strange\"\ndoes not exist");
  };
  try {
    import();
    FAIL() << "no error";
  } catch (const Error& error) {
    EXPECT_EQ(error.code().number, 4101);
    EXPECT_THAT(error.line(), HasSubstr("failed.sql"));
  }
  EXPECT_EQ(read_file(layout_.failed_sql()),
            "-- tables/table.sql, line 3\n-- type \"strange\"\n-- does not exist\nCREATE TABLE bad "
            "(i strange);\n\n");
  EXPECT_THAT(executed(), Contains("CREATE TABLE last (i int)"));
  EXPECT_FALSE(meta_.setting("import_schema_done"));
}

TEST_F(ImportSchema, FailuresAreOnlyReportedWhenAskedToContinue) {
  put("tables/table.sql", "CREATE TABLE bad (i strange);");
  target_.database.decide = [](const std::string&) { throw server_error("42601", "syntax error"); };
  ImportSchemaOptions options;
  options.continue_on_error = true;
  EXPECT_EQ(import(options).failed, 1U);
  EXPECT_THAT(status_->warnings(), Contains(HasSubstr("1 schema statements failed")));
  target_.database.decide = [](const std::string&) {};
  EXPECT_EQ(import(options).failed, 0U);
  EXPECT_FALSE(std::filesystem::exists(layout_.failed_sql()));
}

TEST_F(ImportSchema, ATableShowsWhatWasCreatedWhatExistedAndWhatFailedByObjectType) {
  put("tables/table.sql",
      "CREATE TABLE here (i int);\nCREATE TABLE bad (i int);\nCREATE TABLE new (i int);");
  put("tables/INDEXES_table.sql", "CREATE INDEX i ON t (i);");
  target_.database.decide = [](const std::string& sql) {
    if (sql.find("here") != std::string::npos) throw server_error("42P07", "already exists");
    if (sql.find("bad") != std::string::npos) throw server_error("42601", "syntax error");
  };
  ImportSchemaOptions options;
  options.continue_on_error = true;
  options.ignore_exist = true;
  import(options);
  EXPECT_THAT(
      status_->lines(),
      Contains(format_table({"Object type", "Created", "Existed", "Held back", "Failed"},
                            {{"TABLE", "1", "1", "0", "1"}, {"INDEX", "0", "0", "1", "0"}})));
}

TEST_F(ImportSchema, TablesThatStateTheirColocationAreAskedAboutWhereNothingIsColocated) {
  put("tables/table.sql",
      "CREATE TABLE a (i int) WITH (colocation=false);\nCREATE TABLE b (i int);\n"
      "CREATE TABLE c (i int, PRIMARY KEY (i HASH)) WITH (COLOCATION = true);");
  import();
  target_.database.colocated = true;
  import();
  EXPECT_THAT(status_->questions(), IsEmpty());
  target_.database.colocated = false;
  import();
  EXPECT_THAT(status_->questions(), ElementsAre(HasSubstr("files 2 say whether they are")));
}

TEST_F(ImportSchema, NothingIsCreatedWhereTheUserWantsAColocatedDatabase) {
  put("tables/table.sql", "CREATE TABLE a (i int) WITH (colocation=false);");
  target_.database.colocated = false;
  status_ = std::make_unique<RecordingStatus>(false);
  try {
    import();
    FAIL() << "no error";
  } catch (const Error& error) {
    EXPECT_EQ(error.code().number, 4104);
  }
  EXPECT_THAT(executed(), IsEmpty());
}

TEST_F(ImportSchema, TablesThatSayNothingOfColocationAreNotAskedAbout) {
  put("tables/table.sql", "CREATE TABLE colocation (colocated int) WITH (fillfactor = 70);");
  target_.database.colocated = false;
  import();
  EXPECT_THAT(status_->questions(), IsEmpty());
}

TEST_F(ImportSchema, IndexesAndTriggersAreHeldBackForTheFinalStep) {
  put("tables/table.sql", "CREATE TABLE t (i int);");
  put("tables/INDEXES_table.sql", "CREATE INDEX i ON t USING btree (i);");
  put("triggers/trigger.sql", "CREATE TRIGGER g BEFORE INSERT ON t EXECUTE FUNCTION f();");
  const ImportSchemaSummary first = import();
  EXPECT_EQ(first.held_back, 2U);
  EXPECT_THAT(executed(), ElementsAre("CREATE TABLE t (i int)"));
  ImportSchemaOptions options;
  options.post_snapshot_import = true;
  executed().clear();
  EXPECT_EQ(import(options).created, 2U);
  EXPECT_THAT(executed(), ElementsAre(HasSubstr("CREATE INDEX"), HasSubstr("CREATE TRIGGER")));
  EXPECT_TRUE(meta_.setting("finalize_schema_done"));
}

TEST_F(ImportSchema, MaterializedViewsAreRefreshedInTheOrderThatWorks) {
  put("mviews/mview.sql", "CREATE MATERIALIZED VIEW public.a AS SELECT 1 WITH NO DATA;");
  target_.database.views = {{"public", "c"}, {"public", "b"}, {"public", "a"}};
  target_.database.decide = in_chain("REFRESH MATERIALIZED VIEW \"public\".\"");
  ImportSchemaOptions options;
  options.post_snapshot_import = true;
  options.refresh_mviews = true;
  import(options);
  EXPECT_THAT(status_->lines(), Contains("3 materialized views refreshed"));
}

TEST_F(ImportSchema, AMaterializedViewThatCannotBeRefreshedIsAnError) {
  put("mviews/mview.sql", "CREATE MATERIALIZED VIEW public.a AS SELECT 1 WITH NO DATA;");
  target_.database.views = {{"public", "a"}, {"public", "b"}};
  target_.database.decide = [](const std::string& sql) {
    if (sql.find("\"b\"") != std::string::npos) throw server_error("22012", "division by zero");
  };
  ImportSchemaOptions options;
  options.post_snapshot_import = true;
  options.refresh_mviews = true;
  try {
    import(options);
    FAIL() << "no error";
  } catch (const Error& error) {
    EXPECT_EQ(error.code().number, 4105);
    EXPECT_THAT(error.line(), HasSubstr("public.b: division by zero"));
  }
}

TEST_F(ImportSchema, StartCleanDropsTheSchemasOfTheFilesAfterAsking) {
  put("schemas/schema.sql", "CREATE SCHEMA \"App\";");
  put("tables/table.sql", "CREATE TABLE \"App\".t (h public.hstore);");
  target_.database.objects = 7;
  ImportSchemaOptions options;
  options.start_clean = true;
  import(options);
  EXPECT_THAT(target_.database.dropped_schemas, ElementsAre("App", "public"));
  EXPECT_THAT(status_->questions(), ElementsAre(HasSubstr("7 objects in App, public")));
}

TEST_F(ImportSchema, NothingIsDroppedWhenTheUserRefuses) {
  put("schemas/schema.sql", "CREATE SCHEMA app;");
  target_.database.objects = 7;
  status_ = std::make_unique<RecordingStatus>(false);
  ImportSchemaOptions options;
  options.start_clean = true;
  EXPECT_THROW(import(options), Error);
  EXPECT_THAT(target_.database.dropped_schemas, IsEmpty());
  EXPECT_THAT(executed(), IsEmpty());
}

TEST_F(ImportSchema, ATargetWithObjectsIsWarnedAbout) {
  put("schemas/schema.sql", "CREATE SCHEMA app;");
  target_.database.objects = 3;
  import();
  EXPECT_THAT(status_->warnings(), ElementsAre(HasSubstr("3 objects in app")));
}

TEST_F(ImportSchema, NoFilesIsAnError) {
  try {
    import();
    FAIL() << "no error";
  } catch (const Error& error) {
    EXPECT_EQ(error.code().number, 4103);
  }
}

TEST_F(ImportSchema, AnUnreadableFileIsNamed) {
  put("views/view.sql", "CREATE VIEW v AS SELECT 'open;");
  try {
    import();
    FAIL() << "no error";
  } catch (const Error& error) {
    EXPECT_THAT(error.line(), HasSubstr("views/view.sql"));
  }
}

TEST_F(ImportSchema, ASourceReplicaGetsTheFilesAsTheyWereExported) {
  export_done("tables/table.sql", "CREATE TABLE t (i int);");
  put("tables/table.sql", "CREATE TABLE t (i int, edited int);");
  put("views/view.sql", "CREATE VIEW added AS SELECT 1;");
  EXPECT_EQ(import_to_replica().created, 1U);
  EXPECT_THAT(executed(), ElementsAre("CREATE TABLE t (i int)"));
}

TEST_F(ImportSchema, WhatIsDoneOnASourceReplicaIsNotDoneOnTheTarget) {
  export_done("tables/table.sql", "CREATE TABLE t (i int);");
  ImportSchemaOptions options;
  import_to_replica(options);
  options.post_snapshot_import = true;
  import_to_replica(options);
  EXPECT_FALSE(meta_.setting("import_schema_done"));
  EXPECT_FALSE(meta_.setting("finalize_schema_done"));
  EXPECT_TRUE(meta_.setting("source_replica_import_schema_done"));
  EXPECT_TRUE(meta_.setting("source_replica_finalize_schema_done"));
}

TEST_F(ImportSchema, FailuresOnASourceReplicaHaveAFileOfTheirOwn) {
  export_done("tables/table.sql", "CREATE TABLE bad (i strange);");
  write_file_atomically(layout_.failed_sql(), "of the target");
  target_.database.decide = [](const std::string&) { throw server_error("42601", "syntax error"); };
  EXPECT_EQ(error_of_import_to_replica(), 4101);
  EXPECT_THAT(read_file(layout_.failed_on_source_replica_sql()), HasSubstr("CREATE TABLE bad"));
  target_.database.decide = [](const std::string&) {};
  import_to_replica();
  EXPECT_FALSE(std::filesystem::exists(layout_.failed_on_source_replica_sql()));
  EXPECT_EQ(read_file(layout_.failed_sql()), "of the target");
}

TEST_F(ImportSchema, QuestionsNameTheSourceReplica) {
  export_done("schemas/schema.sql", "CREATE SCHEMA app;");
  target_.database.objects = 7;
  ImportSchemaOptions options;
  options.start_clean = true;
  import_to_replica(options);
  EXPECT_THAT(status_->questions(), ElementsAre(HasSubstr("The source-replica has 7 objects")));
}

TEST_F(ImportSchema, AnExportWithoutACopyOfTheSourcesSchemaIsRefusedForASourceReplica) {
  put("tables/table.sql", "CREATE TABLE t (i int);");
  meta_.set_setting("export_schema_done", "by an older version");
  EXPECT_EQ(error_of_import_to_replica(), 4106);
  EXPECT_THAT(executed(), IsEmpty());
}

TEST_F(ImportSchema, AnExportThatWasCutShortIsRefusedForASourceReplica) {
  export_done("tables/table.sql", "CREATE TABLE t (i int);");
  meta_.remove_setting("export_schema_done");
  EXPECT_EQ(error_of_import_to_replica(), 4106);
  EXPECT_THAT(executed(), IsEmpty());
}

TEST_F(ImportSchema, UncategorizedStatementsAreMentioned) {
  put("schemas/schema.sql", "CREATE SCHEMA app;");
  write_file_atomically(layout_.uncategorized_sql(), "DO $$ BEGIN END $$;");
  import();
  EXPECT_THAT(status_->warnings(), Contains(HasSubstr("uncategorized.sql is not imported")));
}

}  // namespace
}  // namespace voyager::schema
