// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <algorithm>

#include "scenarios/story.hpp"

namespace voyager::testing {
namespace {

using namespace std::chrono_literals;

/// Nobody listens there.
engine::Endpoint nowhere() {
  engine::Endpoint endpoint;
  endpoint.host = "127.0.0.1";
  endpoint.port = 1;
  endpoint.user = "nobody";
  endpoint.database = "nothing";
  endpoint.password = Secret("very-secret-word");
  return endpoint;
}

/// What a user must see: one clear line, no more than a hint beside it, and no password.
void expect_one_clear_line(const Finished& finished) {
  EXPECT_NE(finished.exit_code, 0);
  EXPECT_FALSE(finished.errors.empty());
  EXPECT_LE(std::count(finished.errors.begin(), finished.errors.end(), '\n'), 3) << finished.errors;
  EXPECT_EQ((finished.errors + finished.output).find("very-secret-word"), std::string::npos);
}

TEST(CommandLine, EveryDocumentedCommandHasHelp) {
  Migration migration(nowhere(), nowhere());
  const std::vector<Words> commands = {{"export", "schema"},
                                       {"analyze-schema"},
                                       {"import", "schema"},
                                       {"import", "schema", "to", "source-replica"},
                                       {"export", "data"},
                                       {"export", "data", "from", "source"},
                                       {"import", "data"},
                                       {"import", "data", "to", "target"},
                                       {"export", "data", "status"},
                                       {"import", "data", "status"},
                                       {"initiate", "cutover", "to", "target"},
                                       {"cutover", "status"},
                                       {"get", "data-migration-report"},
                                       {"archive", "changes"},
                                       {"end", "migration"},
                                       {"inspect"},
                                       {"verify", "data"}};
  for (Words words : commands) {
    words.emplace_back("--help");
    const Finished finished = migration.command(words);
    EXPECT_NE(finished.output.find("--export-dir"), std::string::npos) << words[0];
  }
  EXPECT_EQ(migration.try_command({"version"}).exit_code, 0);
}

TEST(CommandLine, UnknownCommandsAndFlagsAreOneLineAndExitCodeTwo) {
  Migration migration(nowhere(), nowhere());
  for (const Words& words : {Words{"explode"}, Words{"export", "everything"},
                             Words{"cutover", "status", "--no-such-flag"},
                             Words{"import", "schema", "--ignore-exist", "maybe"}}) {
    const Finished finished = migration.try_command(words);
    EXPECT_EQ(finished.exit_code, 2);
    expect_one_clear_line(finished);
  }
}

TEST(CommandLine, ServerThatDoesNotAnswerIsNamedWithoutThePassword) {
  Migration migration(nowhere(), nowhere());
  const Finished finished = migration.try_command({"export", "schema"});
  expect_one_clear_line(finished);
  EXPECT_NE(finished.errors.find("127.0.0.1"), std::string::npos) << finished.errors;
}

TEST(CommandLine, WrongOrderIsRefusedWithTheReason) {
  Migration migration(nowhere(), nowhere());
  expect_one_clear_line(migration.try_command(
      {"initiate", "cutover", "to", "target", "--prepare-for-fall-back", "false", "--yes"}));
  expect_one_clear_line(migration.try_command({"analyze-schema"}));
  expect_one_clear_line(migration.try_command({"import", "schema"}));
  expect_one_clear_line(migration.try_command({"import", "data"}));
  expect_one_clear_line(migration.try_command({"verify", "data"}));
}

TEST(CommandLine, SecondInstanceIsRefusedAndToldThePid) {
  VOYAGER_REQUIRE_TARGET();
  TwoServers servers;
  execute(servers.source(), "CREATE TABLE t (a int PRIMARY KEY)");
  Migration migration(servers.source(), servers.target());
  migration.move_schema();
  Child first = migration.start_export();
  migration.wait_for_slot(first);
  const Finished second =
      migration.try_command({"export", "data", "--export-type", "snapshot-and-changes", "--yes"});
  EXPECT_NE(second.exit_code, 0);
  EXPECT_NE(second.errors.find(std::to_string(first.pid())), std::string::npos) << second.errors;
  first.signal(SIGTERM);
  EXPECT_TRUE(first.wait_for(20s).has_value()) << "SIGTERM must end it";
}

TEST(CommandLine, WrongPasswordIsOneLine) {
  VOYAGER_REQUIRE_POSTGRES();
  ClusterOptions options;
  options.password = "right";
  const PgCluster cluster(options);
  engine::Endpoint wrong = cluster.endpoint();
  wrong.password = Secret("very-secret-word");
  Migration migration(wrong, nowhere());
  expect_one_clear_line(migration.try_command({"export", "schema"}));
}

}  // namespace
}  // namespace voyager::testing
