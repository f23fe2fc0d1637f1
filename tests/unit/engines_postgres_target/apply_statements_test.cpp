// SPDX-License-Identifier: Apache-2.0
#include "engines/postgres/apply_statements.hpp"

#include <gtest/gtest.h>

#include "base/error.hpp"

namespace voyager::postgres::statements {
namespace {

TargetTable shop() {
  TargetTable table;
  table.name = {"s", "T"};
  table.columns = {
      {"id", R"("pg_catalog"."int4")", R"(OPERATOR("pg_catalog".=))", true, false},
      {"na\"me", R"("public"."citext")", R"(OPERATOR("public".=))", false, false},
  };
  return table;
}

TEST(ApplyStatements, UpdateOfOneRowHasOneParameterForEachValue) {
  const TargetTable table = shop();
  EXPECT_EQ(update(table, {&table.columns[1]}, {&table.columns[0]}, Rows::one),
            R"(UPDATE ONLY "s"."T" AS t SET "na""me" = $1::"public"."citext")"
            R"( WHERE t."id" OPERATOR("pg_catalog".=) $2::"pg_catalog"."int4")");
}

TEST(ApplyStatements, UpdateOfManyRowsTakesOneArrayForEachColumn) {
  const TargetTable table = shop();
  EXPECT_EQ(update(table, {&table.columns[1]}, {&table.columns[0]}, Rows::many),
            R"(UPDATE ONLY "s"."T" AS t SET "na""me" = v.c1::"public"."citext")"
            R"( FROM unnest($1::text[], $2::text[]) AS v(c1, c2))"
            R"( WHERE t."id" OPERATOR("pg_catalog".=) v.c2::"pg_catalog"."int4")");
}

TEST(ApplyStatements, UpdateFromStagingTakesItsColumnsByPlace) {
  const TargetTable table = shop();
  const Columns both{&table.columns[1], &table.columns[0]};
  EXPECT_EQ(create_staging("pg_temp.rows", both),
            R"(CREATE TEMPORARY TABLE pg_temp.rows (c1 "public"."citext", c2 "pg_catalog"."int4"))"
            R"( ON COMMIT DELETE ROWS)");
  EXPECT_EQ(copy_staging("pg_temp.rows", 2), "COPY pg_temp.rows (c1, c2) FROM STDIN (FORMAT text)");
  EXPECT_EQ(update_from("pg_temp.rows", table, {both[0]}, {both[1]}),
            R"(UPDATE ONLY "s"."T" AS t SET "na""me" = v.c1 FROM pg_temp.rows AS v)"
            R"( WHERE t."id" OPERATOR("pg_catalog".=) v.c2)");
}

TEST(ApplyStatements, RemoveComparesWithTheOperatorOfTheIndex) {
  const TargetTable table = shop();
  EXPECT_EQ(remove(table, {&table.columns[1]}, Rows::many),
            R"(DELETE FROM ONLY "s"."T" AS t USING unnest($1::text[]) AS v(c1))"
            R"( WHERE t."na""me" OPERATOR("public".=) v.c1::"public"."citext")");
}

TEST(ApplyStatements, PartitionRootsAreNotReadAlone) {
  TargetTable table = shop();
  table.partitioned = true;
  EXPECT_EQ(find(table, {&table.columns[0]}, Rows::one),
            R"(SELECT FROM "s"."T" AS t)"
            R"( WHERE t."id" OPERATOR("pg_catalog".=) $1::"pg_catalog"."int4")");
}

TEST(ApplyStatements, InsertTakesValuesOfOneRowOrArraysOfMany) {
  const TargetTable table = shop();
  EXPECT_EQ(insert(table, {&table.columns[0], &table.columns[1]}),
            R"(INSERT INTO "s"."T" ("id", "na""me") OVERRIDING SYSTEM VALUE VALUES )"
            R"(($1::"pg_catalog"."int4", $2::"public"."citext"))");
  EXPECT_EQ(insert_many(table, {&table.columns[0], &table.columns[1]}),
            R"(INSERT INTO "s"."T" ("id", "na""me") OVERRIDING SYSTEM VALUE )"
            R"(SELECT v.c1::"pg_catalog"."int4", v.c2::"public"."citext")"
            R"( FROM unnest($1::text[], $2::text[]) AS v(c1, c2))");
  EXPECT_EQ(insert(table, {}), R"(INSERT INTO "s"."T" DEFAULT VALUES)");
}

TEST(ApplyStatements, ImagesAreComparedAsTextAndFoundByAnIndexWhereThereIsOne) {
  const TargetTable table = shop();
  const std::string by_text = R"(DELETE FROM ONLY "s"."T" AS t WHERE ROW(t."id", t."na""me")::text)"
                              R"( = ROW($1::"pg_catalog"."int4", $2::"public"."citext")::text)";
  const Columns columns{&table.columns[0], &table.columns[1]};
  EXPECT_EQ(remove_image(table, columns, nullptr), by_text);
  EXPECT_EQ(remove_image(table, columns, &table.columns[0]),
            by_text + R"( AND t."id" OPERATOR("pg_catalog".=) $1::"pg_catalog"."int4")");
}

TEST(TargetTable, NamesAColumnThatIsNotThere) {
  try {
    shop().column("gone");
    FAIL() << "the column does not exist";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), column_missing);
    EXPECT_NE(std::string(error.what()).find("\"gone\""), std::string::npos);
  }
}

}  // namespace
}  // namespace voyager::postgres::statements
