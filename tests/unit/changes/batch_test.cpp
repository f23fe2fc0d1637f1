// SPDX-License-Identifier: Apache-2.0
#include "changes/batch.hpp"

#include <gtest/gtest.h>

namespace voyager::changes {
namespace {

using namespace std::chrono_literals;

TEST(BatchLimits, AreLargerFarAway) {
  const BatchLimits usual;
  EXPECT_EQ(at_distance(usual, 0us).batch_changes, usual.batch_changes);
  EXPECT_EQ(at_distance(usual, 5ms).batch_changes, usual.batch_changes);
  const BatchLimits far = at_distance(usual, 50ms);
  EXPECT_EQ(far.batch_changes, 3 * usual.batch_changes);
  EXPECT_EQ(far.piece_changes, 3 * usual.piece_changes);
  EXPECT_EQ(far.piece_bytes, usual.piece_bytes) << "memory stays what it is";
}

TEST(BatchLimits, StaySmallerWhereThatIsWishedFor) {
  BatchLimits wished;
  wished.batch_changes = 100;
  EXPECT_EQ(at_distance(wished, 50ms).batch_changes, 100U);
}

}  // namespace
}  // namespace voyager::changes
