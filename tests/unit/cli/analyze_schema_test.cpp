// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>

#include <filesystem>
#include <nlohmann/json.hpp>
#include <sstream>

#include "base/error.hpp"
#include "base/file.hpp"
#include "base/text.hpp"
#include "cli/commands.hpp"
#include "cli/settings.hpp"
#include "support/recording_status.hpp"
#include "support/temp_directory.hpp"

namespace voyager::cli {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::SizeIs;
using voyager::testing::RecordingStatus;
using voyager::testing::TempDirectory;

class AnalyzeSchema : public ::testing::Test {
 protected:
  void write(const std::string& name, const std::string& sql) {
    const std::filesystem::path path = layout_.schema() / name;
    make_directory(path.parent_path());
    write_file_atomically(path, sql);
  }

  void run(std::vector<std::string> arguments) {
    arguments.insert(arguments.end(), {"--export-dir", directory_.path().string()});
    AnalyzeSchemaCommand command;
    OptionTable options;
    command.declare(options);
    options.parse_arguments(arguments);
    command.check();
    const engine::Registry registry;
    std::ostringstream out;
    const Session session{registry, layout_, status_, out, {}, {}};
    EXPECT_EQ(command.run(session), 0);
  }

  int error_of(const std::vector<std::string>& arguments) {
    try {
      run(arguments);
    } catch (const Error& error) {
      return error.code().number;
    }
    return 0;
  }

  std::vector<std::string> reports() {
    std::vector<std::string> names;
    for (const auto& entry : std::filesystem::directory_iterator(layout_.reports()))
      names.push_back(entry.path().filename().string());
    std::sort(names.begin(), names.end());
    return names;
  }

  nlohmann::json json() {
    return nlohmann::json::parse(read_file(layout_.reports() / "schema_analysis_report.json"));
  }

  TempDirectory directory_;
  exportdir::Layout layout_{directory_.path()};
  RecordingStatus status_;
};

TEST_F(AnalyzeSchema, WritesHtmlAndJsonUnlessToldOtherwise) {
  write("tables/table.sql", "CREATE TABLE t (a int);");
  run({});
  EXPECT_THAT(reports(), ElementsAre("schema_analysis_report.html", "schema_analysis_report.json"));
  run({"--output-format", "TXT"});
  run({"--output-format", "xml"});
  EXPECT_THAT(reports(), SizeIs(4));
}

TEST_F(AnalyzeSchema, ReportsFileAndLineAndGoesOnAfterBrokenSql) {
  write("tables/table.sql", "\nCREATE TABLE a (x int,,);\n\nCREATE UNLOGGED TABLE b (x int);\n");
  write("views/view.sql", "CREATE VIEW v AS SELECT 'open;");
  run({"--target-db-version", "2024.1.0.0"});
  const nlohmann::json issues = json()["Issues"];
  ASSERT_THAT(issues, SizeIs(3));
  EXPECT_EQ(issues[0]["FilePath"], "schema/tables/table.sql");
  EXPECT_EQ(issues[0]["Line"], 2);
  EXPECT_EQ(issues[1]["Type"], "UNLOGGED_TABLES");
  EXPECT_EQ(issues[1]["Line"], 4);
  EXPECT_EQ(issues[2]["FilePath"], "schema/views/view.sql");
}

TEST_F(AnalyzeSchema, JudgesForTheTargetsRelease) {
  write("tables/table.sql", "CREATE UNLOGGED TABLE b (x int);");
  run({"--target-db-version", "2024.1.0.0"});
  EXPECT_THAT(json()["Issues"], SizeIs(1));
  run({"--target-db-version", "2024.2.0.0-b12"});
  EXPECT_THAT(json()["Issues"], SizeIs(0));
  EXPECT_EQ(json()["TargetDBVersion"], "2024.2.0.0");
  EXPECT_EQ(error_of({"--target-db-version", "2024"}), 4201);
}

TEST_F(AnalyzeSchema, ShowsASummaryAndWhereTheReportIs) {
  write("tables/table.sql", "CREATE UNLOGGED TABLE b (x int);");
  write("uncategorized.sql", "GRANT x TO y;");
  run({"--target-db-version", "2024.1.0.0"});
  EXPECT_THAT(status_.lines(), Contains(HasSubstr("| TABLE ")));
  EXPECT_THAT(status_.lines(), Contains(HasSubstr("| Unsupported features |")));
  EXPECT_THAT(status_.lines(),
              Contains("Report: " + (layout_.reports() / "schema_analysis_report.html").string()));
  EXPECT_THAT(status_.warnings(), ElementsAre(HasSubstr("uncategorized.sql")));
}

TEST_F(AnalyzeSchema, NamesTheDatabaseThatWasExported) {
  write("tables/table.sql", "CREATE TABLE t (a int);");
  make_directory(layout_.metainfo());
  exportdir::MetaDb::open(layout_, true)
      .set_setting(settings::exported_schema, R"({"database": "shop", "server_version": "15.4"})");
  run({});
  EXPECT_EQ(json()["Summary"]["DbName"], "shop");
  EXPECT_EQ(json()["Summary"]["DbVersion"], "15.4");
}

TEST_F(AnalyzeSchema, WithoutAnExportedSchemaNothingIsWritten) {
  EXPECT_EQ(error_of({}), 4103);
  EXPECT_FALSE(std::filesystem::exists(layout_.reports()));
}

}  // namespace
}  // namespace voyager::cli
