// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>

#include <thread>

#include "change_log_fixture.hpp"

namespace voyager::exportdir {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using Lines = std::vector<std::string>;

/// Every kind of event and value once.
std::vector<ChangeEvent> all_kinds() {
  static const std::string bytes("a\0b\n\xC3\xA4", 6);
  static const std::vector<Value> full{Value::of("1"), Value::of(bytes)};
  static const std::vector<Value> with_null{Value::of(""), {Value::Kind::null, {}}};
  static const std::vector<Value> old_key{Value::of("1"), {Value::Kind::unchanged, {}}};
  const Relation plain = plain_relation(1, "t");
  const Relation leaf{
      4'000'000'000U, {"S", "Root"}, {"s2", "leaf"}, "region = 'eu'", {{"k", true}, {"w", false}}};
  return {Begin{position(1), -5, 18'000'000'000'000'000'000U},
          plain,
          leaf,
          RowChange{1, Operation::insert, {}, full},
          RowChange{4'000'000'000U, Operation::update, old_key, with_null},
          RowChange{1, Operation::update, {}, old_key},
          RowChange{1, Operation::remove, old_key, {}},
          Truncate{{1, 4'000'000'000U}, true},
          Truncate{{1}, false},
          Barrier{"cutover \"1\""},
          Commit{position(2)}};
}

TEST_F(ChangeLogTest, EveryKindOfEventComesBackAsItWasWritten) {
  Lines written;
  const auto log = writer();
  for (const ChangeEvent& event : all_kinds()) {
    log->append(event);
    written.push_back(describe(event));
  }
  EXPECT_EQ(log->flush().position(), position(2));
  EXPECT_EQ(read_after(0), written);
}

TEST_F(ChangeLogTest, RowsTruncatesAndBarriersAreNumberedFromOne) {
  const auto log = writer();
  for (const ChangeEvent& event : all_kinds()) log->append(event);
  log->flush();
  EXPECT_EQ(log->last_vsn(), 7);
  std::vector<std::int64_t> vsns;
  ChangeLogReader reader(layout_, meta_, 0);
  while (const auto event = reader.next()) {
    vsns.push_back(event->vsn);
    EXPECT_EQ(event->exporter_role, source_role);
  }
  EXPECT_THAT(vsns, ElementsAre(0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 7));
  EXPECT_EQ(reader.newest_vsn(), 7);
  ASSERT_NE(reader.relation(4'000'000'000U), nullptr);
  EXPECT_EQ(reader.relation(4'000'000'000U)->leaf, (QualifiedName{"s2", "leaf"}));
  EXPECT_EQ(reader.relation(99), nullptr);
}

TEST_F(ChangeLogTest, NothingIsReadBeforeAFlushAndOnlyCommittedTransactionsAfterIt) {
  const auto log = writer();
  append_transaction(*log, 1, 2);
  EXPECT_THAT(read_after(0), IsEmpty());
  EXPECT_GT(log->unflushed_bytes(), 0U);
  log->append(Begin{position(2), 0, 2});
  append_rows(*log, 1);
  EXPECT_EQ(log->flush().position(), position(1));
  EXPECT_EQ(log->unflushed_bytes(), 0U);
  EXPECT_EQ(commits(), positions(1, 1));
  log->append(Commit{position(2)});
  log->flush();
  EXPECT_EQ(commits(), positions(1, 2));
}

TEST_F(ChangeLogTest, AFlushOfNothingGivesTheLastDurablePosition) {
  const auto log = writer();
  EXPECT_TRUE(log->flush().position().empty());
  EXPECT_TRUE(log->last_position().empty());
  append_transaction(*log, 1, 1);
  EXPECT_EQ(log->last_position(), position(1));
  EXPECT_EQ(log->flush().position(), position(1));
  EXPECT_EQ(log->flush().position(), position(1));
}

TEST_F(ChangeLogTest, ANewWriterGoesOnWhereTheLastOneEnded) {
  {
    const auto log = writer();
    append_transaction(*log, 1, 3);
    log->flush();
  }
  const auto log = writer();
  EXPECT_EQ(log->last_position(), position(1));
  EXPECT_EQ(log->last_vsn(), 3);
  log->append(Begin{position(2), 0, 2});
  append_rows(*log, 1);  // its relation was described by the first writer
  log->append(Commit{position(2)});
  log->flush();
  EXPECT_EQ(commits(), positions(1, 2));
  EXPECT_EQ(log->last_vsn(), 4);
  EXPECT_EQ(counts_of("t").inserts, 3);
}

TEST_F(ChangeLogTest, ADiscardedTransactionLeavesNoTrace) {
  const auto log = writer();
  append_transaction(*log, 1, 1);
  const std::uint64_t unflushed = log->unflushed_bytes();
  log->append(Begin{position(2), 0, 2});
  Relation changed = plain_relation(1, "renamed");
  changed.columns.pop_back();
  log->append(changed);
  log->append(plain_relation(2, "u"));
  log->append(Truncate{{1, 2}, false});
  EXPECT_EQ(log->last_vsn(), 2);
  log->discard_open_transaction();
  log->discard_open_transaction();  // nothing is open any more
  EXPECT_EQ(log->last_vsn(), 1);
  EXPECT_EQ(log->last_position(), position(1));
  EXPECT_EQ(log->unflushed_bytes(), unflushed);
  log->append(Begin{position(3), 0, 3});
  append_rows(*log, 1);  // fits the old description only
  EXPECT_EQ(error_number([&] { log->append(Truncate{{2}, false}); }), 2106);
  log->append(Commit{position(3)});
  log->flush();
  EXPECT_EQ(commits(), (Lines{position(1).text, position(3).text}));
}

TEST_F(ChangeLogTest, EventsOutOfPlaceAreRefusedAndChangeNothing) {
  const auto log = writer();
  const std::vector<Value> one{Value::of("1")};
  EXPECT_EQ(error_number([&] { append_rows(*log, 1); }), 2106);
  EXPECT_EQ(error_number([&] { log->append(plain_relation(1, "t")); }), 2106);
  EXPECT_EQ(error_number([&] { log->append(Truncate{{}, false}); }), 2106);
  EXPECT_EQ(error_number([&] { log->append(Barrier{"b"}); }), 2106);
  EXPECT_EQ(error_number([&] { log->append(Commit{position(1)}); }), 2106);
  log->append(Begin{position(1), 0, 1});
  EXPECT_EQ(error_number([&] { log->append(Begin{position(1), 0, 1}); }), 2106);
  EXPECT_EQ(error_number([&] { append_rows(*log, 1); }), 2106) << "no relation yet";
  log->append(plain_relation(1, "t"));
  EXPECT_EQ(error_number([&] {
              log->append(RowChange{1, Operation::insert, {}, one});
            }),
            2106)
      << "two columns, one value";
  append_rows(*log, 1);
  log->append(Commit{position(1)});
  log->flush();
  EXPECT_EQ(read_after(0).size(), 4U);
  EXPECT_EQ(log->last_vsn(), 1);
}

TEST_F(ChangeLogTest, ASecondWriterIsRefused) {
  const auto log = writer();
  EXPECT_EQ(error_number([&] { writer(); }), 2105);
}

TEST_F(ChangeLogTest, AReaderCanStartAfterEveryTransaction) {
  const auto log = writer();
  for (int number = 1; number <= 20; ++number) append_transaction(*log, number, number % 4);
  log->flush();
  ChangeLogReader all(layout_, meta_, 0);
  int done = 0;
  while (const auto event = all.next()) {
    if (!std::holds_alternative<Commit>(event->change)) continue;
    ++done;
    std::vector<std::string> rest = commits(event->vsn);
    // Transactions without events have no vsn of their own; those may come again.
    while (!rest.empty() && rest.front() <= position(done).text) rest.erase(rest.begin());
    EXPECT_EQ(rest, positions(done + 1, 20)) << "after vsn " << event->vsn;
  }
  EXPECT_EQ(done, 20);
}

TEST_F(ChangeLogTest, AReaderThatStartsInsideATransactionGetsItWhole) {
  const auto log = writer();
  append_transaction(*log, 1, 10);
  append_transaction(*log, 2, 10);
  log->flush();
  for (std::int64_t vsn = 10; vsn < 20; ++vsn) EXPECT_EQ(commits(vsn), positions(2, 2)) << vsn;
  EXPECT_THAT(commits(20), IsEmpty());
}

TEST_F(ChangeLogTest, RelationsOfSkippedTransactionsComeAfterTheFirstBegin) {
  const auto log = writer();
  append_transaction(*log, 1, 2);
  log->append(Begin{position(2), 0, 2});
  append_rows(*log, 1, "x");
  log->append(Commit{position(2)});
  log->flush();
  EXPECT_THAT(read_after(2), ElementsAre("begin 0000000000000002 at 0 xid 2",
                                         "relation 1 public.t leaf public.t where '' id* v",
                                         "I 1 before after '3' 'x'", "commit 0000000000000002"));
}

TEST_F(ChangeLogTest, AReaderGoesBackToAnyPositionThatItHad) {
  const auto log = writer();
  for (int number = 1; number <= 5; ++number) {
    log->append(Begin{position(number), 0, 1});
    log->append(plain_relation(1, "t" + std::to_string(number)));
    append_rows(*log, 2);
    log->append(Commit{position(number)});
  }
  log->flush();
  ChangeLogReader reader(layout_, meta_, 0);
  std::vector<ReadPosition> places{reader.position()};
  while (const auto event = reader.next()) {
    if (std::holds_alternative<Commit>(event->change)) places.push_back(reader.position());
  }
  ASSERT_EQ(places.size(), 6U);
  for (std::size_t i = places.size(); i-- > 0;) {
    reader.seek(places[i]);
    EXPECT_EQ(reader.position().vsn, places[i].vsn);
    std::vector<std::string> seen;
    while (const auto event = reader.next()) {
      if (const auto* row = std::get_if<RowChange>(&event->change)) {
        const std::string table = "t" + std::to_string((event->vsn + 1) / 2);
        EXPECT_EQ(reader.relation(row->relation)->table.name, table);
      }
      if (const auto* commit = std::get_if<Commit>(&event->change))
        seen.push_back(commit->position.text);
    }
    EXPECT_EQ(seen, positions(static_cast<int>(i) + 1, 5)) << "from place " << i;
  }
}

TEST_F(ChangeLogTest, SeekInTheMiddleOfATransactionReadsItAgainWithItsRelations) {
  const auto log = writer();
  append_transaction(*log, 1, 1);
  append_transaction(*log, 2, 2);
  log->flush();
  ChangeLogReader reader(layout_, meta_, 1);
  const ReadPosition start = reader.position();
  const Lines whole = read_after(1);
  for (int taken = 1; taken < 4; ++taken) {
    for (int i = 0; i < taken; ++i) ASSERT_TRUE(reader.next());
    reader.seek(start);
    EXPECT_EQ(read_all(reader), whole) << taken;
    reader.seek(start);
  }
}

TEST_F(ChangeLogTest, ARowLargerThanAllBuffersPasses) {
  const std::string large(5'000'000, 'x');
  const std::string half(600'000, 'y');
  const auto log = writer();
  log->append(Begin{position(1), 0, 1});
  log->append(plain_relation(1, "t"));
  append_rows(*log, 1, "small");
  append_rows(*log, 2, large);
  append_rows(*log, 3, half);
  append_rows(*log, 1, "small again");
  log->append(Commit{position(1)});
  log->flush();
  ChangeLogReader reader(layout_, meta_, 0);
  std::vector<std::size_t> sizes;
  while (const auto event = reader.next()) {
    if (const auto* row = std::get_if<RowChange>(&event->change)) {
      sizes.push_back(row->after[1].text.size());
      EXPECT_TRUE(row->after[1].text == large || row->after[1].text == half || sizes.back() < 20);
    }
  }
  EXPECT_THAT(
      sizes, ElementsAre(5, large.size(), large.size(), half.size(), half.size(), half.size(), 11));
}

TEST_F(ChangeLogTest, CountsAreByTableAndOperation) {
  {
    const auto log = writer();
    for (const ChangeEvent& event : all_kinds()) log->append(event);
    append_transaction(*log, 3, 5);
    log->flush();
    append_transaction(*log, 4, 100);  // never flushed
  }
  EXPECT_EQ(counts_of("t"), (ChangeCounts{6, 1, 1, 2}));
  EXPECT_EQ(meta_.exported_counts(source_role).at({"S", "Root"}), (ChangeCounts{0, 1, 0, 1}));
  EXPECT_EQ(meta_.counted_through(), 12);
}

}  // namespace
}  // namespace voyager::exportdir
