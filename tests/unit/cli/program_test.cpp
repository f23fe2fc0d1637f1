// SPDX-License-Identifier: Apache-2.0
#include "cli/program.hpp"

#include <gmock/gmock.h>

#include <filesystem>

#include "base/file.hpp"

namespace voyager::cli {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

struct Outcome {
  int code = 0;
  std::string out;
  std::string error;
  std::vector<std::string> arguments;  // as other processes would see them afterwards
};

Outcome run_program(const std::vector<std::string>& words_and_flags) {
  std::vector<std::string> arguments = {"yb-voyager"};
  arguments.insert(arguments.end(), words_and_flags.begin(), words_and_flags.end());
  std::vector<char*> argv;
  for (std::string& argument : arguments) argv.push_back(argument.data());
  const engine::Registry registry;
  testing::internal::CaptureStdout();
  testing::internal::CaptureStderr();
  Outcome outcome;
  outcome.code = run(static_cast<int>(argv.size()), argv.data(), registry);
  outcome.out = testing::internal::GetCapturedStdout();
  outcome.error = testing::internal::GetCapturedStderr();
  outcome.arguments = arguments;
  return outcome;
}

class ProgramTest : public testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = (std::filesystem::temp_directory_path() / "voyager-XXXXXX").string();
    directory_ = ::mkdtemp(pattern.data());
  }
  void TearDown() override { std::filesystem::remove_all(directory_); }
  std::filesystem::path directory_;
};

TEST_F(ProgramTest, ListsCommandsWithoutArgumentsAndForHelp) {
  for (const std::vector<std::string>& arguments :
       {std::vector<std::string>{}, {"--help"}, {"-h"}, {"help"}}) {
    const Outcome outcome = run_program(arguments);
    EXPECT_EQ(outcome.code, 0);
    EXPECT_THAT(outcome.out, HasSubstr("yb-voyager initiate cutover to target"));
  }
}

TEST_F(ProgramTest, WordsThatOnlyBeginCommandsListThem) {
  const Outcome outcome = run_program({"export"});
  EXPECT_EQ(outcome.code, 0);
  EXPECT_THAT(outcome.out, HasSubstr("yb-voyager export schema"));
  EXPECT_THAT(outcome.out, testing::Not(HasSubstr("yb-voyager import schema")));
}

TEST_F(ProgramTest, HelpOfACommandIsItsFlags) {
  for (const std::vector<std::string>& arguments :
       {std::vector<std::string>{"verify", "data", "--help"},
        std::vector<std::string>{"help", "verify", "data"}}) {
    const Outcome outcome = run_program(arguments);
    EXPECT_EQ(outcome.code, 0);
    EXPECT_THAT(outcome.out, HasSubstr("--settle-timeout NUMBER"));
  }
}

TEST_F(ProgramTest, AnUnknownCommandIsOneLineAndCode2) {
  const Outcome outcome = run_program({"export", "shema", "--export-dir", "x"});
  EXPECT_EQ(outcome.code, 2);
  EXPECT_EQ(
      outcome.error,
      "yb-voyager: E1005 there is no command 'export shema'. Did you mean 'export schema'?\n");
  EXPECT_EQ(run_program({"--bogus"}).code, 2);
}

TEST_F(ProgramTest, AWrongFlagIsOneLineAndCode2) {
  const Outcome outcome = run_program({"cutover", "status", "--exprt-dir", "x"});
  EXPECT_EQ(outcome.code, 2);
  EXPECT_EQ(outcome.error,
            "yb-voyager: E1001 there is no flag --exprt-dir here. Did you mean --export-dir?\n");
}

TEST_F(ProgramTest, AMissingFlagIsCode2) {
  const Outcome outcome = run_program({"inspect"});
  EXPECT_EQ(outcome.code, 2);
  EXPECT_EQ(outcome.error, "yb-voyager: E1003 missing: --export-dir\n");
}

TEST_F(ProgramTest, VersionHasTheDocumentedLines) {
  const Outcome outcome = run_program({"version"});
  EXPECT_EQ(outcome.code, 0);
  EXPECT_THAT(outcome.out, StartsWith("VERSION="));
  EXPECT_THAT(outcome.out, HasSubstr("\nGIT_COMMIT_HASH="));
  EXPECT_THAT(outcome.out, HasSubstr("\nLAST_COMMIT_DATE="));
}

TEST_F(ProgramTest, AFailureIsOneLineAndCode1AndLeavesAForeignDirectoryAlone) {
  const Outcome outcome = run_program({"export", "data", "status", "-e", directory_.string()});
  EXPECT_EQ(outcome.code, 1);
  EXPECT_THAT(outcome.error, StartsWith("yb-voyager: E2204 "));
  EXPECT_TRUE(std::filesystem::is_empty(directory_));
}

TEST_F(ProgramTest, PasswordsDoNotStayAmongTheArguments) {
  const Outcome outcome = run_program({"end", "migration", "--source-db-password", "hunter2",
                                       "--target-db-password=hunter3", "--bogus"});
  EXPECT_EQ(outcome.code, 2);
  EXPECT_EQ(outcome.arguments[4], "*******");
  EXPECT_EQ(outcome.arguments[5], "--target-db-password=*******");
}

TEST_F(ProgramTest, TheConfigurationFileGivesWhatTheCommandLineDoesNot) {
  const std::filesystem::path file = directory_ / "c.yaml";
  write_file_atomically(file, "export-dir: " + (directory_ / "missing").string() + "\n");
  EXPECT_EQ(run_program({"export", "data", "status"}).code, 2);
  const Outcome outcome = run_program({"export", "data", "status", "-c", file.string()});
  EXPECT_EQ(outcome.code, 1) << "the option is given now, but there is no migration";
  write_file_atomically(file, "export-direction: x\n");
  const Outcome wrong = run_program({"export", "data", "status", "-c", file.string()});
  EXPECT_EQ(wrong.code, 2);
  EXPECT_THAT(wrong.error, HasSubstr("there is no key 'export-direction'"));
}

TEST_F(ProgramTest, ATypeWithoutAnEngineIsNamed) {
  const Outcome outcome =
      run_program({"export", "schema", "-e", directory_.string(), "--source-db-type", "oracle",
                   "--source-db-user", "u", "--source-db-name", "n", "--source-db-password", "p"});
  EXPECT_EQ(outcome.code, 1);
  EXPECT_THAT(outcome.error, StartsWith("yb-voyager: E3001 "));
}

}  // namespace
}  // namespace voyager::cli
