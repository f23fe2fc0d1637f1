// SPDX-License-Identifier: Apache-2.0
#include "bounds/bounded.hpp"

namespace voyager::testing {
namespace {

using Bounds = Bounded;

TEST_F(Bounds, ATransactionOfAMillionChangesTakesLittleMemory) {
  one_transaction(1'000'000);
}

TEST_F(Bounds, ABacklogTakesDiskAndNoMemory) {
  backlog(64);
}

}  // namespace
}  // namespace voyager::testing
