// SPDX-License-Identifier: Apache-2.0
#include "cli/option_table.hpp"

#include <gmock/gmock.h>

#include "base/error.hpp"

namespace voyager::cli {
namespace {

using testing::HasSubstr;

struct Values {
  std::string name = "fallback";
  int jobs = 4;
  bool clean = false;
  bool yes = false;
  std::vector<std::string> tables;
  std::string type = "one";
  std::optional<Secret> password;

  OptionTable table() {
    OptionTable options;
    options.text("name,n", name, "a name");
    options.number("jobs", jobs, {1, 64}, "jobs");
    options.boolean("clean", clean, "clean");
    options.flag("yes,y", yes, "yes");
    options.list("tables", tables, "tables");
    options.choice("type", type, {"one", "Two"}, "type");
    options.secret("source-db-password", password, "password").environment("SECRET");
    options.hint("speed", "NUMBER", "it is fast already");
    options.only("metrics-port", "0", "there is no server");
    options.only("upsert", "false", "unsafe");
    return options;
  }
};

std::string error_line(const std::function<void()>& work) {
  try {
    work();
  } catch (const Error& error) {
    return error.line();
  }
  return "no error";
}

std::string parse_error(const std::vector<std::string>& arguments) {
  Values values;
  OptionTable options = values.table();
  return error_line([&] { options.parse_arguments(arguments); });
}

TEST(OptionTable, StoresValuesGivenInEveryForm) {
  Values values;
  OptionTable options = values.table();
  options.parse_arguments({"-n", "a", "--jobs=7", "--clean", "true", "-y", "--tables", "a, b,,c",
                           "--type", "TWO", "--source-db-password", "-x y"});
  EXPECT_EQ(values.name, "a");
  EXPECT_EQ(values.jobs, 7);
  EXPECT_TRUE(values.clean);
  EXPECT_TRUE(values.yes);
  EXPECT_EQ(values.tables, (std::vector<std::string>{"a", "b", "c"}));
  EXPECT_EQ(values.type, "Two");
  EXPECT_EQ(values.password->reveal(), "-x y");
}

TEST(OptionTable, KeepsDefaultsOfWhatIsNotGiven) {
  Values values;
  OptionTable options = values.table();
  options.parse_arguments({});
  EXPECT_EQ(values.name, "fallback");
  EXPECT_EQ(values.jobs, 4);
  EXPECT_FALSE(values.password.has_value());
  EXPECT_FALSE(options.given("name"));
}

TEST(OptionTable, StringBooleansTakeSixWordsInAnyCase) {
  const std::vector<std::pair<std::string, bool>> words = {
      {"true", true}, {"YES", true}, {"1", true}, {"False", false}, {"no", false}, {"0", false}};
  for (const auto& [word, expected] : words) {
    Values values;
    values.clean = !expected;
    OptionTable options = values.table();
    options.parse_arguments({"--clean", word});
    EXPECT_EQ(values.clean, expected) << word;
  }
}

TEST(OptionTable, AStringBooleanWithoutValueMeansTrue) {
  for (const std::vector<std::string>& arguments :
       {std::vector<std::string>{"--clean"}, std::vector<std::string>{"--clean", "--jobs", "2"}}) {
    Values values;
    OptionTable options = values.table();
    options.parse_arguments(arguments);
    EXPECT_TRUE(values.clean);
  }
}

TEST(OptionTable, TheLastOfARepeatedFlagCounts) {
  Values values;
  OptionTable options = values.table();
  options.parse_arguments({"--name", "a", "--name", "b", "--clean", "true", "--clean", "false"});
  EXPECT_EQ(values.name, "b");
  EXPECT_FALSE(values.clean);
}

TEST(OptionTable, BadValuesAreNamedWithWhatIsTaken) {
  EXPECT_EQ(parse_error({"--clean", "maybe"}),
            "E1002 --clean takes true, false, yes, no, 1 or 0, not 'maybe'");
  EXPECT_EQ(parse_error({"--clean", ""}),
            "E1002 --clean takes true, false, yes, no, 1 or 0, not ''");
  EXPECT_EQ(parse_error({"--clean="}), "E1001 --clean needs a value");
  EXPECT_EQ(parse_error({"--jobs", "0"}),
            "E1002 --jobs takes a whole number from 1 to 64, not '0'");
  EXPECT_EQ(parse_error({"--jobs", "4x"}),
            "E1002 --jobs takes a whole number from 1 to 64, not '4x'");
  EXPECT_EQ(parse_error({"--type", "three"}), "E1002 --type takes one of one, Two, not 'three'");
}

TEST(OptionTable, UnknownFlagsAreOneLineWithASuggestion) {
  EXPECT_EQ(parse_error({"--job", "3"}), "E1001 there is no flag --job here. Did you mean --jobs?");
  EXPECT_EQ(parse_error({"--bananas=3"}),
            "E1001 there is no flag --bananas here. --help lists the flags");
  EXPECT_EQ(parse_error({"--name", "a", "stray"}), "E1001 'stray' belongs to no flag");
}

TEST(OptionTable, AFlagThatLacksItsValueIsNamed) {
  EXPECT_EQ(parse_error({"--name"}), "E1001 --name needs a value");
}

TEST(OptionTable, HintsAreAcceptedWithAnyValueAndSaySo) {
  Values values;
  OptionTable options = values.table();
  options.parse_arguments({"--speed", "12"});
  EXPECT_THAT(options.help(), HasSubstr("accepted without effect: it is fast already"));
}

TEST(OptionTable, AFeatureThatDoesNotExistIsRefusedWithTheReason) {
  EXPECT_EQ(parse_error({"--metrics-port", "0"}), "no error");
  EXPECT_EQ(parse_error({"--metrics-port", "9100"}),
            "E1004 --metrics-port 9100 is not available: there is no server");
  EXPECT_EQ(parse_error({"--upsert", "no"}), "no error");
  EXPECT_EQ(parse_error({"--upsert", "yes"}), "E1004 --upsert yes is not available: unsafe");
}

TEST(OptionTable, TheEnvironmentStandsInForWhatIsNotGiven) {
  Values values;
  OptionTable options = values.table();
  options.parse_arguments({});
  options.apply_environment([](const std::string& name) {
    return name == "SECRET" ? std::optional<std::string>("from env") : std::nullopt;
  });
  EXPECT_EQ(values.password->reveal(), "from env");
}

TEST(OptionTable, TheCommandLineWinsOverTheEnvironmentAndThatOverTheFile) {
  const ConfigFile config = ConfigFile::parse(
      "source:\n  db-password: from file\ncommand:\n  jobs: 9\n  name: from file\n", "c.yaml");
  const Environment environment = [](const std::string&) { return "from env"; };
  Values values;
  OptionTable options = values.table();
  options.parse_arguments({"--name", "from line"});
  options.apply_environment(environment);
  options.apply_config(config, {"command"});
  EXPECT_EQ(values.name, "from line");
  EXPECT_EQ(values.password->reveal(), "from env");
  EXPECT_EQ(values.jobs, 9);
  EXPECT_EQ(values.type, "one");
}

TEST(OptionTable, APasswordGivenEmptyIsGiven) {
  Values values;
  OptionTable options = values.table();
  options.parse_arguments({"--source-db-password", ""});
  options.apply_environment([](const std::string&) { return "from env"; });
  ASSERT_TRUE(values.password.has_value());
  EXPECT_TRUE(values.password->empty());
}

TEST(OptionTable, BadValuesInTheFileNameThePlace) {
  Values values;
  OptionTable options = values.table();
  options.parse_arguments({});
  const ConfigFile config = ConfigFile::parse("command:\n  jobs: many\n", "c.yaml");
  EXPECT_EQ(error_line([&] { options.apply_config(config, {"command"}); }),
            "E1002 command: jobs in c.yaml takes a whole number from 1 to 64, not 'many'");
}

TEST(OptionTable, RequiredFlagsAreListedTogether) {
  std::string a;
  std::string b;
  OptionTable options;
  options.text("first", a, "").required();
  options.text("second", b, "").required();
  options.parse_arguments({});
  EXPECT_EQ(error_line([&] { options.check_required(); }), "E1003 missing: --first, --second");
}

TEST(OptionTable, HelpIsWantedWithoutRequiredFlags) {
  Values values;
  OptionTable options = values.table();
  options.parse_arguments({"--help"});
  EXPECT_TRUE(options.help_wanted());
}

TEST(OptionTable, HelpShowsFormDefaultAndEnvironmentButNothingHidden) {
  std::string secret_name;
  Values values;
  OptionTable options = values.table();
  options.text("unseen", secret_name, "x").hidden();
  const std::string help = options.help();
  for (const char* text :
       {"-n, --name TEXT", "a name (default fallback)", "--clean [true|false]", "(default false)",
        "--type one|Two", "(environment: SECRET)", "-y, --yes", "--jobs NUMBER"})
    EXPECT_THAT(help, HasSubstr(text));
  EXPECT_THAT(help, testing::Not(HasSubstr("unseen")));
}

TEST(OptionTable, AConfigurationKeyCanStandForAnEnvironmentVariable) {
  OptionTable options;
  options.config_variable("queue-segment-max-bytes", "QUEUE_SEGMENT_MAX_BYTES");
  options.apply_config(ConfigFile::parse("export-data:\n  queue-segment-max-bytes: 100\n", "c"),
                       {"export-data"});
  EXPECT_EQ(options.exported_variables().at("QUEUE_SEGMENT_MAX_BYTES"), "100");
}

TEST(OptionTable, OptionsStandInTheSectionOfTheirSide) {
  EXPECT_EQ(config_place("export-dir").section, "");
  EXPECT_EQ(config_place("source-db-host").section, "source");
  EXPECT_EQ(config_place("source-db-host").key, "db-host");
  EXPECT_EQ(config_place("source-replica-db-password").section, "source-replica");
  EXPECT_EQ(config_place("source-replica-db-password").key, "db-password");
  EXPECT_EQ(config_place("target-ssl-mode").key, "ssl-mode");
  EXPECT_EQ(config_place("oracle-home").section, "source");
  EXPECT_EQ(config_place("target-endpoints").section, std::nullopt);
  EXPECT_EQ(config_place("source-read-replica-endpoints").section, "source");
  EXPECT_EQ(config_place("source-read-replica-endpoints").key, "read-replica-endpoints");
}

}  // namespace
}  // namespace voyager::cli
