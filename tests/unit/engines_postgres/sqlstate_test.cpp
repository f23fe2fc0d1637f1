// SPDX-License-Identifier: Apache-2.0
#include "engines/postgres/sqlstate.hpp"

#include <gtest/gtest.h>

namespace voyager::postgres {
namespace {

TEST(ActionFor, WhatYugabyteDbAsksToTryAgainIsTriedAgain) {
  for (const char* text :
       {"Catalog Version Mismatch: A DDL occurred while processing this query. Try again.",
        "Query error: schema version mismatch for table 0000: expected 1, got 0",
        "The catalog snapshot used for this transaction has been invalidated: MISMATCHED_SCHEMA",
        "Restart read required at: { read: 1 }",
        "Operation failed. Try again: 1 conflicts with higher priority transaction: 2",
        "current transaction is expired or aborted", "Timed out: Perform RPC timed out",
        "Remote error: Service unavailable",
        "Network error while reaching out to the tablet servers"})
    EXPECT_EQ(action_for("XX000", text), Action::retry) << text;
  EXPECT_EQ(action_for("40001", "schema version mismatch for table t"), Action::retry);
  EXPECT_EQ(action_for("40P01", "deadlock detected"), Action::retry);
}

TEST(ActionFor, OtherInternalErrorsAndRefusalsAreNot) {
  EXPECT_EQ(action_for("XX000", "index method \"gist\" not supported yet"), Action::give_up);
  EXPECT_EQ(action_for("42P07", "relation \"Timed out\" already exists"), Action::give_up);
  EXPECT_EQ(action_for("23505", "duplicate key value"), Action::give_up);
}

TEST(ActionFor, LostServersNeedANewConnection) {
  for (const char* state : {"08006", "57P01", "57P03", "53300", "53100"})
    EXPECT_EQ(action_for(state, ""), Action::reconnect) << state;
}

}  // namespace
}  // namespace voyager::postgres
