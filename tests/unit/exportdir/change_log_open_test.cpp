// SPDX-License-Identifier: Apache-2.0
// Transactions that are read before they have an end.
#include <gmock/gmock.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <random>
#include <semaphore>
#include <thread>

#include "change_log_fixture.hpp"

namespace voyager::exportdir {
namespace {

using namespace std::chrono_literals;
using Reach = ChangeLogReader::Reach;

/// Rows of a KiB each, so that some thousands are more than a part.
const std::string kibibyte(1000, 'x');

class ChangeLogOpenTest : public ChangeLogTest {
 protected:
  static void begin(ChangeLogWriter& writer, int number) {
    writer.append(Begin{position(number), number * 1000, static_cast<std::uint64_t>(number)});
    writer.append(plain_relation(1, "t"));
  }
  static void end(ChangeLogWriter& writer, int number) { writer.append(Commit{position(number)}); }

  std::unique_ptr<ChangeLogReader> far_reader(std::int64_t after_vsn = 0) {
    return std::make_unique<ChangeLogReader>(layout_, meta_, after_vsn, Reach::open_transactions);
  }
  static int rows_in(const std::vector<std::string>& lines) {
    return static_cast<int>(std::count_if(lines.begin(), lines.end(), [](const std::string& line) {
      return line.starts_with("I ");
    }));
  }
};

TEST_F(ChangeLogOpenTest, ALargeTransactionIsReadBeforeItsEnd) {
  const auto log = writer();
  begin(*log, 1);
  append_rows(*log, 3000, kibibyte);
  const auto reader = far_reader();
  EXPECT_TRUE(reader->next_is_open());
  const int first = rows_in(read_all(*reader));
  EXPECT_GT(first, 1000);
  EXPECT_LT(first, 3000) << "what is still in the writer's buffer";
  EXPECT_TRUE(read_after(0).empty()) << "only for those who ask for it";
  EXPECT_EQ(reader->position().vsn, 0);

  append_rows(*log, 2000, kibibyte);
  EXPECT_TRUE(reader->wait(0ms, {}));
  const int second = rows_in(read_all(*reader));
  EXPECT_GT(second, 1000);

  end(*log, 1);
  append_transaction(*log, 2, 1);
  EXPECT_FALSE(reader->next()) << "its end is not durable";
  log->flush();
  const auto rest = read_all(*reader);
  EXPECT_EQ(first + second + rows_in(rest), 5001);
  EXPECT_THAT(rest, ::testing::Contains("commit " + position(1).text));
  EXPECT_EQ(reader->position().vsn, 5001);
  EXPECT_FALSE(reader->taken_back());
}

TEST_F(ChangeLogOpenTest, TheEndIsNotTakenBeforeItIsDurable) {
  const auto log = writer();
  begin(*log, 1);
  append_rows(*log, 3000, kibibyte);
  end(*log, 1);
  begin(*log, 2);
  append_rows(*log, 3000, kibibyte);  // this brings the first one's end into the file
  const auto reader = far_reader();
  const auto lines = read_all(*reader);
  // What is committed in front of the part of the second is durable by now.
  EXPECT_EQ(lines.at(3001 + 1), "commit " + position(1).text);
  EXPECT_GT(rows_in(lines), 4000);
  EXPECT_EQ(commits(), positions(1, 1));
}

TEST_F(ChangeLogOpenTest, SmallTransactionsComeWhole) {
  const auto log = writer();
  begin(*log, 1);
  append_rows(*log, 400, kibibyte);
  EXPECT_TRUE(read_all(*far_reader()).empty());
  end(*log, 1);
  log->flush();
  const auto reader = far_reader();
  EXPECT_FALSE(reader->next_is_open());
  EXPECT_EQ(rows_in(read_all(*reader)), 400);
}

TEST_F(ChangeLogOpenTest, WhatWasTakenBackIsReadAnewFromItsBeginning) {
  const auto log = writer();
  append_transaction(*log, 1, 3);
  log->flush();
  begin(*log, 2);
  append_rows(*log, 3000, kibibyte);
  const auto reader = far_reader();
  EXPECT_GT(rows_in(read_all(*reader)), 1000);
  const ReadPosition before = reader->position();
  EXPECT_EQ(before.vsn, 3);

  log->discard_open_transaction();
  EXPECT_TRUE(reader->wait(0ms, {}));
  EXPECT_FALSE(reader->next());
  EXPECT_TRUE(reader->taken_back());
  reader->seek(before);
  EXPECT_FALSE(reader->taken_back());
  EXPECT_FALSE(reader->next());

  begin(*log, 2);
  append_rows(*log, 4000, std::string(1000, 'y'));
  const auto part = read_all(*reader);
  EXPECT_GT(rows_in(part), 1000);
  EXPECT_THAT(part, ::testing::Not(::testing::Contains(::testing::HasSubstr("xxx"))));
  end(*log, 2);
  log->flush();
  EXPECT_EQ(rows_in(part) + rows_in(read_all(*reader)), 4000);
}

TEST_F(ChangeLogOpenTest, OpeningASegmentReadsNothingAheadThatMayStillChange) {
  const auto log = writer();
  append_transaction(*log, 1, 3);
  begin(*log, 2);
  append_rows(*log, 500, kibibyte);
  log->flush();  // brings a part of the second into the file
  ChangeLogReader reader(layout_, meta_, 0);
  EXPECT_EQ(rows_in(read_all(reader)), 3);
  log->discard_open_transaction();
  append_transaction(*log, 2, 7, "other");
  log->flush();
  EXPECT_EQ(rows_in(read_all(reader)), 7);
}

TEST_F(ChangeLogOpenTest, WhatWasRewrittenBehindTheReadersBackIsNoticedBeforeItsEnd) {
  const auto log = writer();
  begin(*log, 1);
  append_rows(*log, 5000, kibibyte);
  const auto reader = far_reader();
  ASSERT_TRUE(reader->next());  // reads ahead
  log->discard_open_transaction();
  // Other blocks, of another table, to the end.
  log->append(Begin{position(1), 1, 1});
  log->append(plain_relation(2, "u"));
  for (int i = 0; i < 5000; ++i) {
    const std::string id = std::to_string(i);
    const std::vector<Value> after{Value::of(id), Value::of(std::string_view("other"))};
    log->append(RowChange{2, Operation::insert, {}, after});
  }
  end(*log, 1);
  log->flush();
  const auto lines = read_all(*reader);
  EXPECT_THAT(lines, ::testing::Not(::testing::Contains("commit " + position(1).text)));
  EXPECT_TRUE(reader->taken_back());
  reader->seek(reader->position());
  EXPECT_EQ(rows_in(read_all(*reader)), 5000);
}

TEST_F(ChangeLogOpenTest, AKilledWritersPartIsTakenBackByTheNext) {
  const pid_t child = ::fork();
  if (child == 0) {
    MetaDb meta = MetaDb::open(layout_, false);
    ChangeLogWriter log(layout_, meta, source_role, {});
    append_transaction(log, 1, 3);
    begin(log, 2);
    append_rows(log, 3000, kibibyte);
    static_cast<void>(::raise(SIGKILL));
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  ASSERT_TRUE(WIFSIGNALED(status));
  const auto reader = far_reader();
  EXPECT_GT(rows_in(read_all(*reader)), 1000);
  EXPECT_FALSE(reader->taken_back());
  const auto log = writer();
  EXPECT_EQ(log->last_position(), position(1));
  EXPECT_TRUE(reader->wait(0ms, {}));
  EXPECT_TRUE(reader->taken_back());
}

TEST_F(ChangeLogOpenTest, AKilledWritersWholeTransactionIsKept) {
  const pid_t child = ::fork();
  if (child == 0) {
    MetaDb meta = MetaDb::open(layout_, false);
    ChangeLogWriter log(layout_, meta, source_role, {});
    append_transaction(log, 1, 3000, kibibyte);
    append_transaction(log, 2, 400, kibibyte);  // brings the first one's end into the file
    static_cast<void>(::raise(SIGKILL));
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  const auto reader = far_reader();
  const int first = rows_in(read_all(*reader));
  EXPECT_GT(first, 1000);
  const auto log = writer();
  const auto rest = read_all(*reader);
  EXPECT_FALSE(reader->taken_back());
  EXPECT_EQ(first + rows_in(rest), 3000);
  EXPECT_EQ(rest.back(), "commit " + position(1).text);
}

TEST_F(ChangeLogOpenTest, ATornPartIsNoDamage) {
  const auto log = writer();
  begin(*log, 1);
  append_rows(*log, 5000, kibibyte);
  const std::string whole = read_file(layout_.segment(1));
  std::filesystem::resize_file(layout_.segment(1), whole.size() - 10);
  const auto reader = far_reader();
  const int rows = rows_in(read_all(*reader));
  EXPECT_GT(rows, 1000);
  EXPECT_FALSE(reader->wait(0ms, {}));
  // Committed, it is.
  end(*log, 1);
  log->flush();
  EXPECT_EQ(error_number([&] { read_all(*reader); }), 2102);
}

TEST_F(ChangeLogOpenTest, AReaderMayLeaveATransactionAloneUntilItIsCommitted) {
  const auto log = writer();
  begin(*log, 1);
  append_rows(*log, 3000, kibibyte);
  const auto reader = far_reader();
  EXPECT_GT(rows_in(read_all(*reader)), 1000);
  reader->await_commit();
  reader->seek(reader->position());
  EXPECT_FALSE(reader->next());
  EXPECT_FALSE(reader->wait(0ms, {}));
  end(*log, 1);
  log->flush();
  EXPECT_EQ(rows_in(read_all(*reader)), 3000);
  begin(*log, 2);
  append_rows(*log, 3000, kibibyte);
  EXPECT_GT(rows_in(read_all(*reader)), 1000) << "the next one is not left alone";
}

TEST_F(ChangeLogOpenTest, AFailureToShowAPartLosesAndDoublesNothing) {
  const pid_t child = ::fork();
  if (child == 0) {
    ::setenv("VOYAGER_FAILPOINT", "change_log.part_shown:2:error", 1);
    MetaDb meta = MetaDb::open(layout_, false);
    ChangeLogWriter log(layout_, meta, source_role, {});
    begin(log, 1);
    int failures = 0;
    for (int row = 0; row < 5000;) {
      try {
        append_rows(log, 1, kibibyte);
        ++row;
      } catch (const Error&) {
        ++failures;
      }
    }
    end(log, 1);
    log.flush();
    ::_exit(failures);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  EXPECT_EQ(WEXITSTATUS(status), 1);
  EXPECT_EQ(rows_in(read_after(0)), 5000);
}

TEST_F(ChangeLogOpenTest, ASegmentBeginsWithALargeTransaction) {
  const auto log = writer(1);
  append_transaction(*log, 1, 3);
  const auto reader = far_reader();
  begin(*log, 2);  // segment 2
  append_rows(*log, 3000, kibibyte);
  const auto lines = read_all(*reader);
  EXPECT_GT(rows_in(lines), 1000);
  EXPECT_THAT(lines, ::testing::Contains("commit " + position(1).text));
  end(*log, 2);
  log->flush();
  EXPECT_EQ(rows_in(lines) + rows_in(read_all(*reader)), 3003);
  begin(*log, 3);  // segment 3
  append_rows(*log, 10);
  EXPECT_FALSE(reader->next_is_open());
}

/// What a consumer does: keeps what is committed, forgets what was taken back. Each transaction's
/// rows carry the attempt by which they were written.
TEST_F(ChangeLogOpenTest, AFollowerSeesEachTransactionOnceAndOfOneAttempt) {
  constexpr int transactions = 60;
  std::counting_semaphore<> begun{0};  // the reader is inside of a transaction
  int taken_back = 0;
  for (const bool packs : {false, true}) {
    pack(packs);
    const std::int64_t start = [&] { return writer()->last_vsn(); }();
    std::vector<int> sizes;
    std::jthread writing([&] {
      std::mt19937 random(7);
      auto log = writer(8ULL << 20);
      for (int number = 1; number <= transactions; ++number) {
        const int rows = random() % 3 == 0 ? 6000 : static_cast<int>(random() % 50) + 1;
        for (int attempt = 0;; ++attempt) {
          begin(*log, number);
          // Hardly to be packed.
          std::string value = fmt::format("{} ", attempt);
          for (int i = 0; i < 400; ++i) value += static_cast<char>('a' + random() % 26);
          const bool ends = random() % 2 == 0;
          append_rows(*log, ends ? rows : static_cast<int>(random() % static_cast<unsigned>(rows)),
                      value);
          if (ends) break;
          while (begun.try_acquire()) {
          }
          static_cast<void>(begun.try_acquire_for(20ms));
          if (random() % 4 == 0) {
            log->flush();
            log.reset();  // as a killed one leaves it
            log = writer(8ULL << 20);
          } else {
            log->discard_open_transaction();
          }
        }
        end(*log, number);
        if (random() % 2 == 0) log->flush();
      }
      log->flush();
    });
    const auto reader = far_reader(start);
    int committed = 0;
    std::vector<std::string> values;
    const auto deadline = std::chrono::steady_clock::now() + 100s;
    while (committed < transactions && std::chrono::steady_clock::now() < deadline) {
      const auto event = reader->next();
      if (!event && reader->taken_back()) {
        ++taken_back;
        values.clear();
        reader->seek(reader->position());
      } else if (!event) {
        reader->wait(1s, {});
      } else if (const auto* row = std::get_if<RowChange>(&event->change)) {
        ASSERT_EQ(row->after[0].text, std::to_string(event->vsn));
        values.emplace_back(row->after[1].text);
        if (values.size() == 1) begun.release();
      } else if (const auto* commit = std::get_if<Commit>(&event->change)) {
        ASSERT_EQ(commit->position, position(++committed));
        ASSERT_FALSE(values.empty());
        ASSERT_EQ(std::count(values.begin(), values.end(), values.front()),
                  static_cast<std::ptrdiff_t>(values.size()));
        ASSERT_EQ(reader->position().vsn, event->vsn);
        values.clear();
      }
    }
    EXPECT_EQ(committed, transactions);
  }
  EXPECT_GT(taken_back, 0);
}

}  // namespace
}  // namespace voyager::exportdir
