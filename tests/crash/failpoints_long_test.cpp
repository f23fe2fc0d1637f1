// SPDX-License-Identifier: Apache-2.0
// Every failpoint, with every effect, at the first, the second and the seventh pass.
#include <gtest/gtest.h>

#include "crash/killed_migration.hpp"
#include "support/failpoints.hpp"

namespace voyager::testing {
namespace {

struct Times {
  int pass;
  Effect effect;
};

class FailpointsLong : public ::testing::TestWithParam<Times> {
 protected:
  /// Few in each story: errors make processes pause, and what one effect breaks, the next one
  /// shouldn't mend.
  static constexpr std::size_t stories = 8;

  template <typename Story>
  static void live() {
    VOYAGER_REQUIRE_TARGET();
    Hits hits;
    for (const Orders& orders :
         shared_out(failpoints(), stories, GetParam().pass, GetParam().effect))
      live_through<Story>(orders, hits);
    EXPECT_FALSE(hits.empty());
  }
};

TEST_P(FailpointsLong, AFallBackSurvivesThem) {
  live<FallBackKilled>();
}

TEST_P(FailpointsLong, AFallForwardSurvivesThem) {
  live<FallForwardKilled>();
}

std::string name_of(const ::testing::TestParamInfo<Times>& info) {
  constexpr std::array effects{"Kill", "Error", "Delay"};
  return std::string(effects[static_cast<std::size_t>(info.param.effect)]) + "At" +
         std::to_string(info.param.pass);
}

INSTANTIATE_TEST_SUITE_P(, FailpointsLong,
                         ::testing::Values(Times{1, Effect::kill}, Times{2, Effect::kill},
                                           Times{7, Effect::kill}, Times{1, Effect::error},
                                           Times{2, Effect::error}, Times{7, Effect::error},
                                           Times{1, Effect::delay}),
                         name_of);

}  // namespace
}  // namespace voyager::testing
