// SPDX-License-Identifier: Apache-2.0
#include "cutover/records.hpp"

#include <gtest/gtest.h>

namespace {

using namespace voyager;

}  // namespace

TEST(CutoverRecords, BringSequencesBackAsTheyWere) {
  const std::vector<Sequence> before{
      {{"s \"q\"", "seq"}, {"s", "t"}, "id", "bigint", INT64_MAX, true, -3, 20}};
  const auto after = cutover::sequences_from_json(cutover::to_json(before));
  ASSERT_EQ(after.size(), 1U);
  EXPECT_EQ(after[0].name, before[0].name);
  EXPECT_EQ(after[0].owner_table, before[0].owner_table);
  EXPECT_EQ(after[0].owner_column, "id");
  EXPECT_EQ(after[0].last_value, INT64_MAX);
  EXPECT_TRUE(after[0].is_called);
  EXPECT_EQ(after[0].increment, -3);
}

TEST(CutoverRecords, NeverHoldThePassword) {
  engine::Endpoint endpoint;
  endpoint.type = "postgresql";
  endpoint.host = "db.example.org";
  endpoint.password = Secret("s3cr3t-Passw0rd");
  endpoint.nodes = {"n1:5433", "n2"};
  endpoint.use_public_ip = true;
  const std::string text = cutover::to_json(endpoint);
  EXPECT_EQ(text.find("s3cr3t"), std::string::npos);
  const engine::Endpoint after = cutover::endpoint_from_json(text);
  EXPECT_EQ(after.host, "db.example.org");
  EXPECT_TRUE(after.password.empty());
  EXPECT_EQ(after.nodes, endpoint.nodes);
  EXPECT_TRUE(after.use_public_ip);
}

TEST(CutoverRecords, BringSuspendedObjectsAndSourceChangesBack) {
  const auto objects =
      cutover::suspended_from_json(cutover::to_json(std::vector<engine::SuspendedObject>{
          {"trigger", {"s", "t"}, "audit", "ALTER TABLE s.t ENABLE TRIGGER audit"}}));
  ASSERT_EQ(objects.size(), 1U);
  EXPECT_EQ(objects[0].restore_sql, "ALTER TABLE s.t ENABLE TRIGGER audit");
  const auto changes = cutover::source_changes_from_json(
      cutover::to_json(std::vector<engine::SourceChange>{{{"s", "t"}, "d"}, {{"s", "u"}, "n"}}));
  ASSERT_EQ(changes.size(), 2U);
  EXPECT_EQ(changes[1].table.name, "u");
  EXPECT_EQ(changes[1].original, "n");
}
