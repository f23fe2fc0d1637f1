// SPDX-License-Identifier: Apache-2.0
#include "cli/command_table.hpp"

#include <gmock/gmock.h>

#include <set>

#include "base/text.hpp"

namespace voyager::cli {
namespace {

using testing::HasSubstr;
using testing::Not;

std::string found(const std::string& words) {
  const CommandEntry* entry = find_command(split(words, ' '));
  return entry == nullptr ? "" : entry->words;
}

TEST(CommandTable, FindsEveryDocumentedCommandByItsWords) {
  for (const char* words :
       {"export schema", "analyze-schema", "import schema", "import schema to source-replica",
        "finalize-schema-post-data-import", "export data", "export data from source",
        "export data status", "import data", "import data to target", "import data status",
        "initiate cutover to target", "cutover status", "get data-migration-report",
        "archive changes", "end migration", "inspect", "verify data", "version"})
    EXPECT_EQ(found(words), words);
}

TEST(CommandTable, TakesTheLongestWordsAndNothingLess) {
  EXPECT_EQ(found("export data status"), "export data status");
  EXPECT_EQ(found("export data from"), "");
  EXPECT_EQ(found("export data from mars"), "");
  EXPECT_EQ(found("export"), "");
}

TEST(CommandTable, WordsEndAtTheFirstFlag) {
  EXPECT_EQ(leading_words({"export", "data", "--export-dir", "x"}),
            (std::vector<std::string>{"export", "data"}));
  EXPECT_EQ(leading_words({"-h"}), std::vector<std::string>{});
}

TEST(CommandTable, AnAliasSharesLogNameAndSections) {
  const CommandEntry* plain = find_command({"export", "data"});
  const CommandEntry* alias = find_command({"export", "data", "from", "source"});
  EXPECT_EQ(plain->name, alias->name);
  EXPECT_EQ(plain->sections, alias->sections);
  EXPECT_EQ(plain->sections, (std::vector<std::string>{"export-data", "export-data-from-source"}));
}

TEST(CommandTable, ListsTheCommandsThatBeginWithTheWords) {
  EXPECT_EQ(commands_under({}).size(), command_table().size());
  const auto under = commands_under({"import", "data"});
  EXPECT_EQ(under.size(), 5U);
  EXPECT_THAT(overview(under), HasSubstr("import data to target"));
  EXPECT_TRUE(commands_under({"ex"}).empty());
}

TEST(CommandTable, SuggestsTheCommandThatWasProbablyMeant) {
  EXPECT_EQ(suggestion({"export", "shema"}), "export schema");
  EXPECT_EQ(suggestion({"verify", "dta"}), "verify data");
  EXPECT_EQ(suggestion({"bake", "cake"}), std::nullopt);
}

TEST(CommandTable, HelpShowsEveryFlagThatIsNotHidden) {
  for (const CommandEntry& entry : command_table()) {
    OptionTable options;
    entry.make()->declare(options);
    const std::string help = command_help(entry);
    EXPECT_THAT(help, HasSubstr("Usage: yb-voyager " + entry.words));
    if (entry.needs_directory) {
      EXPECT_THAT(help, HasSubstr("--export-dir DIR")) << entry.words;
    }
  }
}

TEST(CommandTable, HelpOfExportDataHasDocumentedFlagsAndDefaults) {
  const std::string help = command_help(*find_command({"export", "data"}));
  for (const char* flag : {"-e, --export-dir",
                           "-c, --config-file",
                           "-l, --log-level",
                           "-y, --yes",
                           "--send-diagnostics",
                           "--source-db-type",
                           "--source-db-host",
                           "--source-db-port",
                           "--source-db-user",
                           "--source-db-password",
                           "--source-db-name",
                           "--source-db-schema",
                           "--source-ssl-mode",
                           "--source-ssl-cert",
                           "--source-ssl-key",
                           "--source-ssl-root-cert",
                           "--source-ssl-crl",
                           "--export-type snapshot-only|snapshot-and-changes",
                           "--table-list",
                           "--exclude-table-list",
                           "--table-list-file-path",
                           "--exclude-table-list-file-path",
                           "--parallel-jobs",
                           "--data-format auto|binary|csv",
                           "--start-clean",
                           "--disable-pb",
                           "--run-guardrails-checks",
                           "(default 5432)",
                           "(default localhost)",
                           "(environment: SOURCE_DB_PASSWORD)",
                           "(default snapshot-only)",
                           "(default 4)"})
    EXPECT_THAT(help, HasSubstr(flag));
}

TEST(CommandTable, HelpOfImportDataHasDocumentedFlagsAndDefaults) {
  const std::string help = command_help(*find_command({"import", "data", "to", "target"}));
  for (const char* flag :
       {"--target-db-host", "(default 127.0.0.1)", "(default 5433)", "(default yugabyte)",
        "--target-endpoints", "--use-public-ip", "--parallel-jobs", "--start-clean",
        "--truncate-tables", "--max-retries-streaming", "(default 15)", "--batch-size",
        "accepted without effect"})
    EXPECT_THAT(help, HasSubstr(flag));
}

TEST(CommandTable, HelpOfImportSchemaToSourceReplicaHasDocumentedFlagsAndDefaults) {
  const std::string help =
      command_help(*find_command({"import", "schema", "to", "source-replica"}));
  for (const char* flag :
       {"--source-replica-db-host", "(default 127.0.0.1)", "(default 5432)",
        "--source-replica-db-user", "(environment: SOURCE_REPLICA_DB_PASSWORD)",
        "--source-replica-db-name", "--source-replica-ssl-mode", "--source-replica-ssl-root-cert",
        "--post-snapshot-import", "--post-import-data", "--refresh-mviews", "--ignore-exist",
        "--continue-on-error", "--start-clean", "failed-source-replica.sql"})
    EXPECT_THAT(help, HasSubstr(flag));
  EXPECT_THAT(help, HasSubstr("--source-replica-db-schema"));
}

TEST(CommandTable, ConfigurationKeysComeFromTheOptionsOfAllCommands) {
  const ConfigKeys keys = config_keys();
  EXPECT_EQ(keys.sections.at(""),
            (std::set<std::string>{"export-dir", "log-level", "send-diagnostics"}));
  EXPECT_EQ(keys.sections.at("source").count("db-host"), 1U);
  EXPECT_EQ(keys.sections.at("source-replica").count("db-password"), 1U);
  EXPECT_EQ(keys.sections.at("source-replica").count("ssl-root-cert"), 1U);
  EXPECT_EQ(keys.sections.at("import-schema-to-source-replica").count("ignore-exist"), 1U);
  EXPECT_EQ(keys.sections.at("target").count("ssl-root-cert"), 1U);
  EXPECT_EQ(keys.sections.at("export-data").count("parallel-jobs"), 1U);
  EXPECT_EQ(keys.sections.at("export-data-from-source").count("queue-segment-max-bytes"), 1U);
  EXPECT_EQ(keys.sections.at("import-data-to-target").count("target-endpoints"), 1U);
  EXPECT_EQ(keys.sections.at("end-migration").count("backup-dir"), 1U);
  EXPECT_EQ(keys.sections.at("export-data").count("config-file"), 0U);
}

}  // namespace
}  // namespace voyager::cli
