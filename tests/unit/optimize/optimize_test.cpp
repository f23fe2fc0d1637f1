// SPDX-License-Identifier: Apache-2.0
#include "optimize/optimize.hpp"

#include <gmock/gmock.h>

#include "unit/optimize/optimized_schema.hpp"

namespace voyager::optimize {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

const std::string shop = R"(
CREATE TABLE public.orders (id int NOT NULL, at date NOT NULL, paid date);
CREATE TABLE strange strange strange;
ALTER TABLE ONLY public.orders ADD CONSTRAINT orders_pkey PRIMARY KEY (at, id);
CREATE INDEX orders_at ON public.orders USING btree (at);
CREATE INDEX orders_id ON public.orders USING btree (id);
CREATE INDEX orders_paid ON public.orders USING btree (paid);
CREATE VIEW public.v AS SELECT 1;
)";
const std::vector<QualifiedName> sharded{{"public", "orders"}};

TEST(Optimize, WithEverythingOffNothingChanges) {
  const Optimized result = optimized(shop, nothing, sharded);
  EXPECT_EQ(result.files, files_of(shop));
  EXPECT_THAT(result.changes, IsEmpty());
  EXPECT_THAT(result.notes, IsEmpty());
}

TEST(Optimize, EachStatementIsThereOrInAChange) {
  const Files before = files_of(shop);
  const Optimized result = optimize(before, Switches{}, sharded);
  EXPECT_EQ(statements_of(before).size(), statements_of(result.files).size() +
                                              static_cast<std::size_t>(fewer_statements(result)));
  EXPECT_EQ(result.files.at(schema::ObjectType::view), before.at(schema::ObjectType::view));
}

TEST(Optimize, IsDoneOnce) {
  const Optimized first = optimized(shop, Switches{}, sharded);
  const Optimized second = optimize(first.files, Switches{}, sharded);
  EXPECT_EQ(second.files, first.files);
  EXPECT_THAT(second.changes, IsEmpty());
}

TEST(OptimizationPage, HasEveryChangeAndEachKindOfThem) {
  const Optimized result = optimized(shop, Switches{}, sharded);
  const std::string page =
      to_html(result, {.voyager_version = "1.2", .database = "<shop>", .switches = {}});
  for (const ChangeKind kind : change_kinds) EXPECT_THAT(page, HasSubstr(std::string(title(kind))));
  EXPECT_THAT(page, HasSubstr("orders_at ON public.orders"));
  EXPECT_THAT(page, HasSubstr("&lt;shop&gt;"));
  EXPECT_THAT(page, Not(HasSubstr("<shop>")));
  EXPECT_THAT(page, Not(HasSubstr("Switched off")));
  EXPECT_THAT(page, Not(HasSubstr("Nothing to change")));
}

TEST(OptimizationPage, SaysWhatWasSwitchedOff) {
  const std::string page = to_html(optimized(shop, nothing),
                                   {.voyager_version = "1", .database = "d", .switches = nothing});
  std::size_t places = 0;
  for (std::size_t at = page.find("Switched off"); at != std::string::npos;
       at = page.find("Switched off", at + 1))
    ++places;
  EXPECT_EQ(places, change_kinds.size());
}

TEST(OptimizationPage, NamesInItAreNoMarkup) {
  const std::string name = "\"<script>alert(1)</script>\"";
  const std::string page =
      to_html(optimized("CREATE TABLE public." + name + " (a int);ALTER TABLE ONLY public." + name +
                            " ADD CONSTRAINT k UNIQUE (a);",
                        Switches{}),
              {.voyager_version = "1", .database = "d", .switches = {}});
  EXPECT_THAT(page, Not(HasSubstr("<script>alert")));
}

}  // namespace
}  // namespace voyager::optimize
