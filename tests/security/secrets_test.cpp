// SPDX-License-Identifier: Apache-2.0
// Planted passwords and rows are looked for wherever the program leaves or shows something.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <fstream>

#include "scenarios/story.hpp"

namespace voyager::testing {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

/// With every character that some syntax makes special.
constexpr const char* source_password = "plAnted:Source\\'\"%41 pass";
constexpr const char* target_password = "plAnted:Target\\'\"%41 pass";
constexpr const char* wrong_password = "plAnted-wrong-guess";
constexpr const char* mark = "plAnted";

ClusterOptions with_password(const char* password) {
  ClusterOptions options;
  options.password = password;
  return options;
}

std::vector<std::string> files_with(const fs::path& directory, const std::string& text) {
  std::vector<std::string> found;
  for (const auto& entry : fs::recursive_directory_iterator(directory)) {
    const bool holds =
        entry.is_regular_file() && file_text(entry.path()).find(text) != std::string::npos;
    if (holds || entry.path().filename().string().find(text) != std::string::npos)
      found.push_back(entry.path());
  }
  return found;
}

std::vector<std::string> open_to_others(const fs::path& directory) {
  std::vector<std::string> found;
  for (const auto& entry : fs::recursive_directory_iterator(directory)) {
    const auto allowed = entry.is_directory() ? fs::perms::owner_all
                                              : fs::perms::owner_read | fs::perms::owner_write;
    if ((entry.status().permissions() & ~allowed) != fs::perms::none) found.push_back(entry.path());
  }
  return found;
}

/// A pg_dump that writes down how it was called, and what of it others could see, before it begins.
class WitnessedPgDump {
 public:
  explicit WitnessedPgDump(const fs::path& directory) : directory_(directory) {
    fs::create_directories(directory_);
    std::ofstream(directory_ / "pg_dump")
        << "#!/bin/sh\ncat /proc/$$/environ /proc/$$/cmdline > '" << seen().string()
        << "'\nexec /usr/lib/postgresql/15/bin/pg_dump \"$@\"\n";
    fs::permissions(directory_ / "pg_dump", fs::perms::owner_all);
  }
  std::string path() const { return directory_.string() + ":" + std::getenv("PATH"); }
  fs::path seen() const { return directory_ / "seen"; }

 private:
  fs::path directory_;
};

class Secrets : public ::testing::Test {
 protected:
  void SetUp() override {
    VOYAGER_REQUIRE_POSTGRES();
    VOYAGER_REQUIRE_TARGET();
    source_.emplace(with_password(source_password));
    target_.emplace(with_password(target_password));
    if (target_->real()) GTEST_SKIP() << "needs a target whose password it may choose";
    source_->create_database("shop");
    target_->create_database("shop");
    source_->execute("shop",
                     "CREATE TABLE item (id int PRIMARY KEY, name text); INSERT INTO item SELECT "
                     "i, 'n' || i FROM generate_series(1, 100) i");
    migration_.emplace(source_->endpoint("shop"), target_->endpoint("shop"));
  }
  /// Outputs of the commands, and the export directory in "export".
  fs::path everything() const { return migration_->export_directory(); }

  void expect_refused(const Words& words, const std::string& password_flag) {
    Words with_flag = words;
    with_flag.insert(with_flag.end(), {password_flag, wrong_password});
    const Finished refused = migration_->try_command(with_flag);
    EXPECT_EQ(refused.exit_code, 1);
    EXPECT_THAT(refused.errors, HasSubstr("password authentication failed"));
  }
  /// What everybody can see of a running process.
  static void expect_nothing_shown(const Child& process) {
    const std::string directory = "/proc/" + std::to_string(process.pid());
    EXPECT_THAT(file_text(directory + "/cmdline"), Not(HasSubstr(mark)));
    EXPECT_THAT(file_text(directory + "/limits"),
                ::testing::ContainsRegex("Max core file size +0 +0 "));
  }

  std::optional<PgCluster> source_;
  std::optional<TargetServer> target_;
  std::optional<Migration> migration_;
};

/// Files of the migration are private whatever the user's umask says.
class OpenUmask {
 public:
  OpenUmask() : before_(::umask(0)) {}
  ~OpenUmask() { ::umask(before_); }
  OpenUmask(const OpenUmask&) = delete;
  OpenUmask& operator=(const OpenUmask&) = delete;

 private:
  mode_t before_;
};

TEST_F(Secrets, NoPasswordIsLeftOrShownByAWholeMigration) {
  const OpenUmask umask;
  const WitnessedPgDump pg_dump(everything() / "bin");
  migration_->set_environment("PATH", pg_dump.path());
  expect_refused({"export", "schema"}, "--source-db-password");
  const fs::path config = everything() / "config.yaml";
  std::ofstream(config) << "source:\n  db-password: '"
                        << "plAnted:Source\\''\"%41 pass"
                        << "'\n";
  migration_->drop_environment("SOURCE_DB_PASSWORD");
  migration_->command({"export", "schema", "--config-file", config.string()});
  fs::remove(config);
  EXPECT_THAT(file_text(pg_dump.seen()), HasSubstr("PGPASSFILE"));
  EXPECT_THAT(file_text(pg_dump.seen()), Not(HasSubstr(mark)));
  migration_->drop_environment("TARGET_DB_PASSWORD");
  expect_refused({"import", "schema", "--yes"}, "--target-db-password");
  migration_->command({"import", "schema", "--yes", "--target-db-password", target_password});

  migration_->set_environment("SOURCE_DB_PASSWORD", source_password);
  migration_->set_environment("TARGET_DB_PASSWORD", target_password);
  Child exporter = migration_->start_export({"--log-level", "trace"});
  migration_->wait_for_slot(exporter);
  Child importer = migration_->start_import({"--log-level", "trace"});
  Migration::wait_for_line(importer, "streaming changes to the target");
  source_->stop_immediately();
  source_->start();
  target_->cluster().stop_immediately();
  target_->cluster().start();
  source_->execute("shop", "UPDATE item SET name = 'changed'");
  wait_until(
      [&] {
        return target_->value("shop", "SELECT count(*) FROM item WHERE name = 'changed'") == "100";
      },
      "the changes behind both restarts");
  expect_nothing_shown(exporter);
  expect_nothing_shown(importer);
  migration_->initiate_cutover(true);
  migration_->wait_for_cutover("source → target", {&exporter, &importer});
  target_->execute("shop", "UPDATE item SET name = 'back'");
  migration_->initiate_cutover_to("source");
  migration_->wait_for_cutover("target → source", {&exporter, &importer});
  EXPECT_EQ(exporter.wait(), 0) << exporter.errors();
  EXPECT_EQ(importer.wait(), 0) << importer.errors();
  migration_->command({"get", "data-migration-report", "--output-format", "json"});

  EXPECT_THAT(open_to_others(everything() / "export"), IsEmpty());
  EXPECT_THAT(files_with(everything(), mark), IsEmpty()) << "outputs and the export directory";
}

/// What of a row a server would quote in a message, and how it comes to that.
struct Quoting {
  const char* name;
  const char* on_target;  ///< makes the target refuse the planted row
};

class RowsInErrors : public Secrets, public ::testing::WithParamInterface<Quoting> {
 protected:
  void SetUp() override {
    Secrets::SetUp();
    if (!migration_) return;
    migration_->move_schema();
    target_->execute("shop", GetParam().on_target);
  }
  void plant() {
    source_->execute("shop", "INSERT INTO item VALUES (4711, 'plAnted row of mine')");
  }
  /// Data files and the change log hold rows: that is what they are for. Everything else must not.
  void expect_row_nowhere_but_in_data() {
    for (const std::string& file : files_with(everything(), mark))
      EXPECT_THAT(file, HasSubstr("/data/"));
  }
};

TEST_P(RowsInErrors, OfTheSnapshotAreNotShown) {
  plant();
  migration_->command({"export", "data", "--export-type", "snapshot-only", "--disable-pb", "true",
                       "--yes", "--log-level", "trace"});
  const Finished failed = migration_->try_command(
      {"import", "data", "--disable-pb", "true", "--yes", "--log-level", "trace"});
  EXPECT_EQ(failed.exit_code, 1) << failed.output;
  expect_row_nowhere_but_in_data();
}

TEST_P(RowsInErrors, OfTheStreamAreNotShown) {
  Child exporter = migration_->start_export({"--log-level", "trace"});
  migration_->wait_for_slot(exporter);
  Child importer = migration_->start_import({"--log-level", "trace"});
  Migration::wait_for_line(importer, "streaming changes to the target");
  plant();
  EXPECT_EQ(importer.wait(), 1) << importer.output();
  EXPECT_THAT(importer.errors(), HasSubstr("item")) << "the table is named all the same";
  expect_row_nowhere_but_in_data();
}

INSTANTIATE_TEST_SUITE_P(
    ThatAServerQuotes, RowsInErrors,
    ::testing::Values(
        Quoting{"Check", "ALTER TABLE item ADD CHECK (id < 4000)"},
        Quoting{"InvalidText", "ALTER TABLE item ALTER name TYPE varchar(12)"},
        Quoting{"Unique",
                "CREATE UNIQUE INDEX ON item (left(name, 7)) WHERE id > 4000; INSERT INTO item "
                "VALUES (5000, 'plAnted before')"},
        Quoting{
            "RaisedByAFunction",
            "CREATE FUNCTION refuse(v text) RETURNS text IMMUTABLE LANGUAGE plpgsql AS $$ BEGIN "
            "IF v LIKE 'plAnted%' THEN RAISE 'no such thing as %', v; END IF; RETURN v; END $$; "
            "CREATE INDEX ON item (refuse(name))"}),
    [](const ::testing::TestParamInfo<Quoting>& quoting) {
      return std::string(quoting.param.name);
    });

}  // namespace
}  // namespace voyager::testing
