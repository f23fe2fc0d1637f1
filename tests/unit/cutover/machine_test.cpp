// SPDX-License-Identifier: Apache-2.0
#include "cutover/machine.hpp"

#include <gtest/gtest.h>

#include <algorithm>

namespace {

using namespace voyager::cutover;

std::size_t place(CutoverState state) {
  return static_cast<std::size_t>(std::find(all_states.begin(), all_states.end(), state) -
                                  all_states.begin());
}

}  // namespace

/// Every pair: the fact in the place of the state goes one on, an earlier fact changes nothing, a
/// later one is refused.
TEST(CutoverMachine, AcceptsEachFactOnlyInItsTurn) {
  for (const CutoverState state : all_states) {
    for (std::size_t fact = 0; fact < all_facts.size(); ++fact) {
      const auto next = next_state(state, all_facts[fact]);
      if (place(state) == fact) {
        EXPECT_EQ(next, all_states[fact + 1]);
      } else if (place(state) > fact) {
        EXPECT_EQ(next, state);
      } else {
        EXPECT_EQ(next, std::nullopt);
      }
    }
  }
}

TEST(CutoverMachine, HasOneWordForEachFact) {
  for (const CutoverFact fact : all_facts) EXPECT_EQ(fact_of(word_of(fact)), fact);
  EXPECT_EQ(fact_of("unheard of"), std::nullopt);
}

TEST(CutoverMachine, SaysWhatAnInitiatedCutoverWaitsFor) {
  for (const CutoverState state : all_states) {
    const bool initiated = documented_status(state) == "INITIATED";
    EXPECT_EQ(awaited_in(state).has_value(), initiated) << place(state);
  }
}
