// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>

#include "unit/optimize/optimized_schema.hpp"

namespace voyager::optimize {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

const std::string table =
    "CREATE TABLE public.t (a int NOT NULL, b int, c int);"
    "ALTER TABLE ONLY public.t ADD CONSTRAINT t_pkey PRIMARY KEY (a);";

TEST(RedundantIndexes, AreLeftOutOneByOneAndNamed) {
  const Optimized result = optimized(table + R"(
CREATE INDEX t_a ON public.t USING btree (a);
CREATE INDEX t_b ON public.t USING btree (b);
CREATE INDEX t_b_c ON public.t USING btree (b, c);
CREATE INDEX t_b_c_again ON public.t USING btree (b, c);
)",
                                     only_remove);
  EXPECT_THAT(objects_of(result),
              ElementsAre("t_a ON public.t", "t_b ON public.t", "t_b_c_again ON public.t"));
  EXPECT_THAT(result.files.at(schema::ObjectType::index),
              ElementsAre("CREATE INDEX t_b_c ON public.t USING btree (b, c)"));
  EXPECT_EQ(fewer_statements(result), 3);
  EXPECT_EQ(result.changes[0].reason, "t_pkey does its work: it begins with the same columns.");
  EXPECT_EQ(result.changes[0].before, "CREATE INDEX t_a ON public.t USING btree (a)");
  EXPECT_EQ(result.changes[0].after, "");
}

TEST(RedundantIndexes, AFileWithoutStatementsIsNone) {
  const Optimized result = optimized(table + "CREATE INDEX t_a ON public.t (a);", only_remove);
  EXPECT_FALSE(result.files.contains(schema::ObjectType::index));
}

TEST(RedundantIndexes, OthersStay) {
  const Files before = files_of(table + R"(
CREATE UNIQUE INDEX t_a_u ON public.t USING btree (a);
CREATE INDEX t_hash ON public.t USING hash (a);
CREATE INDEX t_part ON public.t USING btree (b) WHERE c > 0;
CREATE INDEX t_desc ON public.t USING btree (a DESC);
CREATE INDEX t_expression ON public.t USING btree ((b + 1));
CREATE INDEX t_c_b ON public.t USING btree (c, b);
CREATE INDEX t_b_c ON public.t USING btree (b, c);
CREATE INDEX t_b_include ON public.t USING btree (b) INCLUDE (a);
)");
  const Optimized result = optimize(before, only_remove, {});
  EXPECT_EQ(result.files, before);
  EXPECT_THAT(result.changes, IsEmpty());
  EXPECT_THAT(result.notes, IsEmpty());
}

class NamedElsewhere : public ::testing::TestWithParam<const char*> {};

TEST_P(NamedElsewhere, StaysWithANote) {
  const Files before =
      files_of(table + "CREATE INDEX t_a ON public.t USING btree (a);" + GetParam());
  const Optimized result = optimize(before, only_remove, {});
  EXPECT_EQ(result.files, before);
  EXPECT_THAT(result.notes,
              ElementsAre(HasSubstr("Index t_a ON public.t stays, although t_pkey does its work")));
}

INSTANTIATE_TEST_SUITE_P(
    RedundantIndexes, NamedElsewhere,
    ::testing::Values("COMMENT ON INDEX public.t_a IS 'kept';",
                      "ALTER TABLE public.t CLUSTER ON t_a;",
                      "ALTER INDEX public.t_a ALTER COLUMN 1 SET STATISTICS 200;",
                      "ALTER INDEX public.t_a DEPENDS ON EXTENSION citext;"));

TEST(RedundantIndexes, OfAPartitionedTableStayWithOneNote) {
  const Files before = files_of(R"(
CREATE TABLE public.e (id bigint NOT NULL, at date NOT NULL) PARTITION BY RANGE (at);
CREATE TABLE public.e_1 (id bigint NOT NULL, at date NOT NULL);
ALTER TABLE ONLY public.e ATTACH PARTITION public.e_1 DEFAULT;
ALTER TABLE ONLY public.e ADD CONSTRAINT e_pkey PRIMARY KEY (id, at);
ALTER TABLE ONLY public.e_1 ADD CONSTRAINT e_1_pkey PRIMARY KEY (id, at);
CREATE INDEX e_id ON ONLY public.e USING btree (id);
CREATE INDEX e_1_id ON public.e_1 USING btree (id);
ALTER INDEX public.e_id ATTACH PARTITION public.e_1_id;
)");
  const Optimized result = optimize(before, only_remove, {});
  EXPECT_EQ(result.files, before);
  EXPECT_THAT(result.notes, ElementsAre(HasSubstr("the partitioned table public.e and its")));
}

}  // namespace
}  // namespace voyager::optimize
