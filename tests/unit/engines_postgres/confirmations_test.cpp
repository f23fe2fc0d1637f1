// SPDX-License-Identifier: Apache-2.0
#include "engines/postgres/confirmations.hpp"

#include <gtest/gtest.h>

namespace voyager::postgres {
namespace {

TEST(Confirmations, NothingIsConfirmedBeforeItIsAcknowledged) {
  Confirmations confirmations;
  confirmations.begin();
  confirmations.handed_out(100, 110);
  EXPECT_EQ(confirmations.durable(), 0U);
  confirmations.keep_alive(500);
  EXPECT_EQ(confirmations.durable(), 0U);
}

TEST(Confirmations, AnAcknowledgedCommitIsConfirmedByItsEnd) {
  Confirmations confirmations;
  confirmations.handed_out(100, 110);
  confirmations.handed_out(200, 210);
  confirmations.acknowledge(100);
  EXPECT_EQ(confirmations.durable(), 110U);
  confirmations.acknowledge(200);
  EXPECT_EQ(confirmations.durable(), 210U);
}

TEST(Confirmations, OneAcknowledgementCoversAllEarlierCommits) {
  Confirmations confirmations;
  confirmations.handed_out(100, 110);
  confirmations.handed_out(200, 210);
  confirmations.handed_out(300, 310);
  confirmations.acknowledge(250);
  EXPECT_EQ(confirmations.durable(), 210U);
}

TEST(Confirmations, AnIdleSourceIsConfirmedByKeepAlives) {
  Confirmations confirmations;
  confirmations.keep_alive(500);
  EXPECT_EQ(confirmations.durable(), 500U);
  EXPECT_EQ(confirmations.passed(), 500U);
}

TEST(Confirmations, KeepAlivesCountOnceEverythingIsAcknowledged) {
  Confirmations confirmations;
  confirmations.handed_out(100, 110);
  confirmations.keep_alive(500);
  confirmations.acknowledge(100);
  EXPECT_EQ(confirmations.durable(), 500U);
}

TEST(Confirmations, AKeepAliveWithinATransactionSaysNothing) {
  Confirmations confirmations;
  confirmations.begin();
  confirmations.keep_alive(500);
  EXPECT_EQ(confirmations.passed(), 0U);
  EXPECT_EQ(confirmations.durable(), 0U);
}

TEST(Confirmations, ASkippedTransactionNeedsNoAcknowledgementButDoesNotOvertakeOne) {
  Confirmations confirmations;
  confirmations.skipped(50);
  EXPECT_EQ(confirmations.durable(), 50U);
  confirmations.handed_out(100, 110);
  confirmations.skipped(210);
  EXPECT_EQ(confirmations.durable(), 50U) << "what was confirmed stays so";
  confirmations.acknowledge(100);
  EXPECT_EQ(confirmations.durable(), 210U);
}

TEST(Confirmations, NothingGoesBackwards) {
  Confirmations confirmations;
  confirmations.keep_alive(500);
  confirmations.keep_alive(400);
  EXPECT_EQ(confirmations.durable(), 500U);
}

}  // namespace
}  // namespace voyager::postgres
