// SPDX-License-Identifier: Apache-2.0
#include "engines/postgres/relation_book.hpp"

#include <gtest/gtest.h>

namespace voyager::postgres {
namespace {

Table table() {
  Table table;
  table.name = {"public", "t"};
  Column id;
  id.name = "id";
  id.type = "integer";
  Column name;
  name.name = "Name";
  name.type = "character varying(20)";
  Column sum;
  sum.name = "sum";
  sum.type = "integer";
  sum.generated = true;
  table.columns = {id, name, sum};
  return table;
}

TEST(RelationDifference, GeneratedColumnsAreNotInTheStream) {
  EXPECT_EQ(describe_difference(table(), {{"id", "integer"}, {"Name", "character varying(20)"}}),
            "");
}

TEST(RelationDifference, NamesWhatWasAddedDroppedAndRetyped) {
  EXPECT_EQ(describe_difference(table(), {{"id", "bigint"}, {"x", "text"}}),
            "column \"id\" changed its type from integer to bigint, column \"Name\" was dropped, "
            "column \"x\" was added");
}

TEST(RelationDifference, ATypeThatIsGoneFromTheCatalogIsNoDifference) {
  EXPECT_EQ(describe_difference(table(), {{"id", "???"}, {"Name", "character varying(20)"}}), "");
}

}  // namespace
}  // namespace voyager::postgres
