// SPDX-License-Identifier: Apache-2.0
#include "cli/options.hpp"

#include <gtest/gtest.h>

#include <filesystem>

#include "base/error.hpp"
#include "base/file.hpp"

namespace voyager::cli {
namespace {

class ListFileTest : public testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = (std::filesystem::temp_directory_path() / "voyager-XXXXXX").string();
    directory_ = ::mkdtemp(pattern.data());
  }
  void TearDown() override { std::filesystem::remove_all(directory_); }
  std::string file(const std::string& content) const {
    const std::filesystem::path path = directory_ / "list";
    write_file_atomically(path, content);
    return path.string();
  }
  std::filesystem::path directory_;
};

int error_number(const std::function<void()>& work) {
  try {
    work();
  } catch (const Error& error) {
    return error.code().number;
  }
  return 0;
}

TEST_F(ListFileTest, HoldsOneOrSeveralNamesInALine) {
  TableListOptions values;
  values.include_file = file("orders\n\n sales.item* , customer\r\nlast");
  EXPECT_EQ(resolved(values).include,
            (std::vector<std::string>{"orders", "sales.item*", "customer", "last"}));
}

TEST_F(ListFileTest, WithoutANameIsAnError) {
  TableListOptions values;
  values.exclude_file = file("\n ,\n");
  EXPECT_EQ(error_number([&] { resolved(values); }), 1030);
}

TEST_F(ListFileTest, ThatIsADirectoryIsAnError) {
  TableListOptions values;
  values.include_file = directory_.string();
  EXPECT_EQ(error_number([&] { resolved(values); }), 1030);
}

TEST_F(ListFileTest, AndListOnTheCommandLineExcludeEachOther) {
  TableListOptions values;
  values.include = {"orders"};
  values.include_file = file("orders");
  EXPECT_EQ(error_number([&] { resolved(values); }), 1006);
}

TEST(TableList, IncludedAndExcludedMayBeGivenTogether) {
  TableListOptions values;
  values.include = {"sales.*"};
  values.exclude = {"sales.log*"};
  EXPECT_EQ(resolved(values).exclude, values.exclude);
}

TEST(ObjectTypes, AreUpperCaseAndOneOfTwoLists) {
  ObjectTypeOptions values;
  values.include = {"table", "Foreign table"};
  EXPECT_EQ(resolved(values).include, (std::vector<std::string>{"TABLE", "FOREIGN TABLE"}));
  values.exclude = {"VIEW"};
  EXPECT_EQ(error_number([&] { resolved(values); }), 1006);
}

TEST(SourceOptions, HaveTheDocumentedDefaults) {
  DatabaseOptions values;
  OptionTable options;
  add_source_options(options, values);
  options.parse_arguments({"--source-db-type", "postgresql"});
  EXPECT_EQ(values.endpoint.host, "localhost");
  EXPECT_EQ(values.endpoint.port, 5432);
  EXPECT_EQ(values.endpoint.ssl_mode, "prefer");
  EXPECT_TRUE(values.endpoint.schemas.empty());
}

TEST(SourceOptions, TakeSeveralSchemas) {
  DatabaseOptions values;
  OptionTable options;
  add_source_options(options, values);
  options.parse_arguments({"--source-db-schema", "public,sales"});
  EXPECT_EQ(values.endpoint.schemas, (std::vector<std::string>{"public", "sales"}));
}

TEST(SourceOptions, RefuseTheNamesOfOracle) {
  DatabaseOptions values;
  OptionTable options;
  add_source_options(options, values);
  EXPECT_EQ(error_number([&] { options.parse_arguments({"--oracle-db-sid", "ORCL"}); }), 1004);
}

TEST(TargetOptions, HaveTheDocumentedDefaults) {
  DatabaseOptions values;
  OptionTable options;
  add_target_options(options, values);
  options.parse_arguments({});
  EXPECT_EQ(values.endpoint.type, "yugabytedb");
  EXPECT_EQ(values.endpoint.host, "127.0.0.1");
  EXPECT_EQ(values.endpoint.port, 5433);
  EXPECT_EQ(values.endpoint.database, "yugabyte");
}

TEST(TargetOptions, RefuseAPortThatIsNoneAndAFileThatIsMissing) {
  DatabaseOptions values;
  OptionTable options;
  add_target_options(options, values);
  EXPECT_EQ(error_number([&] { options.parse_arguments({"--target-db-port", "65536"}); }), 1002);
  EXPECT_EQ(error_number([&] { options.parse_arguments({"--target-ssl-cert", "no/such"}); }), 1002);
  EXPECT_EQ(error_number([&] { options.parse_arguments({"--target-ssl-mode", "on"}); }), 1002);
}

TEST(SourceReplicaOptions, HaveTheDocumentedDefaults) {
  DatabaseOptions values;
  OptionTable options;
  add_source_replica_options(options, values);
  options.parse_arguments({});
  EXPECT_EQ(values.endpoint.type, "postgresql");
  EXPECT_EQ(values.endpoint.host, "127.0.0.1");
  EXPECT_EQ(values.endpoint.port, 5432);
  EXPECT_EQ(values.endpoint.ssl_mode, "prefer");
  EXPECT_EQ(error_number([&] { options.check_required(); }), 1003);
}

TEST(SourceReplicaOptions, TakeThePasswordFromTheEnvironment) {
  DatabaseOptions values;
  OptionTable options;
  add_source_replica_options(options, values);
  options.parse_arguments({});
  options.apply_environment([](const std::string& name) {
    return name == "SOURCE_REPLICA_DB_PASSWORD" ? std::optional<std::string>("word") : std::nullopt;
  });
  ASSERT_TRUE(values.password.has_value());
  EXPECT_EQ(values.password->reveal(), "word");
}

TEST(SourceReplicaOptions, HaveTheirOwnSectionOfTheConfigurationFile) {
  for (const std::string key : {"db-host", "db-name", "ssl-mode", "ssl-root-cert"}) {
    const ConfigPlace place = config_place("source-replica-" + key);
    EXPECT_EQ(place.section, "source-replica");
    EXPECT_EQ(place.key, key);
  }
}

TEST(SourceReplicaOptions, RefuseTheNamesOfOracle) {
  for (const std::string name : {"source-replica-db-sid", "oracle-home", "oracle-tns-alias"}) {
    DatabaseOptions values;
    OptionTable options;
    add_source_replica_options(options, values);
    EXPECT_EQ(error_number([&] { options.parse_arguments({"--" + name, "word"}); }), 1004) << name;
  }
}

}  // namespace
}  // namespace voyager::cli
