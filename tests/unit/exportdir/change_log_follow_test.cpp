// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <sys/wait.h>
#include <unistd.h>

#include <thread>

#include "change_log_fixture.hpp"

namespace voyager::exportdir {
namespace {

using namespace std::chrono_literals;
using ChangeLogFollowTest = ChangeLogTest;

/// Follows the log until the given vsn; the number of rows seen, or -1 when one is out of order.
std::int64_t follow_until(const Layout& layout, MetaDb& meta, std::int64_t last_vsn) {
  ChangeLogReader reader(layout, meta, 0);
  const auto deadline = std::chrono::steady_clock::now() + 30s;
  std::int64_t rows = 0;
  std::int64_t open_rows = 0;
  while (rows < last_vsn) {
    const auto event = reader.next();
    if (!event) {
      if (open_rows != rows) return -1;  // handed out a part of a transaction
      // False may be a ring without news.
      if (!reader.wait(1s, {}) && std::chrono::steady_clock::now() > deadline) return rows;
      continue;
    }
    if (const auto* row = std::get_if<RowChange>(&event->change)) {
      if (row->after[0].text != std::to_string(++open_rows)) return -1;
    }
    if (std::holds_alternative<Commit>(event->change)) rows = open_rows;
  }
  return rows;
}

TEST_F(ChangeLogFollowTest, AReaderFollowsAWriterInAnotherThread) {
  std::jthread writing([this] {
    const auto log = writer(20'000);
    for (int number = 1; number <= 500; ++number) {
      append_transaction(*log, number, number % 7 + 1);
      if (number % 3 == 0) log->flush();
    }
    log->flush();
  });
  std::int64_t total = 0;
  for (int number = 1; number <= 500; ++number) total += number % 7 + 1;
  EXPECT_EQ(follow_until(layout_, meta_, total), total);
}

TEST_F(ChangeLogFollowTest, AReaderFollowsAWriterInAnotherProcess) {
  const pid_t child = ::fork();
  if (child == 0) {
    int result = 1;
    try {
      MetaDb meta = MetaDb::open(layout_, false);
      ChangeLogWriter log(layout_, meta, source_role, {5'000});
      for (int number = 1; number <= 200; ++number) {
        append_transaction(log, number, 5);
        log.flush();
      }
      result = 0;
    } catch (const std::exception&) {
    }
    ::_exit(result);
  }
  EXPECT_EQ(follow_until(layout_, meta_, 1000), 1000);
  int status = 0;
  ::waitpid(child, &status, 0);
  EXPECT_EQ(status, 0);
}

TEST_F(ChangeLogFollowTest, AReaderMayComeBeforeTheFirstSegment) {
  ChangeLogReader reader(layout_, meta_, 0);
  EXPECT_FALSE(reader.next());
  EXPECT_FALSE(reader.wait(10ms, {}));
  EXPECT_EQ(reader.newest_vsn(), 0);
  const auto log = writer();
  EXPECT_FALSE(reader.next());
  append_transaction(*log, 1, 1);
  log->flush();
  EXPECT_TRUE(reader.wait(10s, {}));
  EXPECT_TRUE(reader.next());
}

TEST_F(ChangeLogFollowTest, WaitReturnsAtOnceWhenThereIsMoreAndTimesOutWhenThereIsNot) {
  const auto log = writer(1);
  append_transaction(*log, 1, 1);
  log->flush();
  ChangeLogReader reader(layout_, meta_, 0);
  EXPECT_TRUE(reader.wait(0ms, {}));
  read_all(reader);
  EXPECT_FALSE(reader.wait(10ms, {}));
  append_transaction(*log, 2, 1);
  EXPECT_FALSE(reader.wait(10ms, {})) << "the new segment is not published yet";
  log->flush();
  EXPECT_TRUE(reader.wait(std::chrono::milliseconds::max(), {}));
  EXPECT_EQ(read_all(reader).size(), 4U);
  EXPECT_FALSE(reader.wait(10ms, {}));
}

TEST_F(ChangeLogFollowTest, ARingWithoutNewsEndsAWait) {
  const auto log = writer();
  ChangeLogReader reader(layout_, meta_, 0);
  EXPECT_FALSE(reader.wait(1ms, {}));
  std::jthread ringer([this] { ring_bell(layout_.committed()); });
  const auto start = std::chrono::steady_clock::now();
  EXPECT_FALSE(reader.wait(1min, {}));
  EXPECT_LT(std::chrono::steady_clock::now() - start, 30s);
}

TEST_F(ChangeLogFollowTest, AStopEndsAWait) {
  const auto log = writer();
  ChangeLogReader reader(layout_, meta_, 0);
  std::stop_source stop;
  std::jthread stopper([&] { stop.request_stop(); });
  EXPECT_FALSE(reader.wait(1h, stop.get_token()));
}

TEST_F(ChangeLogFollowTest, AnAppliedLogIsNotMore) {
  const auto log = writer();
  append_transaction(*log, 1, 3);
  log->flush();
  ChangeLogReader reader(layout_, meta_, 3);
  EXPECT_FALSE(reader.wait(10ms, {}));
  EXPECT_FALSE(reader.next());
  append_transaction(*log, 2, 1);
  log->flush();
  EXPECT_TRUE(reader.wait(10s, {}));
  EXPECT_EQ(describe(reader.next()->change), "begin 0000000000000002 at 2000 xid 2");
}

}  // namespace
}  // namespace voyager::exportdir
