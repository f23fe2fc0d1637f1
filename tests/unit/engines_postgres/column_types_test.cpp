// SPDX-License-Identifier: Apache-2.0
#include "engines/postgres/column_types.hpp"

#include <gtest/gtest.h>

namespace voyager::postgres {
namespace {

TypeFacts type(std::uint32_t oid, const std::string& name, char kind = 'b') {
  TypeFacts facts;
  facts.oid = oid;
  facts.name = {oid < 16384 ? "pg_catalog" : "public", name};
  facts.kind = kind;
  facts.has_binary_form = true;
  return facts;
}

TypeFacts array_of(std::uint32_t oid, std::uint32_t element) {
  TypeFacts facts = type(oid, "_array");
  facts.element = element;
  return facts;
}

TypeFacts domain_over(std::uint32_t oid, std::uint32_t base) {
  TypeFacts facts = type(oid, "domain", 'd');
  facts.base = base;
  return facts;
}

bool safe(const TypeMap& types, std::uint32_t oid, int version = 150000) {
  return is_binary_safe(types, oid, version);
}

TEST(ColumnTypes, BuiltInTypesTheirArraysAndRangesAreSafe) {
  const TypeMap types{{23, type(23, "int4")},
                      {1007, array_of(1007, 23)},
                      {3904, type(3904, "int4range", 'r')},
                      {3905, array_of(3905, 3904)},
                      {4451, type(4451, "int4multirange", 'm')}};
  for (const auto& [oid, facts] : types) EXPECT_TRUE(safe(types, oid)) << oid;
}

TEST(ColumnTypes, TypesOfTheUserAreNotSafe) {
  const TypeMap types{{16400, type(16400, "hstore")},    {16401, type(16401, "mood", 'e')},
                      {16402, type(16402, "pair", 'c')}, {16403, type(16403, "myrange", 'r')},
                      {16404, array_of(16404, 16401)},   {23, type(23, "int4")}};
  for (const std::uint32_t oid : {16400U, 16401U, 16402U, 16403U, 16404U})
    EXPECT_FALSE(safe(types, oid)) << oid;
}

TEST(ColumnTypes, ADomainIsAsSafeAsItsBaseButAnArrayOfDomainsIsNot) {
  const TypeMap types{{23, type(23, "int4")},
                      {16400, domain_over(16400, 23)},
                      {16401, domain_over(16401, 16400)},
                      {16402, array_of(16402, 16400)},
                      {16403, type(16403, "mood", 'e')},
                      {16404, domain_over(16404, 16403)}};
  EXPECT_TRUE(safe(types, 16400));
  EXPECT_TRUE(safe(types, 16401));
  EXPECT_EQ(base_type(types, 16401)->oid, 23U);
  EXPECT_FALSE(safe(types, 16402));
  EXPECT_FALSE(safe(types, 16404));
}

TEST(ColumnTypes, TypesWhoseBinaryFormDependsOnTheServerAreNotSafe) {
  const TypeMap types{{790, type(790, "money")},
                      {2205, type(2205, "regclass")},
                      {2210, array_of(2210, 2205)},
                      {194, type(194, "pg_node_tree")},
                      {30, type(30, "oidvector")}};
  for (const auto& [oid, facts] : types) EXPECT_FALSE(safe(types, oid)) << oid;
}

TEST(ColumnTypes, IntervalsOfServersThatHaveInfinityAreNotSafe) {
  const TypeMap types{{1186, type(1186, "interval")}, {1187, array_of(1187, 1186)}};
  EXPECT_TRUE(safe(types, 1186, 160000));
  EXPECT_TRUE(safe(types, 1187, 160000));
  EXPECT_FALSE(safe(types, 1186, 170000));
  EXPECT_FALSE(safe(types, 1187, 170000));
}

TEST(ColumnTypes, WithoutSendAndReceiveThereIsNoBinaryForm) {
  TypeFacts facts = type(1033, "aclitem");
  facts.has_binary_form = false;
  EXPECT_FALSE(safe({{1033, facts}}, 1033));
  EXPECT_FALSE(safe({}, 1033));
}

}  // namespace
}  // namespace voyager::postgres
