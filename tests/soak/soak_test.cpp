// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <iostream>
#include <thread>

#include "soak/round.hpp"
#include "support/standin.hpp"

namespace voyager::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

std::string statements_of(std::uint64_t seed, Dialect dialect) {
  Generator generator(seed, 1, 100);
  std::string text;
  for (int i = 0; i < 300; ++i)
    for (const Step& step : generator.next(dialect).steps) text += step.sql + "\n";
  return text;
}

TEST(Soak, ASeedDrawsTheSamePlanAndTheSameStatements) {
  for (const Dialect dialect : {Dialect::postgresql, Dialect::yugabytedb}) {
    EXPECT_EQ(statements_of(7, dialect), statements_of(7, dialect));
    EXPECT_NE(statements_of(7, dialect), statements_of(8, dialect));
  }
  EXPECT_THAT(statements_of(7, Dialect::postgresql), HasSubstr("RESTART IDENTITY CASCADE"));
  EXPECT_EQ(statements_of(7, Dialect::yugabytedb).find("TRUNCATE"), std::string::npos);
  const auto plan_of = [](std::uint64_t seed) { return described(draw_plan(seed, Scale::full)); };
  EXPECT_EQ(plan_of(7), plan_of(7));
  EXPECT_NE(plan_of(7), plan_of(8));
}

/// Applications on one server, without a migration: the model itself is on trial.
class SoakModel : public ::testing::Test {
 protected:
  void SetUp() override {
    VOYAGER_REQUIRE_POSTGRES();
    ClusterOptions options;
    options.settings = {{"max_prepared_transactions", "20"}};
    server_.emplace(options);
    execute(place(), soak_schema(options_.applications));
  }
  engine::Endpoint place() const { return server_->endpoint(); }
  void work(int transactions, int crashes) {
    applications_.start(place(), Dialect::postgresql, transactions);
    for (int i = 0; i < crashes; ++i) {
      std::this_thread::sleep_for(std::chrono::milliseconds(200));
      server_->stop_immediately();
      server_->start();
    }
    while (applications_.working()) std::this_thread::sleep_for(std::chrono::milliseconds(10));
    EXPECT_THAT(applications_.totals().errors, IsEmpty());
  }
  std::vector<std::string> found() const {
    return differences_from_model(applications_.committed(),
                                  read_model(place(), options_.applications));
  }

  const ApplicationsOptions options_{11, 4, 2000};
  std::optional<PgCluster> server_;
  Applications applications_{options_};
};

TEST_F(SoakModel, KnowsWhatWasCommittedThroughCrashes) {
  work(80, 4);
  EXPECT_THAT(found(), IsEmpty());
  const ApplicationsTotals totals = applications_.totals();
  EXPECT_GT(totals.committed, 150);
  EXPECT_GT(totals.rolled_back, 5);
}

TEST_F(SoakModel, SeesEveryKindOfDifference) {
  work(60, 0);
  ASSERT_THAT(found(), IsEmpty());
  std::size_t differences = 0;
  for (const std::string loss :
       {"DELETE FROM history WHERE application = 2 AND number = (SELECT max(number) FROM history "
        "WHERE application = 2)",
        "UPDATE items SET amount = 4711 WHERE id = (SELECT min(id) FROM items)",
        "INSERT INTO bag SELECT owner, v FROM bag LIMIT 1",
        "UPDATE bulk SET v = v + 1 WHERE (batch, n) IN (SELECT batch, n FROM bulk LIMIT 1)",
        "INSERT INTO basket_3 (v) VALUES (17)"}) {
    execute(place(), loss);
    EXPECT_THAT(found(), SizeIs(++differences)) << loss;
  }
}

void expect_holds(const Plan& plan) {
  VOYAGER_REQUIRE_TARGET();
  std::cout << described(plan) << std::flush;
  const Lived lived = live(plan);
  for (const std::string& failure : lived.failures) ADD_FAILURE() << failure;
  EXPECT_GT(lived.totals.committed, 50);
  if (::testing::Test::HasFailure())
    std::cout << "to repeat: ./dev soak --brief --minutes 0 --seed " << plan.seed << std::endl;
}

TEST(Soak, ForthBackAndForthAgain) {
  const Plan plan = draw_plan(24, Scale::brief);
  ASSERT_EQ(plan.journey, Journey::and_back_and_forth);
  expect_holds(plan);
}

TEST(Soak, FallForward) {
  const Plan plan = draw_plan(22, Scale::brief);
  ASSERT_EQ(plan.journey, Journey::fall_forward);
  expect_holds(plan);
}

/// Seeds that nobody has chosen are for `./dev soak`: what fails here must fail again.
TEST(Soak, ToTheTarget) {
  const Plan plan = draw_plan(1, Scale::brief);
  ASSERT_EQ(plan.journey, Journey::to_target);
  expect_holds(plan);
}

}  // namespace
}  // namespace voyager::testing
