// SPDX-License-Identifier: Apache-2.0
#include "engines/postgres/hash_statements.hpp"

#include <gtest/gtest.h>

namespace voyager::postgres::statements {
namespace {

Column column(const std::string& name, const std::string& type) {
  Column made;
  made.name = name;
  made.cast_type = "\"pg_catalog\".\"" + type + "\"";
  return made;
}

Table readings() {
  Table table;
  table.name = {"public", "readings"};
  table.columns = {column("id", "int4"), column("level", "float8"), column("sum", "int4")};
  table.columns[2].generated = true;
  table.key = {"id"};
  return table;
}

TEST(HashStatements, LeaveGeneratedColumnsOutAndTakeFloatsAsTheirBits) {
  const std::string sql = hash_buckets(readings(), "ONLY x");
  EXPECT_NE(sql.find(R"(ROW("id", pg_catalog.float8send("level"::pg_catalog.float8))::text AS r)"),
            std::string::npos)
      << sql;
  EXPECT_EQ(sql.find("\"sum\""), std::string::npos);
}

TEST(HashStatements, SpreadRowsByTheirKeyOrByTheWholeRow) {
  Table table = readings();
  EXPECT_NE(hash_buckets(table, "ONLY x").find("hashtextextended(k, 0)"), std::string::npos);
  table.key.clear();
  EXPECT_NE(hash_buckets(table, "ONLY x").find("hashtextextended(r, 0)"), std::string::npos);
}

}  // namespace
}  // namespace voyager::postgres::statements
