// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>

#include "unit/optimize/optimized_schema.hpp"

namespace voyager::optimize {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

const std::string table =
    "CREATE DOMAIN public.moment AS timestamp without time zone;"
    "CREATE TABLE public.t (id int NOT NULL, at timestamp with time zone NOT NULL, day date NOT "
    "NULL, \"When\" public.moment, noon time, days date[]);";

/// A statement, and what it becomes.
struct Case {
  const char* before;
  const char* after;
};

class ShardedByRange : public ::testing::TestWithParam<Case> {};

TEST_P(ShardedByRange, ByAnOrderOfTheFirstColumn) {
  const Optimized result = optimized(table + GetParam().before, only_range);
  ASSERT_EQ(result.changes.size(), 1U);
  EXPECT_EQ(result.changes[0].before, GetParam().before);
  EXPECT_EQ(result.changes[0].after, GetParam().after);
  EXPECT_EQ(result.files.at(result.changes[0].file).back(), GetParam().after);
  EXPECT_EQ(fewer_statements(result), 0);
  EXPECT_THAT(result.notes, ElementsAre(HasSubstr("on one tablet at a time")));
}

INSTANTIATE_TEST_SUITE_P(
    RangeSharding, ShardedByRange,
    ::testing::Values(
        Case{"CREATE INDEX i ON public.t USING btree (at)",
             "CREATE INDEX i ON public.t USING btree (at ASC)"},
        Case{"CREATE UNIQUE INDEX i ON public.t USING btree (day, id DESC) WHERE (id > 0)",
             "CREATE UNIQUE INDEX i ON public.t USING btree (day ASC, id DESC) WHERE (id > 0)"},
        Case{"CREATE INDEX i ON ONLY public.t USING btree (\"When\" NULLS FIRST) INCLUDE (id)",
             "CREATE INDEX i ON ONLY public.t USING btree (\"When\" ASC NULLS FIRST) INCLUDE (id)"},
        Case{"CREATE INDEX i ON public.t USING btree (((at)::date), id)",
             "CREATE INDEX i ON public.t USING btree (((at)::date) ASC, id)"},
        Case{"ALTER TABLE ONLY public.t\n    ADD CONSTRAINT t_pkey PRIMARY KEY (at, id)",
             "ALTER TABLE ONLY public.t\n    ADD CONSTRAINT t_pkey PRIMARY KEY (at ASC, id)"},
        Case{"ALTER TABLE ONLY public.t ADD CONSTRAINT \"k (\" PRIMARY KEY (day) INCLUDE (id)",
             "ALTER TABLE ONLY public.t ADD CONSTRAINT \"k (\" PRIMARY KEY (day ASC) INCLUDE "
             "(id)"}));

class ShardedAsBefore : public ::testing::TestWithParam<const char*> {};

TEST_P(ShardedAsBefore, WithoutANote) {
  const Files before = files_of(table + GetParam());
  const Optimized result = optimize(before, only_range, {});
  EXPECT_EQ(result.files, before);
  EXPECT_THAT(result.changes, IsEmpty());
  EXPECT_THAT(result.notes, IsEmpty());
}

INSTANTIATE_TEST_SUITE_P(
    RangeSharding, ShardedAsBefore,
    ::testing::Values("CREATE INDEX i ON public.t USING btree (id, at)",
                      "CREATE INDEX i ON public.t USING btree (at DESC)",
                      "CREATE INDEX i ON public.t USING btree (at DESC NULLS LAST)",
                      "CREATE INDEX i ON public.t USING hash (at)",
                      "CREATE INDEX i ON public.t USING gin (days)",
                      "CREATE INDEX i ON public.t USING btree (days)",
                      "CREATE INDEX i ON public.t USING btree (noon)",
                      "CREATE INDEX i ON public.t USING btree (date_trunc('day', at))",
                      "CREATE INDEX i ON public.other USING btree (at)",
                      "ALTER TABLE ONLY public.t ADD CONSTRAINT k PRIMARY KEY (id, at)",
                      "ALTER TABLE ONLY public.t ADD CONSTRAINT k UNIQUE (id, at)",
                      "ALTER TABLE ONLY public.t ADD CONSTRAINT k FOREIGN KEY (at) REFERENCES "
                      "public.u(at)",
                      "ALTER TABLE ONLY public.t ADD CONSTRAINT k CHECK ((at > now()))"));

TEST(RangeSharding, AUniqueConstraintUsesAnIndexBecauseItHasNoOrderItself) {
  const Optimized result =
      optimized(table +
                    "ALTER TABLE ONLY public.t ADD CONSTRAINT \"t k\" UNIQUE (at, \"When\");"
                    "CREATE INDEX i ON public.t (id);",
                {.merge_constraints = true, .colocation = false});
  EXPECT_THAT(
      result.files.at(schema::ObjectType::index),
      ElementsAre("CREATE UNIQUE INDEX \"t k\" ON \"public\".\"t\" USING btree (at ASC, \"When\")",
                  "ALTER TABLE ONLY public.t ADD CONSTRAINT \"t k\" UNIQUE USING INDEX \"t k\"",
                  "CREATE INDEX i ON public.t (id)"));
  EXPECT_EQ(result.files.at(schema::ObjectType::table).size(), 1U);
  EXPECT_EQ(fewer_statements(result), -1);
}

TEST(RangeSharding, AUniqueConstraintThatSaysMoreStaysWithANote) {
  for (const char* more : {"UNIQUE (at) INCLUDE (id)", "UNIQUE (at) WITH (fillfactor='70')",
                           "UNIQUE (at) DEFERRABLE", "UNIQUE NULLS NOT DISTINCT (at)"}) {
    const Files before = files_of(table + "ALTER TABLE ONLY public.t ADD CONSTRAINT k " + more);
    const Optimized result = optimize(before, only_range, {});
    EXPECT_EQ(result.files, before) << more;
    EXPECT_THAT(result.notes, ElementsAre(HasSubstr("UNIQUE k of public.t begins with at, but")));
  }
  const Optimized partitioned = optimized(
      "CREATE TABLE public.e (at date) PARTITION BY RANGE (at);"
      "ALTER TABLE ONLY public.e ADD CONSTRAINT k UNIQUE (at);",
      only_range);
  EXPECT_THAT(partitioned.notes, ElementsAre(HasSubstr("a partitioned table can't use an index")));
}

TEST(RangeSharding, AMergedKeyKeepsItsOrder) {
  const Optimized result = optimized(
      "CREATE TABLE public.t (at date NOT NULL);"
      "ALTER TABLE ONLY public.t ADD CONSTRAINT p PRIMARY KEY (at);",
      Switches{}, std::vector<QualifiedName>{{"public", "t"}});
  EXPECT_THAT(statements_of(result.files),
              ElementsAre("CREATE TABLE public.t (at date NOT NULL,\n    CONSTRAINT p PRIMARY KEY "
                          "(at ASC))\nWITH (colocation = false)"));
  EXPECT_EQ(result.changes.size(), 3U);
}

}  // namespace
}  // namespace voyager::optimize
