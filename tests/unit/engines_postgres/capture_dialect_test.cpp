// SPDX-License-Identifier: Apache-2.0
#include "engines/postgres/capture_dialect.hpp"

#include <gmock/gmock.h>

#include "engines/postgres/barrier_table.hpp"

namespace voyager::postgres {
namespace {

using ::testing::HasSubstr;

TEST(CaptureDialect, OfPostgresqlFollowsItsVersion) {
  const CaptureDialect current = postgresql_dialect(150020);
  EXPECT_TRUE(current.publishes_roots);
  EXPECT_THAT(current.publication_options, HasSubstr("truncate"));
  EXPECT_THAT(current.stream_options, HasSubstr("messages"));
  EXPECT_THAT(current.slot_lost, HasSubstr("wal_status"));
  const CaptureDialect old = postgresql_dialect(100023);
  EXPECT_FALSE(old.publishes_roots);
  EXPECT_EQ(old.publication_options, " WITH (publish = 'insert, update, delete')");
  EXPECT_EQ(old.stream_options, "");
  EXPECT_EQ(old.slot_lost, "s.restart_lsn IS NULL");
}

TEST(CaptureDialect, OfYugabyteDbUsesNoLogPositions) {
  const CaptureDialect dialect = yugabytedb_dialect("yboutput");
  EXPECT_FALSE(dialect.wal_positions);
  EXPECT_FALSE(dialect.confirms_keep_alives);
  EXPECT_FALSE(dialect.logical_messages);
  EXPECT_FALSE(dialect.row_versions);
  EXPECT_EQ(dialect.stream_options, "");
  EXPECT_EQ(dialect.publication_options, "");
  EXPECT_TRUE(dialect.change_identity);
  EXPECT_FALSE(yugabytedb_dialect("pgoutput").change_identity);
}

class BarrierRows : public ::testing::Test {
 protected:
  void SetUp() override {
    pgoutput::RelationMessage message;
    message.id = 7;
    message.schema = "ybvoyager_metadata";
    message.name = "ybvoyager_barriers";
    for (const char* name : {"id", "written_at", "publication"})
      message.columns.push_back({name, 25, -1, true});
    ASSERT_TRUE(rows_.describe(message));
  }
  std::optional<std::string> id_of(Operation operation, const char* id, const char* publication) {
    const std::vector<Value> row{Value::of(id), Value::of("now"), Value::of(publication)};
    if (operation == Operation::remove) return rows_.id_of({7, operation, row, {}});
    return rows_.id_of({7, operation, {}, row});
  }

  barriers::Rows rows_{{"slot", "mine"}};
};

TEST_F(BarrierRows, AreFoundByTheNamesOfTheirColumns) {
  EXPECT_TRUE(rows_.holds(7));
  EXPECT_FALSE(rows_.holds(8));
  EXPECT_EQ(id_of(Operation::insert, "cutover", "mine"), "cutover");
}

TEST_F(BarrierRows, OfOthersAndRemovedOnesSayNothing) {
  EXPECT_EQ(id_of(Operation::insert, "cutover", "theirs"), std::nullopt);
  EXPECT_EQ(id_of(Operation::remove, "cutover", "mine"), std::nullopt);
}

TEST_F(BarrierRows, HeartbeatsAndTheOpeningAreNoBarriers) {
  EXPECT_TRUE(rows_.is_barrier("cutover"));
  EXPECT_FALSE(rows_.is_barrier("heartbeat"));
  EXPECT_FALSE(rows_.is_barrier(barriers::opening_id("slot")));
  EXPECT_TRUE(rows_.is_barrier(barriers::opening_id("another")));
}

TEST_F(BarrierRows, OtherTablesAreNotTheirs) {
  pgoutput::RelationMessage message;
  message.id = 9;
  message.schema = "public";
  message.name = "ybvoyager_barriers";
  EXPECT_FALSE(rows_.describe(message));
  EXPECT_FALSE(rows_.holds(9));
}

}  // namespace
}  // namespace voyager::postgres
