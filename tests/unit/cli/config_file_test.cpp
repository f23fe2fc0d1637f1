// SPDX-License-Identifier: Apache-2.0
#include "cli/config_file.hpp"

#include <gtest/gtest.h>

#include "base/error.hpp"

namespace voyager::cli {
namespace {

ConfigKeys known_keys() {
  ConfigKeys keys;
  keys.sections[""] = {"export-dir"};
  keys.sections["source"] = {"db-host", "db-port"};
  keys.sections["export-data"] = {"parallel-jobs"};
  keys.sections["export-data-from-source"] = {"parallel-jobs"};
  keys.aliases = {{"export-data", "export-data-from-source"}};
  keys.ignored_sections = {"analyze-schema"};
  return keys;
}

std::string check_error(const std::string& yaml) {
  try {
    ConfigFile::parse(yaml, "c.yaml").check(known_keys());
  } catch (const Error& error) {
    return error.line();
  }
  return "no error";
}

TEST(ConfigFile, HoldsGlobalKeysAndSections) {
  const ConfigFile file = ConfigFile::parse(
      "export-dir: /data/x\nsource:\n  db-host: db1\n  db-port: 5432\nexport-data:\n"
      "  table-list:\n    - a\n    - b*\n",
      "c.yaml");
  EXPECT_EQ(file.value("", "export-dir"), "/data/x");
  EXPECT_EQ(file.value("source", "db-port"), "5432");
  EXPECT_EQ(file.value("export-data", "table-list"), "a,b*");
  EXPECT_EQ(file.value("source", "db-user"), std::nullopt);
  EXPECT_EQ(file.value("target", "db-host"), std::nullopt);
}

TEST(ConfigFile, AnEmptyFileIsFine) {
  EXPECT_EQ(check_error("# nothing\n"), "no error");
}

TEST(ConfigFile, UnknownNamesAreErrorsThatNameThem) {
  EXPECT_EQ(check_error("exprt-dir: x\n"),
            "E1021 c.yaml: there is no key 'exprt-dir'. Known here: export-dir");
  EXPECT_EQ(check_error("source:\n  host: x\n"),
            "E1021 c.yaml: there is no key 'source: host'. Known here: db-host, db-port");
  EXPECT_EQ(check_error("sauce:\n  host: x\n"), "E1021 c.yaml: there is no section 'sauce'");
}

TEST(ConfigFile, TwoNamesOfOneSectionExcludeEachOther) {
  EXPECT_EQ(check_error("export-data:\n  parallel-jobs: 1\nexport-data-from-source:\n"
                        "  parallel-jobs: 2\n"),
            "E1021 c.yaml: the sections export-data and export-data-from-source mean the same "
            "command. Keep one of them");
}

TEST(ConfigFile, SectionsOfOtherCommandsAreNotLookedInto) {
  EXPECT_EQ(check_error("analyze-schema:\n  anything: 1\n"), "no error");
}

TEST(ConfigFile, WhatIsNotYamlNamesLineAndColumnWithoutTheText) {
  EXPECT_EQ(check_error("source:\n  db-password: [hunter2\n").substr(0, 37),
            "E1020 c.yaml is not YAML: line 3, col");
  EXPECT_EQ(check_error("- a\n- b\n"), "E1020 c.yaml does not consist of keys and sections");
  EXPECT_EQ(check_error("source:\n  db-host: {a: b}\n"),
            "E1020 c.yaml: source: db-host is neither a value nor a list");
}

TEST(ConfigFile, AFileThatCannotBeReadIsNamed) {
  try {
    ConfigFile::load("no/such/file.yaml");
    FAIL() << "no error";
  } catch (const Error& error) {
    EXPECT_EQ(error.code().number, 1020);
    EXPECT_NE(error.line().find("no/such/file.yaml"), std::string::npos);
  }
}

}  // namespace
}  // namespace voyager::cli
