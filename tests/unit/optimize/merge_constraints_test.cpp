// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>

#include "unit/optimize/optimized_schema.hpp"

namespace voyager::optimize {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

TEST(MergeConstraints, MovesKeysAndChecksIntoTheTableAndLeavesTheRestOfItsText) {
  const Optimized result = optimized(R"(
CREATE TABLE public."Orders" (
    id integer DEFAULT nextval('public.s'::regclass) NOT NULL,
    note text DEFAULT 'a (b'::text,  at   date,
    CONSTRAINT short CHECK ((length(note) < 9))
)
WITH (fillfactor='70');
ALTER TABLE ONLY public."Orders"
    ADD CONSTRAINT "Orders_pkey" PRIMARY KEY (id);
ALTER TABLE ONLY public."Orders"
    ADD CONSTRAINT orders_note_key UNIQUE NULLS NOT DISTINCT (note) INCLUDE (at) DEFERRABLE;
ALTER TABLE public."Orders" ADD CONSTRAINT late CHECK ((at > '2000-01-01'::date));
)",
                                     only_merge);
  EXPECT_THAT(statements_of(result.files), ElementsAre(R"(CREATE TABLE public."Orders" (
    id integer DEFAULT nextval('public.s'::regclass) NOT NULL,
    note text DEFAULT 'a (b'::text,  at   date,
    CONSTRAINT short CHECK ((length(note) < 9)),
    CONSTRAINT "Orders_pkey" PRIMARY KEY (id),
    CONSTRAINT orders_note_key UNIQUE NULLS NOT DISTINCT (note) INCLUDE (at) DEFERRABLE,
    CONSTRAINT late CHECK ((at > '2000-01-01'::date))
)
WITH (fillfactor='70'))"));
  ASSERT_EQ(result.changes.size(), 1U);
  EXPECT_EQ(result.changes[0].statements, -3);
  EXPECT_EQ(fewer_statements(result), 3);
  EXPECT_THAT(result.changes[0].reason,
              HasSubstr("PRIMARY KEY Orders_pkey, UNIQUE orders_note_key, CHECK late"));
  EXPECT_THAT(result.changes[0].before, HasSubstr("ADD CONSTRAINT late CHECK"));
  EXPECT_THAT(result.notes, IsEmpty());
}

TEST(MergeConstraints, ATableWithoutColumnsGetsItsFirstElement) {
  EXPECT_THAT(statements_of(optimized("CREATE TABLE public.t (\n);"
                                      "ALTER TABLE public.t ADD CONSTRAINT c CHECK (true);",
                                      only_merge)
                                .files),
              ElementsAre("CREATE TABLE public.t (\n    CONSTRAINT c CHECK (true)\n\n)"));
}

TEST(MergeConstraints, PartitionedTablesAndTheirPartsAreTreatedAlike) {
  const Optimized result = optimized(R"(
CREATE TABLE public.e (id bigint NOT NULL, at date NOT NULL)
PARTITION BY RANGE (at);
CREATE TABLE public.e_1 (id bigint NOT NULL, at date NOT NULL);
ALTER TABLE ONLY public.e ATTACH PARTITION public.e_1 FOR VALUES FROM ('2024-01-01') TO ('2025-01-01');
ALTER TABLE ONLY public.e ADD CONSTRAINT e_pkey PRIMARY KEY (id, at);
ALTER TABLE ONLY public.e_1 ADD CONSTRAINT e_1_pkey PRIMARY KEY (id, at);
ALTER INDEX public.e_pkey ATTACH PARTITION public.e_1_pkey;
)",
                                     only_merge);
  EXPECT_THAT(objects_of(result), ElementsAre("public.e", "public.e_1"));
  EXPECT_THAT(statements_of(result.files),
              ElementsAre("CREATE TABLE public.e (id bigint NOT NULL, at date NOT NULL,\n    "
                          "CONSTRAINT e_pkey PRIMARY KEY (id, at))\nPARTITION BY RANGE (at)",
                          HasSubstr("e_1_pkey PRIMARY KEY"), HasSubstr("ATTACH PARTITION"),
                          HasSubstr("ALTER INDEX")));
}

/// SQL in which nothing may be merged, and what the notes say about it.
struct Untouched {
  const char* sql;
  const char* note;  ///< empty: it is never a candidate
};

class StaysAsItIs : public ::testing::TestWithParam<Untouched> {};

TEST_P(StaysAsItIs, WithANoteWhereItIsUnusual) {
  const Files before = files_of(GetParam().sql);
  const Optimized result = optimize(before, only_merge, {});
  EXPECT_EQ(result.files, before);
  EXPECT_THAT(result.changes, IsEmpty());
  if (*GetParam().note == '\0')
    EXPECT_THAT(result.notes, IsEmpty());
  else
    EXPECT_THAT(result.notes, ElementsAre(HasSubstr(GetParam().note)));
}

INSTANTIATE_TEST_SUITE_P(
    MergeConstraints, StaysAsItIs,
    ::testing::Values(
        Untouched{
            "CREATE TABLE public.t (a int, b int);"
            "ALTER TABLE ONLY public.t ADD CONSTRAINT f FOREIGN KEY (a) REFERENCES public.t(b);",
            ""},
        Untouched{"CREATE TABLE public.t (a int);"
                  "ALTER TABLE ONLY public.t ADD CONSTRAINT x EXCLUDE USING gist (a WITH =);",
                  ""},
        Untouched{"CREATE TABLE public.t (a int);"
                  "ALTER TABLE public.t ADD CONSTRAINT c CHECK ((a > 0)) NOT VALID;",
                  ""},
        Untouched{"CREATE TABLE public.t (a int NOT NULL); CREATE UNIQUE INDEX i ON public.t (a);"
                  "ALTER TABLE ONLY public.t ADD CONSTRAINT i PRIMARY KEY USING INDEX i;",
                  ""},
        Untouched{"CREATE TABLE public.t (a int NOT NULL, b int);"
                  "ALTER TABLE public.t ADD CONSTRAINT p PRIMARY KEY (a), ADD UNIQUE (b);",
                  ""},
        Untouched{
            "CREATE TABLE public.p (a int); CREATE TABLE public.t (b int) INHERITS (public.p);"
            "ALTER TABLE ONLY public.t ADD CONSTRAINT k UNIQUE (b);",
            "UNIQUE k of public.t stays an ALTER TABLE: the table inherits"},
        Untouched{"CREATE TABLE public.p (a int NOT NULL) PARTITION BY LIST (a);"
                  "CREATE TABLE public.t PARTITION OF public.p FOR VALUES IN (1);"
                  "ALTER TABLE ONLY public.p ADD CONSTRAINT k PRIMARY KEY (a);",
                  "a partition is made together with its attachment"},
        Untouched{"CREATE TABLE public.p (a int NOT NULL) PARTITION BY LIST (a);"
                  "CREATE TABLE public.t (a int NOT NULL);"
                  "ALTER TABLE ONLY public.p ATTACH PARTITION public.t FOR VALUES IN (1);"
                  "ALTER TABLE ONLY public.p ADD CONSTRAINT k PRIMARY KEY (a);",
                  "not all of the table's partitions have it"},
        Untouched{"CREATE TABLE public.t OF public.r;"
                  "ALTER TABLE ONLY public.t ADD CONSTRAINT k UNIQUE (b);",
                  "the table's columns stand elsewhere"},
        Untouched{"CREATE TABLE public.t (a int); ALTER TABLE public.t ADD COLUMN b int;"
                  "ALTER TABLE ONLY public.t ADD CONSTRAINT k UNIQUE (b);",
                  "CREATE TABLE does not have all of its columns"},
        Untouched{"ALTER TABLE ONLY public.t ADD CONSTRAINT k UNIQUE (b);",
                  "the files have no CREATE TABLE for it"},
        Untouched{"CREATE TABLE public.t (a int);"
                  "ALTER TABLE public.t ADD CONSTRAINT c CHECK (app.is_even(a));",
                  "it needs app.is_even"},
        Untouched{"CREATE FUNCTION is_even(int) RETURNS bool LANGUAGE sql RETURN true;"
                  "CREATE TABLE public.t (a int);"
                  "ALTER TABLE public.t ADD CONSTRAINT c CHECK (is_even(a));",
                  "it needs is_even"},
        Untouched{"CREATE TABLE public.t (a text);"
                  "ALTER TABLE public.t ADD CONSTRAINT c CHECK ((a = 'x'::app.mood));",
                  "it needs app.mood"},
        Untouched{"CREATE TABLE public.t (a int);"
                  "ALTER TABLE public.t ADD CONSTRAINT c CHECK ((a OPERATOR(app.=~) 1));",
                  "it needs app.=~"},
        Untouched{"CREATE TABLE public.broken (a int,, b int);"
                  "ALTER TABLE ONLY public.broken ADD CONSTRAINT k UNIQUE (b);",
                  "the files have no CREATE TABLE for it"}));

TEST(MergeConstraints, BuiltInFunctionsAndTypesAreNoObstacle) {
  const Optimized result = optimized(
      "CREATE TABLE public.t (a text);"
      "ALTER TABLE public.t ADD CONSTRAINT c CHECK ((length(a) > (1)::numeric) AND a ~ '^x' AND a "
      "< "
      "pg_catalog.upper(a) COLLATE pg_catalog.\"C\");",
      only_merge);
  EXPECT_THAT(objects_of(result), ElementsAre("public.t"));
}

}  // namespace
}  // namespace voyager::optimize
