// SPDX-License-Identifier: Apache-2.0
#include "cli/change_line.hpp"

#include <gtest/gtest.h>

namespace voyager::cli {
namespace {

class ChangeLineTest : public testing::Test {
 protected:
  ChangeLineTest() {
    relation_.table = {"public", "orders"};
    relation_.leaf = relation_.table;
    relation_.columns = {{"id", true}, {"note", false}, {"big", false}};
    context_.vsn = 7;
    context_.exporter_role = "source_db_exporter";
    context_.transaction.position = {"000000001A2B3C4D"};
    context_.transaction.commit_unix_micros = 0;
    context_.transaction.transaction_id = 731;
    context_.relations = {&relation_};
  }
  Relation relation_;
  ChangeContext context_;
  const std::string start_ =
      R"("exporter_role":"source_db_exporter","position":"000000001A2B3C4D",)"
      R"("transaction_id":731,"commit_time":"1970-01-01 00:00:00.000000 UTC",)";
};

TEST_F(ChangeLineTest, ShowsAnUpdateWithoutWhatIsUnchanged) {
  const std::vector<Value> before = {
      Value::of("1"), {Value::Kind::unchanged, {}}, {Value::Kind::unchanged, {}}};
  const std::vector<Value> after = {
      Value::of("2"), {Value::Kind::null, {}}, {Value::Kind::unchanged, {}}};
  RowChange change;
  change.operation = Operation::update;
  change.before = before;
  change.after = after;
  EXPECT_EQ(change_line(change, context_, true),
            R"({"vsn":7,"op":"update",)" + start_ +
                R"("table":"public.orders","before":{"id":"1"},"after":{"id":"2","note":null}})");
}

TEST_F(ChangeLineTest, ShowsLengthsInsteadOfValues) {
  const std::vector<Value> after = {Value::of("1"), Value::of("secret"), {Value::Kind::null, {}}};
  RowChange change;
  change.operation = Operation::insert;
  change.after = after;
  const std::string line = *change_line(change, context_, false);
  EXPECT_EQ(line.find("secret"), std::string::npos);
  EXPECT_NE(line.find(R"("after":{"id":{"bytes":1},"note":{"bytes":6},"big":null})"),
            std::string::npos);
}

TEST_F(ChangeLineTest, NamesThePartitionOfARow) {
  relation_.leaf = {"public", "orders_2024"};
  const std::vector<Value> before = {Value::of("1"), {}, {}};
  RowChange change;
  change.operation = Operation::remove;
  change.before = before;
  const std::string line = *change_line(change, context_, true);
  EXPECT_NE(line.find(R"("op":"delete")"), std::string::npos);
  EXPECT_NE(line.find(R"("table":"public.orders","partition":"public.orders_2024")"),
            std::string::npos);
}

TEST_F(ChangeLineTest, ShowsBytesThatAreNotUtf8AsReplacementCharacters) {
  const std::vector<Value> after = {Value::of("\xff"), {}, {}};
  RowChange change;
  change.operation = Operation::insert;
  change.after = after;
  EXPECT_NE(change_line(change, context_, true)->find("\"id\":\"\xef\xbf\xbd\""),
            std::string::npos);
}

TEST_F(ChangeLineTest, ShowsTruncateAndBarrier) {
  Truncate truncate;
  truncate.relations = {1};
  truncate.restart_identity = true;
  EXPECT_EQ(change_line(truncate, context_, true),
            R"({"vsn":7,"op":"truncate",)" + start_ +
                R"("tables":["public.orders"],"restart_identity":true})");
  context_.relations.clear();
  EXPECT_EQ(change_line(Barrier{"b1"}, context_, true),
            R"({"vsn":7,"op":"barrier",)" + start_ + R"("id":"b1"})");
}

TEST_F(ChangeLineTest, EventsWithoutANumberAreNoLines) {
  EXPECT_EQ(change_line(Begin{}, context_, true), std::nullopt);
  EXPECT_EQ(change_line(Commit{}, context_, true), std::nullopt);
  EXPECT_EQ(change_line(relation_, context_, true), std::nullopt);
}

}  // namespace
}  // namespace voyager::cli
