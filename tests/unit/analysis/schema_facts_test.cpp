// SPDX-License-Identifier: Apache-2.0
#include "analysis/schema_facts.hpp"

#include <gtest/gtest.h>

namespace voyager::analysis {
namespace {

SchemaFacts facts_of(const std::string& sql) {
  const auto statements = parse_text("x.sql", sql);
  for (const ParsedStatement& statement : statements) EXPECT_FALSE(statement.error);
  return SchemaFacts::gather(statements);
}

QualifiedName name(const char* schema, const char* table) {
  return {schema, table};
}

TEST(SchemaFactsTest, KnowsKeysWhereverTheyAreMade) {
  const SchemaFacts facts = facts_of(
      "ALTER TABLE b ADD CONSTRAINT u UNIQUE USING INDEX i;\n"
      "CREATE TABLE a (x int PRIMARY KEY, y int REFERENCES b (z));\n"
      "CREATE TABLE b (z int, w int NOT NULL);\n"
      "CREATE UNIQUE INDEX i ON b (w);\n"
      "ALTER TABLE ONLY b ADD CONSTRAINT b_pkey PRIMARY KEY (z);");
  const Table* a = facts.table(name("public", "a"));
  ASSERT_NE(a, nullptr);
  EXPECT_EQ(a->primary_key()->columns, std::vector<std::string>{"x"});
  EXPECT_FALSE(a->primary_key()->added_later);
  EXPECT_TRUE(a->own_column("x")->not_null);
  EXPECT_EQ(a->foreign_keys.at(0).referenced, name("public", "b"));
  const Table* b = facts.table(name("public", "b"));
  ASSERT_EQ(b->keys.size(), 2U);
  EXPECT_EQ(b->keys[0].columns, std::vector<std::string>{"w"});
  EXPECT_TRUE(b->primary_key()->added_later);
  EXPECT_EQ(b->primary_key()->line, 5U);
  EXPECT_TRUE(b->own_column("z")->not_null);
}

TEST(SchemaFactsTest, ResolvesDomainsArraysAndSerials) {
  const SchemaFacts facts = facts_of(
      "CREATE DOMAIN d AS s.e; CREATE DOMAIN s.e AS jsonb; CREATE DOMAIN l AS text[];\n"
      "CREATE TYPE m AS ENUM ('a'); CREATE DOMAIN dm AS m;\n"
      "CREATE TABLE t (a d, b l, c dm, d bigserial, e int[], f s.e[], g varchar(3));");
  const auto type = [&](const char* column) {
    return facts.column_type(name("public", "t"), column).value();
  };
  EXPECT_EQ(type("a").name, "jsonb");
  EXPECT_TRUE(type("b").array);
  ASSERT_NE(type("c").user, nullptr);
  EXPECT_EQ(type("c").user->kind, UserTypeKind::enumeration);
  EXPECT_EQ(type("d").name, "int8");
  EXPECT_EQ(type("e").name, "int4");
  EXPECT_TRUE(type("e").array);
  EXPECT_EQ(type("f").name, "jsonb");
  EXPECT_TRUE(type("f").array);
  EXPECT_EQ(type("g").name, "varchar");
  EXPECT_FALSE(facts.column_type(name("public", "t"), "no_such"));
}

TEST(SchemaFactsTest, DomainsInACircleEnd) {
  const SchemaFacts facts = facts_of("CREATE DOMAIN a AS b; CREATE DOMAIN b AS a;");
  EXPECT_NO_THROW(facts.resolve({"", "a", false}));
}

TEST(SchemaFactsTest, PartitionsAndChildrenHaveTheColumnsOfTheirParents) {
  const SchemaFacts facts = facts_of(
      "CREATE TABLE p (a int, b jsonb) PARTITION BY RANGE (a);\n"
      "CREATE TABLE p1 PARTITION OF p FOR VALUES FROM (1) TO (2);\n"
      "CREATE TABLE p2 (b jsonb, a int); ALTER TABLE p ATTACH PARTITION p2 DEFAULT;\n"
      "CREATE TABLE c () INHERITS (p1); CREATE TABLE l (LIKE p);");
  EXPECT_EQ(facts.column_type(name("public", "p1"), "b")->name, "jsonb");
  EXPECT_EQ(facts.column_type(name("public", "c"), "b")->name, "jsonb");
  EXPECT_EQ(facts.column_type(name("public", "l"), "b")->name, "jsonb");
  const Table* p2 = facts.table(name("public", "p2"));
  EXPECT_EQ(facts.partition_root(*p2)->name, name("public", "p"));
  EXPECT_EQ(facts.table(name("public", "p"))->partitioning->columns, std::vector<std::string>{"a"});
}

TEST(SchemaFactsTest, KnowsIndexesOfATable) {
  const SchemaFacts facts = facts_of(
      "CREATE TABLE s.t (a int, b text);\n"
      "CREATE INDEX i ON s.t USING gin (b gin_trgm_ops);\n"
      "CREATE UNIQUE INDEX j ON s.t (a DESC, (b::jsonb)) INCLUDE (b) WHERE a > 1;\n"
      "CREATE INDEX k ON t (a);");
  const auto indexes = facts.indexes_of(name("s", "t"));
  ASSERT_EQ(indexes.size(), 2U);
  EXPECT_EQ(indexes[0]->method, "gin");
  EXPECT_EQ(indexes[0]->columns[0].operator_class, "gin_trgm_ops");
  EXPECT_TRUE(indexes[1]->unique);
  EXPECT_TRUE(indexes[1]->columns[0].descending);
  EXPECT_EQ(indexes[1]->columns[1].expression_type.name, "jsonb");
  EXPECT_EQ(indexes[1]->include, std::vector<std::string>{"b"});
  EXPECT_FALSE(indexes[1]->predicate.empty());
  EXPECT_EQ(facts.index(name("s", "j")), indexes[1]);
  EXPECT_EQ(facts.index(name("public", "j")), nullptr);
}

TEST(SchemaFactsTest, EqualExpressionsAreEqualTexts) {
  const SchemaFacts facts = facts_of(
      "CREATE INDEX i ON t (lower(a)); CREATE INDEX j ON t (   lower( a )); CREATE INDEX k ON t "
      "(upper(a));");
  const auto& indexes = facts.indexes();
  EXPECT_EQ(indexes[0].columns[0].expression, indexes[1].columns[0].expression);
  EXPECT_NE(indexes[0].columns[0].expression, indexes[2].columns[0].expression);
}

}  // namespace
}  // namespace voyager::analysis
