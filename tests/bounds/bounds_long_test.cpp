// SPDX-License-Identifier: Apache-2.0
#include "bounds/bounded.hpp"

namespace voyager::testing {
namespace {

using BoundsLong = Bounded;

TEST_F(BoundsLong, ATransactionOfFiveMillionChangesTakesLittleMemory) {
  one_transaction(5'000'000);
}

TEST_F(BoundsLong, ABacklogOfGigabytesTakesDiskAndNoMemory) {
  backlog(3072);
}

/// Such a row is whole in memory up to five times, on its way through a client library for example.
TEST_F(BoundsLong, RowsOfAHundredMegabytesTakeSomeTimesTheirSizeOnce) {
  stream(
      "CREATE TABLE item (id int PRIMARY KEY, v text, note text);"
      "ALTER TABLE item ALTER v SET STORAGE EXTERNAL;"
      "INSERT INTO item SELECT i, repeat(i::text, 100000000), '' FROM generate_series(1, 4) i");
  execute(source(),
          "INSERT INTO item SELECT i, repeat(i::text, 100000000), '' FROM generate_series(5, 8) i");
  execute(source(), "UPDATE item SET v = reverse(v) WHERE id IN (1, 5)");
  execute(source(), "UPDATE item SET note = 'x'");
  wait_for_rows(8);
  wait_for("SELECT count(*) FROM item WHERE note = 'x'", "8");
  expect_all_arrived(500);
}

TEST_F(BoundsLong, TwoThousandTablesTakeLittleMemory) {
  stream(
      "DO $$ BEGIN FOR i IN 1..2000 LOOP "
      "EXECUTE format('CREATE TABLE t%s (id int PRIMARY KEY, a text, b int, c timestamptz)', i); "
      "EXECUTE format('INSERT INTO t%s SELECT k, k::text, k, now() FROM generate_series(1, 5) k', "
      "i);"
      " COMMIT; END LOOP; END $$");
  execute(source(),
          "DO $$ BEGIN FOR i IN 1..2000 LOOP "
          "EXECUTE format('UPDATE t%s SET a = a || b', i); COMMIT; END LOOP; END $$");
  wait_for("SELECT a FROM t2000 WHERE id = 1", "11");
  expect_all_arrived();
}

}  // namespace
}  // namespace voyager::testing
