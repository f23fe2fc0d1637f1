// SPDX-License-Identifier: Apache-2.0
#include "snapshot/export_snapshot.hpp"
#include "snapshot_fixture.hpp"

namespace voyager::snapshot {
namespace {

std::vector<std::string> names(const std::vector<Table>& tables) {
  std::vector<std::string> found;
  for (const Table& one : tables) found.push_back(one.name.name);
  return found;
}

using Names = std::vector<std::string>;

TEST(SelectTables, WithoutPatternsTakesAll) {
  EXPECT_EQ(names(select_tables({table("a"), table("b")}, {})), (Names{"a", "b"}));
}

TEST(SelectTables, IncludesFirstAndThenExcludes) {
  TableSelection selection;
  selection.include = {"order*", "public.customers"};
  selection.exclude = {"orders_2?"};
  const auto chosen = select_tables(
      {table("customers"), table("items"), table("orders"), table("orders_20")}, selection);
  EXPECT_EQ(names(chosen), (Names{"customers", "orders"}));
}

TEST(SelectTables, RefusesAPatternThatMatchesNothing) {
  TableSelection selection;
  selection.include = {"a", "orderz"};
  std::string message;
  EXPECT_EQ(error_number([&] { select_tables({table("a")}, selection); }, &message), 5001);
  EXPECT_NE(message.find("orderz"), std::string::npos);
  selection = {};
  selection.exclude = {"b"};
  EXPECT_EQ(error_number([&] { select_tables({table("a")}, selection); }), 5001);
}

TEST(SelectTables, RefusesAnEmptyResult) {
  TableSelection selection;
  selection.exclude = {"*"};
  EXPECT_EQ(error_number([&] { select_tables({table("a")}, selection); }), 5002);
  EXPECT_EQ(error_number([] { select_tables({}, {}); }), 5002);
}

TEST(ChooseFormat, IsBinaryOnlyWhenEveryStoredColumnIsSafe) {
  Table safe = table("a");
  EXPECT_EQ(choose_format(safe, DataFormat::automatic), ChunkFormat::binary);
  EXPECT_EQ(choose_format(safe, DataFormat::csv), ChunkFormat::csv);
  Table unsafe = table("a");
  unsafe.columns.push_back(column("mood", "mood[]", false));
  EXPECT_EQ(choose_format(unsafe, DataFormat::automatic), ChunkFormat::csv);
  unsafe.columns.back().generated = true;
  EXPECT_EQ(choose_format(unsafe, DataFormat::automatic), ChunkFormat::binary);
}

TEST(ChooseFormat, NamesTheColumnThatForbidsBinary) {
  Table unsafe = table("people");
  unsafe.columns.push_back(column("mood", "mood[]", false));
  std::string message;
  EXPECT_EQ(error_number([&] { choose_format(unsafe, DataFormat::binary); }, &message), 5003);
  EXPECT_NE(message.find("mood of table public.people"), std::string::npos) << message;
}

class FreezeTables : public ExportDirectory {};

TEST_F(FreezeTables, StoresTablesAtTheFirstRunAndReturnsThemLater) {
  const auto first = freeze_tables(meta_, {table("a", 10), table("b")}, DataFormat::automatic);
  ASSERT_EQ(first.size(), 2U);
  EXPECT_EQ(first[0].format, ChunkFormat::binary);
  EXPECT_EQ(first[0].state, exportdir::TableState::pending);
  EXPECT_NE(first[0].id, first[1].id);
  // Sizes and wishes change freely; what is recorded counts.
  const auto later = freeze_tables(meta_, {table("a", 99), table("b")}, DataFormat::csv);
  ASSERT_EQ(later.size(), 2U);
  EXPECT_EQ(later[0].table.bytes, 10);
  EXPECT_EQ(later[0].format, ChunkFormat::binary);
}

TEST_F(FreezeTables, RefusesAnotherTableListAndNamesTheDifference) {
  freeze_tables(meta_, {table("a"), table("b")}, DataFormat::automatic);
  std::string message;
  const auto again = [&] { freeze_tables(meta_, {table("b"), table("c")}, DataFormat::automatic); };
  EXPECT_EQ(error_number(again, &message), 5004);
  EXPECT_NE(message.find("added: public.c"), std::string::npos) << message;
  EXPECT_NE(message.find("missing: public.a"), std::string::npos) << message;
  EXPECT_NE(message.find("--start-clean"), std::string::npos) << message;
}

TEST_F(FreezeTables, RefusesChangedColumnsAndNamesThem) {
  freeze_tables(meta_, {table("a")}, DataFormat::automatic);
  const auto message_for = [&](const Table& now) {
    std::string message;
    EXPECT_EQ(error_number([&] { freeze_tables(meta_, {now}, DataFormat::automatic); }, &message),
              5005);
    return message;
  };
  Table now = table("a");
  now.columns.pop_back();
  EXPECT_NE(
      message_for(now).find("public.a changed since the migration began: column note is gone"),
      std::string::npos);
  now = table("a");
  now.columns.push_back(column("more", "int4"));
  EXPECT_NE(message_for(now).find("column more is new"), std::string::npos);
  now = table("a");
  now.columns[1].type = "varchar(3)";
  EXPECT_NE(message_for(now).find("column note was text and is varchar(3)"), std::string::npos);
}

TEST_F(FreezeTables, AcceptsColumnChangesThatDoNotMatter) {
  freeze_tables(meta_, {table("a")}, DataFormat::automatic);
  Table now = table("a");
  now.columns[1].not_null = true;
  now.columns.push_back(column("sum", "int4"));
  now.columns.back().generated = true;
  EXPECT_EQ(freeze_tables(meta_, {now}, DataFormat::automatic).size(), 1U);
}

}  // namespace
}  // namespace voyager::snapshot
