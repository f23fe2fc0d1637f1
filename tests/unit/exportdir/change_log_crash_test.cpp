// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>

#include "change_log_fixture.hpp"

namespace voyager::exportdir {
namespace {

class ChangeLogCrashTest : public ChangeLogTest {
 protected:
  /// Runs it in a process of its own; the exit code, or minus the signal.
  template <typename Body>
  static int in_child(Body body) {
    const pid_t child = ::fork();
    if (child == 0) {
      int result = 99;
      try {
        result = body();
      } catch (const std::exception& error) {
        static_cast<void>(std::fprintf(stderr, "%s\n", error.what()));
      }
      ::_exit(result);
    }
    int status = 0;
    EXPECT_EQ(::waitpid(child, &status, 0), child);
    return WIFSIGNALED(status) ? -WTERMSIG(status) : WEXITSTATUS(status);
  }

  /// A writer that dies without its destructor; what it did not flush is in the file when it was
  /// written out, else lost.
  template <typename Body>
  void crash(std::uint64_t segment_bytes, Body body) {
    const int result = in_child([&] {
      MetaDb meta = MetaDb::open(layout_, false);
      const auto log = std::make_unique<ChangeLogWriter>(layout_, meta, source_role,
                                                         ChangeLogLimits{segment_bytes});
      body(*log);
      static_cast<void>(::raise(SIGKILL));
      return 0;
    });
    EXPECT_EQ(result, -SIGKILL);
  }

  std::string segment_bytes(std::int64_t number) const {
    return read_file(layout_.segment(number));
  }
  void set_segment(std::int64_t number, std::string_view bytes) const {
    File::open(layout_.segment(number), File::Mode::create).write(bytes);
  }
};

TEST_F(ChangeLogCrashTest, ATornTailAtEveryByteLeavesExactlyTheWholeTransactions) {
  std::vector<std::uint64_t> ends;  // of the transactions
  std::uint64_t start = 0;
  {
    const auto log = writer();
    start = std::filesystem::file_size(layout_.segment(1));
    for (int number = 1; number <= 3; ++number) {
      append_transaction(*log, number, number, "v");
      log->flush();
      ends.push_back(std::filesystem::file_size(layout_.segment(1)));
    }
  }
  const std::string whole = segment_bytes(1);
  for (std::size_t size = start; size <= whole.size(); ++size) {
    set_segment(1, std::string_view(whole).substr(0, size));
    forget_progress();
    const auto log = writer();
    int expected = 0;
    for (const std::uint64_t end : ends) expected += end <= size ? 1 : 0;
    ASSERT_EQ(commits(), positions(1, expected)) << "cut at " << size;
    ASSERT_EQ(log->last_position(), expected == 0 ? Position{} : position(expected));
    ASSERT_EQ(log->last_vsn(), expected * (expected + 1) / 2);
    if (size % 8 != 0) continue;  // each sync costs time
    append_transaction(*log, 9, 1);
    log->flush();
    auto then = positions(1, expected);
    then.push_back(position(9).text);
    ASSERT_EQ(commits(), then) << "cut at " << size;
  }
}

TEST_F(ChangeLogCrashTest, GarbageBehindTheLastCommitIsCutOff) {
  std::string whole;
  {
    const auto log = writer();
    append_transaction(*log, 1, 3);
    log->flush();
    whole = segment_bytes(1);
  }
  for (const std::string& garbage : {std::string(5000, '\0'), std::string(5000, '\xFF'),
                                     whole.substr(0, 60), std::string("x")}) {
    set_segment(1, whole + garbage);
    const auto log = writer();
    EXPECT_EQ(commits(), positions(1, 1));
    EXPECT_EQ(segment_bytes(1), whole);
  }
}

TEST_F(ChangeLogCrashTest, EveryFlippedBitBeforeTheLastCommitIsFoundByReaderAndWriter) {
  {
    const auto log = writer();
    append_transaction(*log, 1, 2);
    log->flush();
    append_transaction(*log, 2, 1);
    log->flush();
  }
  const std::string whole = segment_bytes(1);
  for (std::size_t i = 0; i < whole.size(); ++i) {
    std::string flipped = whole;
    flipped[i] = static_cast<char>(flipped[i] ^ (1 << (i % 8)));
    set_segment(1, flipped);
    ASSERT_EQ(error_number([&] { read_after(0); }), 2102) << "reader, byte " << i;
    ASSERT_EQ(error_number([&] { writer(); }), 2102) << "writer, byte " << i;
    ASSERT_EQ(segment_bytes(1), flipped) << "a damaged log must not be cut";
  }
}

TEST_F(ChangeLogCrashTest, AShortSegmentIsDamageWhenMoreWasPublished) {
  {
    const auto log = writer();
    append_transaction(*log, 1, 2);
    log->flush();
  }
  const std::string whole = segment_bytes(1);
  set_segment(1, std::string_view(whole).substr(0, whole.size() - 1));
  EXPECT_EQ(error_number([&] { writer(); }), 2102);
  EXPECT_EQ(error_number([&] { read_after(0); }), 2102);
}

TEST_F(ChangeLogCrashTest, AKilledWriterLosesOnlyWhatWasNotFlushed) {
  crash(1ULL << 30, [](ChangeLogWriter& log) {
    append_transaction(log, 1, 3);
    log.flush();
    append_transaction(log, 2, 3);
  });
  EXPECT_EQ(commits(), positions(1, 1));
  const auto log = writer();
  EXPECT_EQ(log->last_position(), position(1));
  EXPECT_EQ(commits(), positions(1, 1));
}

TEST_F(ChangeLogCrashTest, TransactionsThatReachedTheFileButWereNotPublishedAreKept) {
  crash(1ULL << 30, [](ChangeLogWriter& log) {
    append_transaction(log, 1, 50'000);  // goes to the file as the buffer fills
    append_transaction(log, 2, 50'000);
  });
  EXPECT_TRUE(commits().empty());
  const auto log = writer();
  EXPECT_EQ(commits(), positions(1, 1));
  EXPECT_EQ(log->last_vsn(), 50'000);
  EXPECT_EQ(counts_of("t").inserts, 50'000);
}

TEST_F(ChangeLogCrashTest, CountsAreExactAfterEveryCrash) {
  std::int64_t rows = 0;
  for (int run = 1; run <= 5; ++run) {
    // A small limit: the counts cross segments too.
    crash(run % 2 == 0 ? 300 : 1ULL << 30, [run](ChangeLogWriter& log) {
      for (int i = 0; i < 3; ++i) {
        append_transaction(log, run * 10 + i, run + i);
        log.flush();
      }
    });
    rows += 3 * run + 3;
    { const auto log = writer(); }
    EXPECT_EQ(counts_of("t").inserts, rows) << "run " << run;
    EXPECT_EQ(meta_.counted_through(), rows) << "run " << run;
    { const auto log = writer(); }
    EXPECT_EQ(counts_of("t").inserts, rows) << "nothing is counted twice, run " << run;
  }
}

TEST_F(ChangeLogCrashTest, EventsThatAnotherRoleLeftUncountedAreCountedForThatRole) {
  crash(1ULL << 30, [](ChangeLogWriter& log) {
    append_transaction(log, 1, 4);
    log.flush();
  });
  { const auto log = writer(1ULL << 30, "target_db_exporter_ff"); }
  EXPECT_EQ(counts_of("t").inserts, 4);
  EXPECT_TRUE(meta_.exported_counts("target_db_exporter_ff").empty());
}

TEST_F(ChangeLogCrashTest, ARecordedSegmentWithoutItsFileIsNotReplacedByAnEmptyOne) {
  { const auto log = writer(); }
  std::filesystem::remove(layout_.segment(1));
  EXPECT_EQ(error_number([&] { writer(); }), 2103);
}

TEST_F(ChangeLogCrashTest, AFullFileSystemLosesNothing) {
  const int result = in_child([this] {
    static_cast<void>(std::signal(SIGXFSZ, SIG_IGN));
    MetaDb meta = MetaDb::open(layout_, false);
    ChangeLogWriter log(layout_, meta, source_role, {});
    append_transaction(log, 1, 1);
    log.flush();
    const rlim_t limit = 1'500'000;  // in the middle of the second write of the buffer
    rlimit small{limit, RLIM_INFINITY};
    if (::setrlimit(RLIMIT_FSIZE, &small) != 0) return 1;
    log.append(Begin{position(2), 0, 2});
    int refusals = 0;
    const std::string large(2'000'000, 'L');
    const std::string id = "id";
    const std::vector<Value> large_row{Value::of(id), Value::of(large)};
    for (int i = 0; i < 50'000; ++i) {
      const auto append = [&] {
        if (i == 25'000) {
          log.append(RowChange{1, Operation::insert, {}, large_row});
        } else {
          append_rows(log, 1);
        }
      };
      while (const int number = error_number(append)) {
        if (number != 2101 || ++refusals > 100) return 2;
        small.rlim_cur += 500'000;
        if (::setrlimit(RLIMIT_FSIZE, &small) != 0) return 1;
      }
    }
    log.append(Commit{position(2)});
    while (const int number = error_number([&] { log.flush(); })) {
      if (number != 2101 || ++refusals > 100) return 2;
      small.rlim_cur += 500'000;
      if (::setrlimit(RLIMIT_FSIZE, &small) != 0) return 1;
    }
    return refusals > 2 ? 42 : 3;
  });
  EXPECT_EQ(result, 42);
  ChangeLogReader reader(layout_, meta_, 1);
  std::int64_t rows = 0;
  while (const auto event = reader.next()) {
    const auto* row = std::get_if<RowChange>(&event->change);
    if (row == nullptr) continue;
    ++rows;
    ASSERT_EQ(row->after[1].text.size(), rows == 25'001 ? 2'000'000U : 5U) << rows;
  }
  EXPECT_EQ(rows, 50'000);
}

TEST_F(ChangeLogCrashTest, ALogOlderThanWhoReadsItIsRefused) {
  {
    const auto log = writer();
    append_transaction(*log, 1, 3);
    log->flush();
  }
  EXPECT_EQ(commits(3), positions(1, 0));
  EXPECT_EQ(error_number([this] { commits(4); }), 2109);
}

TEST_F(ChangeLogCrashTest, AMarkThatIsOlderThanTheLogIsNotTheLogsEnd) {
  std::string old_mark;
  {
    const auto log = writer();
    append_transaction(*log, 1, 3);
    log->flush();
    old_mark = read_file(layout_.committed());
    append_transaction(*log, 2, 3);
    log->flush();
  }
  File::open(layout_.committed(), File::Mode::create).write(old_mark);
  EXPECT_EQ(commits(6), positions(1, 0)) << "as after a power failure: the writer will publish it";
  EXPECT_EQ(error_number([this] { commits(7); }), 2109);
}

TEST_F(ChangeLogCrashTest, AMetaDbOlderThanTheLogIsRefusedAndNothingIsOverwritten) {
  std::vector<SegmentRecord> early;
  for (int number = 1; number <= 12; ++number) {
    const auto log = writer(400);
    append_transaction(*log, number, 3);
    log->flush();
    if (number == 1) early = meta_.segments();
  }
  ASSERT_GT(meta_.segments().size(), 1U);
  const std::string second = segment_bytes(2);
  for (const bool with_mark : {true, false}) {
    meta_.clear_data();
    for (const SegmentRecord& segment : early) meta_.put_segment(segment);
    if (!with_mark) std::filesystem::remove(layout_.committed());
    EXPECT_EQ(error_number([this] { writer(); }), 2110) << with_mark;
    meta_.clear_data();
    EXPECT_EQ(error_number([this] { writer(); }), 2110) << with_mark;
    EXPECT_EQ(segment_bytes(2), second);
  }
}

#ifdef VOYAGER_FAILPOINTS

/// Writes with several segments until it is killed, then again to the end.
class ChangeLogFailpointTest : public ChangeLogCrashTest,
                               public ::testing::WithParamInterface<const char*> {
 protected:
  /// Transactions 1 to 12 of number % 3 + 1 rows, from where the log stands.
  int write_all() const {
    MetaDb meta = MetaDb::open(layout_, false);
    ChangeLogWriter log(layout_, meta, source_role, {400});
    for (int number = 1; number <= 12; ++number) {
      if (position(number) <= log.last_position()) continue;
      append_transaction(log, number, number % 3 + 1);
      if (number % 2 == 0) log.flush();
    }
    log.flush();
    return 42;
  }
};

TEST_P(ChangeLogFailpointTest, AKillAtAnyPassLosesAndDoublesNothing) {
  for (const int pass : {1, 2, 5}) {
    const std::string point = fmt::format("{}:{}", GetParam(), pass);
    meta_.clear_data();
    std::filesystem::remove_all(layout_.queue());
    layout_.create();
    const int first = in_child([&] {
      ::setenv("VOYAGER_FAILPOINT", point.c_str(), 1);
      return write_all();
    });
    EXPECT_TRUE(first == -SIGKILL || (first == 42 && pass > 1)) << point << ": " << first;
    EXPECT_EQ(in_child([this] { return write_all(); }), 42) << point;
    EXPECT_EQ(commits(), positions(1, 12)) << point;
    EXPECT_EQ(counts_of("t").inserts, 24) << point;
    EXPECT_EQ(meta_.counted_through(), 24) << point;
  }
}

TEST_P(ChangeLogFailpointTest, AnErrorAtAnyPassCanBeTriedAgain) {
  for (const int pass : {1, 2, 5}) {
    const std::string point = fmt::format("{}:{}:error", GetParam(), pass);
    meta_.clear_data();
    std::filesystem::remove_all(layout_.queue());
    layout_.create();
    EXPECT_EQ(in_child([&] {
                ::setenv("VOYAGER_FAILPOINT", point.c_str(), 1);
                for (int attempt = 0; attempt < 5; ++attempt) {
                  if (error_number([this] { write_all(); }) == 0) return 42;
                }
                return 1;
              }),
              42)
        << point;
    EXPECT_EQ(commits(), positions(1, 12)) << point;
    EXPECT_EQ(counts_of("t").inserts, 24) << point;
  }
}

INSTANTIATE_TEST_SUITE_P(Everywhere, ChangeLogFailpointTest,
                         ::testing::Values("change_log.write", "change_log.before_sync",
                                           "change_log.durable", "change_log.before_progress",
                                           "change_log.segment_created",
                                           "change_log.segment_recorded"));

#endif

}  // namespace
}  // namespace voyager::exportdir
