// SPDX-License-Identifier: Apache-2.0
#include "schema/object_files.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "base/error.hpp"

namespace voyager::schema {
namespace {

using ::testing::ElementsAre;

TEST(ObjectFiles, EachTypeHasItsOwnNameAndPath) {
  std::set<std::string_view> names;
  std::set<std::string_view> paths;
  for (const ObjectFile& file : object_files()) {
    EXPECT_EQ(object_file(file.type).name, file.name);
    EXPECT_TRUE(names.insert(file.name).second) << file.name;
    EXPECT_TRUE(paths.insert(file.path).second) << file.path;
  }
}

TEST(ObjectFiles, TheDocumentedPathsStand) {
  EXPECT_EQ(object_file(ObjectType::schema).path, "schemas/schema.sql");
  EXPECT_EQ(object_file(ObjectType::index).path, "tables/INDEXES_table.sql");
  EXPECT_EQ(object_file(ObjectType::foreign_table).path, "tables/foreign_table.sql");
  EXPECT_EQ(object_file(ObjectType::policy).path, "policies/policy.sql");
}

TEST(SelectedTypes, AreAllWithoutAList) {
  EXPECT_EQ(selected_types({}, {}).size(), object_files().size());
  EXPECT_EQ(selected_types({}, {"TABLE", "mview"}).size(), object_files().size() - 2);
}

TEST(SelectedTypes, KeepTheOrderOfTheList) {
  EXPECT_THAT(selected_types({"VIEW", "Foreign_Table", "table", "VIEW"}, {"table"}),
              ElementsAre(ObjectType::view, ObjectType::foreign_table));
}

TEST(SelectedTypes, AnUnknownNameIsRefusedWithTheValidOnes) {
  try {
    selected_types({"TABLES"}, {});
    FAIL() << "accepted it";
  } catch (const Error& error) {
    EXPECT_EQ(error.code().number, 4102);
    EXPECT_THAT(error.line(), ::testing::HasSubstr("'TABLES'"));
    EXPECT_THAT(error.line(), ::testing::HasSubstr("TABLE, INDEX, FUNCTION"));
  }
}

}  // namespace
}  // namespace voyager::schema
