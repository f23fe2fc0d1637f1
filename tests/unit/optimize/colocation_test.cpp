// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>

#include "unit/optimize/optimized_schema.hpp"

namespace voyager::optimize {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

const std::vector<QualifiedName> sharded{
    {"public", "big"}, {"public", "Parts"}, {"public", "sums"}};

TEST(Colocation, TablesThatAreToBeShardedSaySo) {
  const Optimized result = optimized(R"(
CREATE TABLE public.big (a int);
CREATE TABLE public.small (a int);
CREATE TABLE other.big (a int);
CREATE TABLE public."Parts" (a int) PARTITION BY LIST (a);
CREATE TABLE public.part (a int) WITH (autovacuum_enabled='false', fillfactor='70');
ALTER TABLE ONLY public."Parts" ATTACH PARTITION public.part DEFAULT;
CREATE MATERIALIZED VIEW public.sums AS SELECT 1 AS "as" WITH NO DATA;
)",
                                     only_colocation, sharded);
  EXPECT_THAT(
      statements_of(result.files),
      ElementsAre(
          "CREATE TABLE public.big (a int)\nWITH (colocation = false)",
          "CREATE TABLE public.small (a int)", "CREATE TABLE other.big (a int)",
          "CREATE TABLE public.\"Parts\" (a int) PARTITION BY LIST (a)\nWITH (colocation = false)",
          "CREATE TABLE public.part (a int) WITH (colocation = false, autovacuum_enabled='false', "
          "fillfactor='70')",
          HasSubstr("ATTACH PARTITION"),
          "CREATE MATERIALIZED VIEW public.sums WITH (colocation = false) AS SELECT 1 AS \"as\" "
          "WITH NO DATA"));
  EXPECT_THAT(objects_of(result),
              ElementsAre("public.big", "public.Parts", "public.part", "public.sums"));
  EXPECT_EQ(fewer_statements(result), 0);
}

TEST(Colocation, WhatATableSaysItselfStays) {
  const Files before = files_of("CREATE TABLE public.big (a int) WITH (colocation = true);");
  EXPECT_EQ(optimize(before, only_colocation, sharded).files, before);
}

TEST(Colocation, WithoutAnAssessmentNoTableSaysAnything) {
  const Files before = files_of("CREATE TABLE public.big (a int);");
  const Optimized result = optimize(before, only_colocation, std::nullopt);
  EXPECT_EQ(result.files, before);
  EXPECT_THAT(result.notes, ElementsAre(HasSubstr("there is no assessment")));
  EXPECT_THAT(optimize(before, only_colocation, std::vector<QualifiedName>{}).notes, IsEmpty());
}

TEST(Colocation, AFormThatHasNoPlaceForItStaysWithANote) {
  const Files before = files_of("CREATE TABLE public.big (a int) TABLESPACE fast;");
  const Optimized result = optimize(before, only_colocation, sharded);
  EXPECT_EQ(result.files, before);
  EXPECT_THAT(result.notes, ElementsAre(HasSubstr("public.big")));
}

}  // namespace
}  // namespace voyager::optimize
