// SPDX-License-Identifier: Apache-2.0
#include "changes/archive.hpp"

#include <gmock/gmock.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <thread>

#include "model/roles.hpp"
#include "support/recording_status.hpp"
#include "unit/exportdir/change_log_fixture.hpp"

namespace voyager::changes {
namespace {

namespace fs = std::filesystem;
using exportdir::ConsumerRecord;
using exportdir::error_number;
using exportdir::SegmentRecord;
using Policy = ArchiveOptions::Policy;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using Numbers = std::vector<std::int64_t>;

ConsumerRecord consumer(std::string_view role, std::int64_t applied) {
  return {std::string(role), applied, 0, 0};
}

/// Segment N ends with vsn N * 100; the last one is being written.
std::vector<SegmentRecord> segments_of(const std::vector<std::string_view>& exporter_roles) {
  std::vector<SegmentRecord> segments;
  for (const std::string_view role : exporter_roles) {
    SegmentRecord segment;
    segment.number = static_cast<std::int64_t>(segments.size()) + 1;
    segment.exporter_role = std::string(role);
    segment.first_vsn = segment.number * 100 - 99;
    segment.last_vsn = segment.number * 100;
    segment.sealed = segments.size() + 1 < exporter_roles.size();
    segments.push_back(segment);
  }
  return segments;
}

Numbers numbers(const std::vector<SegmentRecord>& segments) {
  Numbers list;
  for (const SegmentRecord& segment : segments) list.push_back(segment.number);
  return list;
}

struct ArchivableCase {
  const char* what;
  std::vector<std::string_view> exporters;
  std::vector<ConsumerRecord> consumers;
  bool source_replica = false;
  Numbers expected;
};

std::vector<ArchivableCase> archivable_cases() {
  using namespace roles;
  const std::vector<std::string_view> forward(4, source_db_exporter);
  const std::vector<std::string_view> back{source_db_exporter, source_db_exporter,
                                           target_db_exporter_fb, target_db_exporter_fb,
                                           target_db_exporter_fb};
  const std::vector<std::string_view> on{source_db_exporter, target_db_exporter_ff,
                                         target_db_exporter_ff};
  const std::vector<std::string_view> again{source_db_exporter, target_db_exporter_fb,
                                            source_db_exporter, source_db_exporter};
  const auto target = [](std::int64_t vsn) { return consumer(target_db_importer, vsn); };
  const auto source = [](std::int64_t vsn) { return consumer(source_db_importer, vsn); };
  const auto replica = [](std::int64_t vsn) { return consumer(source_replica_db_importer, vsn); };
  return {
      {"nobody reads yet", forward, {}, false, {}},
      {"the target has nothing", forward, {target(0)}, false, {}},
      {"up to the end of a segment", forward, {target(200)}, false, {1, 2}},
      {"inside a segment", forward, {target(299)}, false, {1, 2}},
      {"never the one that is written", forward, {target(400)}, false, {1, 2, 3}},
      {"the replica is not there yet", forward, {target(400)}, true, {}},
      {"the replica is the slower one", forward, {target(400), replica(100)}, true, {1}},
      {"the target is the slower one", forward, {target(100), replica(400)}, true, {1}},
      {"only the replica reads", forward, {replica(400)}, true, {}},
      {"a reader of other segments does not count", forward, {source(400)}, false, {}},
      {"nor does it hold segments", forward, {target(200), source(0)}, false, {1, 2}},
      {"the source has not begun to fall back", back, {target(500)}, false, {1, 2}},
      {"the source falls back", back, {target(200), source(400)}, false, {1, 2, 3, 4}},
      {"the target need not read its own", back, {target(0), source(300)}, false, {3}},
      {"the replica has not begun to go on", on, {target(300)}, false, {1}},
      {"the replica goes on", on, {target(100), replica(200)}, true, {1, 2}},
      {"the second round", again, {target(300), source(200)}, false, {1, 2, 3}},
      {"the second round has not begun", again, {target(100), source(200)}, false, {1, 2}},
      {"an exporter of a later version", {"other", "other"}, {target(200)}, false, {}},
  };
}

TEST(Archivable, IsWhatEveryReaderOfTheExporterHasApplied) {
  for (const ArchivableCase& one : archivable_cases()) {
    EXPECT_EQ(numbers(archivable(segments_of(one.exporters), one.consumers, {one.source_replica})),
              one.expected)
        << one.what;
  }
}

TEST(Archivable, IsNothingThatIsGoneAlready) {
  auto segments = segments_of({3, roles::source_db_exporter});
  segments[0].deleted = true;
  EXPECT_THAT(numbers(archivable(segments, {consumer(roles::target_db_importer, 300)}, {})),
              ElementsAre(2));
}

/// Six segments of two rows each, from the source; the sixth is being written.
class ArchiveTest : public exportdir::ChangeLogTest {
 protected:
  ArchiveTest() {
    const auto log = writer(1);
    for (int number = 1; number <= 6; ++number) {
      append_transaction(*log, number, 2);
      log->flush();
    }
    log_positions_ = positions(1, 6);
  }

  void applied(std::string_view role, std::int64_t vsn) { meta_.put_consumer(consumer(role, vsn)); }
  ArchiveOptions options(Policy policy) const {
    ArchiveOptions options;
    options.policy = policy;
    options.directory = archive_.path();
    options.fs_utilization_threshold = 0;
    options.follow = false;
    return options;
  }
  void archive(Policy policy, Status& status) {
    archive_changes(layout_, meta_, options(policy), status, {});
  }
  void archive(Policy policy) { archive(policy, status_); }
  int archive_error(const ArchiveOptions& options) {
    return error_number([&] { archive_changes(layout_, meta_, options, status_, {}); });
  }
  Numbers in_queue() const { return present_in(layout_.queue()); }
  Numbers in_archive() const { return present_in(archive_.path()); }
  static Numbers present_in(const fs::path& directory) {
    Numbers present;
    for (std::int64_t number = 1; number <= 6; ++number) {
      if (fs::exists(directory / fmt::format("segment.{}", number))) present.push_back(number);
    }
    return present;
  }

  testing::TempDirectory archive_;
  testing::RecordingStatus status_;
  std::vector<std::string> log_positions_;
};

TEST_F(ArchiveTest, MovesWhatTheTargetHasAndAllStaysReadable) {
  applied(roles::target_db_importer, 6);
  archive(Policy::archive);
  EXPECT_THAT(in_queue(), ElementsAre(4, 5, 6));
  EXPECT_THAT(in_archive(), ElementsAre(1, 2, 3));
  EXPECT_EQ(commits(), log_positions_);
  EXPECT_THAT(status_.questions(), IsEmpty());
  EXPECT_THAT(status_.lines().at(0), HasSubstr("archived change segment 1"));
  EXPECT_THAT(status_.lines().at(0), HasSubstr("% full"));
}

TEST_F(ArchiveTest, AReaderThatRunsMissesNothingWhileSegmentsMove) {
  applied(roles::target_db_importer, 12);
  exportdir::ChangeLogReader reader(layout_, meta_, 0);
  for (int i = 0; i < 4; ++i) ASSERT_TRUE(reader.next());
  archive(Policy::archive);
  EXPECT_THAT(in_queue(), ElementsAre(6));
  std::int64_t newest = 0;
  while (const auto event = reader.next()) newest = event->vsn;
  EXPECT_EQ(newest, 12);
}

TEST_F(ArchiveTest, IsRefusedUntilTheTargetReads) {
  EXPECT_EQ(archive_error(options(Policy::archive)), 6201);
  applied(roles::source_replica_db_importer, 12);
  EXPECT_EQ(archive_error(options(Policy::archive)), 6201);
  EXPECT_EQ(archive_error(options(Policy::remove)), 6201);
  EXPECT_EQ(in_queue().size(), 6U);
}

TEST_F(ArchiveTest, DeletesNothingWhileAReplicaIsNotRuledOut) {
  applied(roles::target_db_importer, 12);
  testing::RecordingStatus no(false);
  EXPECT_EQ(error_number([&] { archive(Policy::remove, no); }), 6203);
  EXPECT_THAT(no.questions(), ElementsAre(HasSubstr("without a source-replica?")));
  EXPECT_EQ(in_queue().size(), 6U);
  EXPECT_FALSE(meta_.setting(no_source_replica_setting));
}

TEST_F(ArchiveTest, AsksOnceWhetherThereIsAReplica) {
  applied(roles::target_db_importer, 4);
  archive(Policy::remove);
  EXPECT_EQ(meta_.setting(no_source_replica_setting), "true");
  EXPECT_THAT(in_queue(), ElementsAre(3, 4, 5, 6));
  applied(roles::target_db_importer, 6);
  archive(Policy::remove);
  EXPECT_THAT(in_queue(), ElementsAre(4, 5, 6));
  EXPECT_EQ(status_.questions().size(), 1U);
  EXPECT_THAT(in_archive(), IsEmpty());
}

TEST_F(ArchiveTest, DoesNotAskAfterTheCutoverWasRequested) {
  applied(roles::target_db_importer, 12);
  meta_.append_journal("target.requested", "none");
  archive(Policy::remove);
  EXPECT_THAT(in_queue(), ElementsAre(6));
  EXPECT_THAT(status_.questions(), IsEmpty());
}

TEST_F(ArchiveTest, SparesWhatAReplicaThatHasStartedNeeds) {
  applied(roles::target_db_importer, 12);
  meta_.set_setting(source_replica_started_setting, "true");
  for (const Policy policy : {Policy::remove, Policy::archive}) {
    archive(policy);
    EXPECT_EQ(in_queue().size(), 6U);
  }
  applied(roles::source_replica_db_importer, 2);
  archive(Policy::remove);
  EXPECT_THAT(in_queue(), ElementsAre(2, 3, 4, 5, 6));
  EXPECT_THAT(status_.questions(), IsEmpty());
}

/// Starts a source-replica, as another process may, when the first deletion is recorded.
class ReplicaStartsThen : public testing::RecordingStatus {
 public:
  explicit ReplicaStartsThen(exportdir::MetaDb& meta) : meta_(meta) {}
  void line(const std::string& text) override {
    if (text.find("deleted change segment 1") != std::string::npos)
      meta_.set_setting(source_replica_started_setting, "true");
    RecordingStatus::line(text);
  }

 private:
  exportdir::MetaDb& meta_;
};

TEST_F(ArchiveTest, StopsDeletingWhenAReplicaStartsMeanwhile) {
  applied(roles::target_db_importer, 12);
  ReplicaStartsThen status(meta_);
  archive(Policy::remove, status);
  EXPECT_THAT(in_queue(), ElementsAre(2, 3, 4, 5, 6));
  for (const SegmentRecord& segment : meta_.segments())
    EXPECT_EQ(segment.deleted, segment.number == 1) << segment.number;
}

TEST_F(ArchiveTest, WaitsForTheDiskToFillWhenAThresholdIsSet) {
  applied(roles::target_db_importer, 12);
  for (const Policy policy : {Policy::remove, Policy::archive}) {
    ArchiveOptions waiting = options(policy);
    waiting.fs_utilization_threshold = 101;
    archive_changes(layout_, meta_, waiting, status_, {});
    EXPECT_EQ(in_queue().size(), 6U);
    EXPECT_THAT(status_.lines(), ::testing::Contains(HasSubstr("released from 101% on")));
  }
  ArchiveOptions by_default = options(Policy::archive);
  by_default.fs_utilization_threshold = -1;
  archive_changes(layout_, meta_, by_default, status_, {});
  EXPECT_THAT(in_queue(), ElementsAre(6));
}

TEST_F(ArchiveTest, FollowsUntilTheCallerSaysItIsOver) {
  applied(roles::target_db_importer, 2);
  ArchiveOptions following = options(Policy::archive);
  following.follow = true;
  int asked = 0;
  following.finished = [&] {
    // What is applied just before the end is released too.
    if (++asked == 2) applied(roles::target_db_importer, 12);
    return asked == 2;
  };
  std::jthread ringer([this](const std::stop_token& stop) {
    while (!stop.stop_requested()) {
      ring_bell(layout_.bell());
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
  });
  archive_changes(layout_, meta_, following, status_, {});
  EXPECT_EQ(asked, 2);
  EXPECT_THAT(in_queue(), ElementsAre(6));
}

TEST_F(ArchiveTest, RefusesADirectoryThatCanNotKeepThem) {
  applied(roles::target_db_importer, 12);
  ArchiveOptions bad = options(Policy::archive);
  bad.directory = archive_.path() / "missing";
  EXPECT_EQ(archive_error(bad), 6202);
  bad.directory = layout_.root() / "data" / "." / "queue";
  EXPECT_EQ(archive_error(bad), 6204);
  EXPECT_EQ(commits(), log_positions_);
}

TEST_F(ArchiveTest, NeverReplacesAFileOfAnotherMigration) {
  applied(roles::target_db_importer, 12);
  write_file_atomically(archive_.path() / "segment.2", "another migration's");
  EXPECT_EQ(archive_error(options(Policy::archive)), 6205);
  EXPECT_EQ(read_file(archive_.path() / "segment.2"), "another migration's");
  EXPECT_THAT(in_queue(), ElementsAre(2, 3, 4, 5, 6));
  EXPECT_EQ(commits(), log_positions_);
}

TEST_F(ArchiveTest, LeavesASegmentThatWasPutBackAlone) {
  applied(roles::target_db_importer, 4);
  archive(Policy::archive);
  fs::rename(archive_.path() / "segment.1", layout_.segment(1));
  archive(Policy::archive);
  EXPECT_THAT(in_queue(), ElementsAre(1, 3, 4, 5, 6));
  EXPECT_EQ(commits(), log_positions_);
}

#ifdef VOYAGER_FAILPOINTS

class ArchiveCrashTest : public ArchiveTest {
 protected:
  void kill_at(const std::string& failpoint, Policy policy) {
    const pid_t child = ::fork();
    if (child == 0) {
      // NOLINTNEXTLINE(concurrency-mt-unsafe): the child has one thread
      ::setenv("VOYAGER_FAILPOINT", failpoint.c_str(), 1);
      exportdir::MetaDb meta = exportdir::MetaDb::open(layout_, false);
      archive_changes(layout_, meta, options(policy), status_, {});
      ::_exit(0);
    }
    int status = 0;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    EXPECT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL) << failpoint;
  }
};

TEST_F(ArchiveCrashTest, AMoveIsReadableAndGoesOnAfterAKillAtAnyStep) {
  applied(roles::target_db_importer, 12);
  int pass = 0;
  for (const char* failpoint : {"archive.after_copy:1", "archive.after_record:1",
                                "archive.after_copy:2", "archive.after_record:2"}) {
    kill_at(failpoint, Policy::archive);
    EXPECT_EQ(commits(), log_positions_) << ++pass;
  }
  archive(Policy::archive);
  EXPECT_THAT(in_queue(), ElementsAre(6));
  EXPECT_THAT(in_archive(), ElementsAre(1, 2, 3, 4, 5));
  EXPECT_EQ(commits(), log_positions_);
}

TEST_F(ArchiveCrashTest, ADeletionThatWasRecordedIsFinishedByTheNextRun) {
  applied(roles::target_db_importer, 6);
  kill_at("archive.after_record:1", Policy::remove);
  EXPECT_EQ(in_queue().size(), 6U);
  archive(Policy::remove);
  EXPECT_THAT(in_queue(), ElementsAre(4, 5, 6));
  EXPECT_EQ(commits(6), exportdir::ChangeLogTest::positions(4, 6));
}

TEST_F(ArchiveCrashTest, ADeletionThatWasRecordedIsTakenBackWhenAReplicaHasStartedSince) {
  applied(roles::target_db_importer, 6);
  kill_at("archive.after_record:1", Policy::remove);
  meta_.set_setting(source_replica_started_setting, "true");
  archive(Policy::remove);
  EXPECT_EQ(in_queue().size(), 6U);
  for (const SegmentRecord& segment : meta_.segments()) EXPECT_FALSE(segment.deleted);
  EXPECT_EQ(commits(), log_positions_);
}

#endif

}  // namespace
}  // namespace voyager::changes
