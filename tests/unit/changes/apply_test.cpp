// SPDX-License-Identifier: Apache-2.0
#include "changes/apply.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <functional>
#include <map>
#include <mutex>
#include <random>
#include <thread>
#include <tuple>

#include "base/error.hpp"
#include "support/recording_status.hpp"
#include "support/temp_directory.hpp"

namespace {

using namespace voyager;

Relation relation_of_t() {
  return {7, {"s", "t"}, {"s", "t"}, "", {{"id", true}, {"a", false}}};
}

Relation relation_of_other() {
  return {8, {"s", "other"}, {"s", "other"}, "", {{"id", true}, {"a", false}}};
}

Relation relation_of_wide_t() {
  return {9, {"s", "t"}, {"s", "t"}, "", {{"id", true}, {"a", false}, {"b", false}}};
}

/// A target database in memory: rows of s.t and its ledger, with faults on demand. Sessions write
/// at their commit.
struct FakeDatabase {
  using Rows = std::map<std::string, std::string>;
  std::mutex mutex;
  Rows rows;
  std::int64_t applied = 0;
  std::pair<std::int64_t, Rows> durable;  ///< what a crash leaves
  int transactions = 0;
  int sets_written = 0;
  int rollbacks = 0;
  int single_changes = 0;
  int sessions = 0;
  std::vector<std::string> faults;  ///< taken from the back, one for each commit or write
  std::string fault(const std::string& place) {
    if (faults.empty() || !faults.back().starts_with(place)) return "";
    const std::string fault = faults.back();
    faults.pop_back();
    return fault;
  }
};

class FakeApplier : public engine::ChangeApplier {
 public:
  explicit FakeApplier(FakeDatabase& database) : database_(database) {
    const std::lock_guard lock(database_.mutex);
    ++database_.sessions;
  }

  std::int64_t applied_through() override { return database_.applied; }
  void begin() override { work_.clear(); }
  bool sees_later_commits() const override { return true; }

  void write(const engine::RowSet& set) override {
    const std::lock_guard lock(database_.mutex);
    if (!database_.fault("write diverged").empty())
      throw Error({6001}, Action::give_up, "a row of s.t is missing");
    if (set.operation == Operation::update && !database_.fault("write in use").empty())
      throw Error({6001}, Action::give_up, "a unique value is in use").with_sqlstate("23505");
    ++database_.sets_written;
    for (std::size_t i = 0; i < set.count(); ++i) {
      const std::string first(set.rows[i * set.columns.size()].text);
      if (set.operation == Operation::remove) {
        remove(first);
      } else if (set.operation == Operation::insert) {
        put(first, std::string(set.rows[i * set.columns.size() + 1].text));
      } else {
        put(std::string(set.keys[i].text), first);
      }
    }
  }

  void write_one(const Relation&, const RowChange& change) override {
    const std::lock_guard lock(database_.mutex);
    ++database_.single_changes;
    if (change.operation == Operation::remove) {
      remove(std::string(change.before[0].text));
    } else {
      put(std::string(change.after[0].text), std::string(change.after[1].text));
    }
  }

  void truncate(const Relation&) override {
    work_.emplace_back([](FakeDatabase::Rows& rows) { rows.clear(); });
  }
  void settle() override {}

  void commit(std::int64_t through, std::span<const engine::TableCounts>) override {
    const std::lock_guard lock(database_.mutex);
    if (!database_.fault("commit lost before").empty())
      throw Error({3102}, Action::reconnect, "connection lost");
    if (!database_.fault("commit crash").empty()) {
      std::tie(database_.applied, database_.rows) = database_.durable;
      throw Error({3102}, Action::reconnect, "connection lost");
    }
    if (!database_.fault("commit serialization").empty())
      throw Error({3103}, Action::retry, "could not serialize");
    EXPECT_GT(through, database_.applied) << "out of order";
    ++database_.transactions;
    for (const auto& work : work_) work(database_.rows);
    database_.applied = through;
    if (!database_.fault("commit lost after").empty())
      throw Error({3104}, Action::ask_target, "the answer was lost");
    database_.fault("commit goes well");
  }

  void make_durable() override {
    const std::lock_guard lock(database_.mutex);
    database_.durable = {database_.applied, database_.rows};
  }
  void rollback() noexcept override {
    work_.clear();
    const std::lock_guard lock(database_.mutex);
    ++database_.rollbacks;
  }

 private:
  void put(const std::string& key, const std::string& value) {
    work_.emplace_back([key, value](FakeDatabase::Rows& rows) { rows[key] = value; });
  }
  void remove(const std::string& key) {
    work_.emplace_back([key](FakeDatabase::Rows& rows) { rows.erase(key); });
  }

  FakeDatabase& database_;
  std::vector<std::function<void(FakeDatabase::Rows&)>> work_;
};

class FakeTarget : public engine::TargetEngine {
 public:
  explicit FakeTarget(FakeDatabase& database) : database_(database) {}
  std::unique_ptr<engine::ChangeApplier> change_applier(const std::vector<Table>&) override {
    return std::make_unique<FakeApplier>(database_);
  }
  std::unique_ptr<engine::CatalogReader> catalog() override { return nullptr; }
  std::unique_ptr<engine::SchemaWriter> schema_writer() override { return nullptr; }
  std::unique_ptr<engine::BulkLoader> bulk_loader() override { return nullptr; }
  std::unique_ptr<engine::SessionControl> session_control() override { return nullptr; }
  std::unique_ptr<engine::Ledger> ledger() override { return nullptr; }
  std::unique_ptr<engine::RowHasher> row_hasher() override { return nullptr; }
  int default_parallel_jobs() override { return 1; }
  void prepare_ledger() override {}

 private:
  FakeDatabase& database_;
};

class ApplyTest : public ::testing::Test {
 protected:
  ApplyTest() {
    layout_.create();
    meta_.emplace(exportdir::MetaDb::open(layout_, true));
    exportdir::TableRecord record;
    record.table.name = {"s", "t"};
    record.table.columns = {{"id", "text", "text"}, {"a", "text", "text"}};
    record.table.key = {"id"};
    meta_->add_tables({record});
  }

  /// One transaction at this position; each change is "I1=x", "U1=y" or "D1"; "T" truncates.
  /// "P1=y" is an update that does not carry all columns, "i1=x" an insert into another table.
  void log(const std::string& position, const std::vector<std::string>& changes,
           const std::string& exporter_role = "source_db_exporter") {
    exportdir::ChangeLogWriter writer(layout_, *meta_, exporter_role, {});
    writer.append(Begin{{position}, 1, 1});
    writer.append(relation_of_t());
    writer.append(relation_of_other());
    writer.append(relation_of_wide_t());
    for (const std::string& change : changes) append(writer, change);
    writer.append(Commit{{position}});
    writer.flush();
    logged_ = writer.last_vsn();
  }

  static void append(exportdir::ChangeLogWriter& writer, const std::string& change) {
    const std::string key(1, change[1 % change.size()]);
    const std::vector<Value> row{
        Value::of(key), Value::of(change.size() > 3 ? std::string_view(change).substr(3) : "")};
    const std::vector<Value> before{Value::of(key), {Value::Kind::unchanged, {}}};
    const std::vector<Value> partial{row[0], row[1], {Value::Kind::unchanged, {}}};
    switch (change[0]) {
      case 'I':
        writer.append(RowChange{7, Operation::insert, {}, row});
        break;
      case 'i':
        writer.append(RowChange{8, Operation::insert, {}, row});
        break;
      case 'U':
        writer.append(RowChange{7, Operation::update, {}, row});
        break;
      case 'P':
        writer.append(RowChange{9, Operation::update, {}, partial});
        break;
      case 'D':
        writer.append(RowChange{7, Operation::remove, before, {}});
        break;
      default:
        writer.append(Truncate{{7}, false});
        break;
    }
  }

  bool run(int max_retries = 3, const std::stop_token& stop = {}) {
    FakeTarget target(database_);
    changes::ApplyOptions options{"target_db_importer", max_retries, start_after_};
    options.parallel_jobs = jobs_;
    options.limits = limits_;
    options.patience = patience_;
    changes::Apply apply(layout_, *meta_, target, options, status_);
    return apply.run([this] { return std::optional(logged_); }, stop);
  }

  using Rows = std::map<std::string, std::string>;
  voyager::testing::TempDirectory directory_;
  exportdir::Layout layout_{directory_.path()};
  std::optional<exportdir::MetaDb> meta_;
  FakeDatabase database_;
  voyager::testing::RecordingStatus status_;
  std::int64_t logged_ = 0;
  std::int64_t start_after_ = 0;
  int jobs_ = 1;
  changes::BatchLimits limits_;
  std::chrono::milliseconds patience_{10'000};
};

/// One transaction that is large enough to be seen before its end; the rest is up to the test.
class ApplyLargeTest : public ApplyTest {
 protected:
  ApplyLargeTest() { limits_.piece_changes = 100; }

  /// The transaction's first 4,000 rows are in the log, and somebody applies it. `last`: of all
  /// that there will be.
  void begin(std::int64_t last, const std::string& value = "a") {
    writer_.emplace(layout_, *meta_, "source_db_exporter", exportdir::ChangeLogLimits{});
    log_part(4000, value);
    logged_ = last;
    applying_ = std::jthread([this](const std::stop_token& stop) { reached_ = run(3, stop); });
  }
  /// The first rows of the transaction, with the keys 0 and up.
  void log_part(int rows, const std::string& value) {
    writer_->append(Begin{{"1"}, 1, 1});
    writer_->append(relation_of_t());
    const std::string text = value + std::string(1000, '.');
    for (int i = 0; i < rows; ++i) {
      const std::string key = std::to_string(i);
      const std::vector<Value> row{Value::of(key), Value::of(text)};
      writer_->append(RowChange{7, Operation::insert, {}, row});
    }
  }
  /// The transaction's end, and that of who applies it.
  void end() {
    writer_->append(Commit{{"1"}});
    writer_->flush();
    applying_.join();
    EXPECT_TRUE(reached_);
  }
  template <typename Question>
  auto look(const Question& question) {
    const std::lock_guard lock(database_.mutex);
    return question(database_);
  }
  /// Waits for what the other thread does to the database.
  bool await(const std::function<bool(const FakeDatabase&)>& condition) {
    const auto limit = std::chrono::steady_clock::now() + std::chrono::seconds(20);
    while (std::chrono::steady_clock::now() < limit) {
      if (look(condition)) return true;
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
    return false;
  }
  bool await_writing() {
    return await([](const FakeDatabase& database) { return database.sets_written > 0; });
  }
  /// Keys from 0 on, which all begin so.
  void expect_rows(std::size_t count, const std::string& value) {
    EXPECT_EQ(database_.rows.size(), count);
    for (const auto& [key, text] : database_.rows) ASSERT_TRUE(text.starts_with(value)) << key;
  }

  std::optional<exportdir::ChangeLogWriter> writer_;
  bool reached_ = false;
  std::jthread applying_;  ///< last: joined first
};

}  // namespace

TEST_F(ApplyTest, BringsTheTargetToTheSourcesState) {
  log("1", {"I1=a", "I2=b"});
  log("2", {"U1=c", "D2"});
  EXPECT_TRUE(run());
  EXPECT_EQ(database_.rows, (Rows{{"1", "c"}}));
  EXPECT_EQ(database_.applied, 4);
}

TEST_F(ApplyLargeTest, IsWrittenBeforeItsEndAndCommittedAfter) {
  begin(4000);
  EXPECT_TRUE(await_writing());
  EXPECT_TRUE(look([](const FakeDatabase& database) { return database.rows.empty(); }));
  end();
  expect_rows(4000, "a");
  EXPECT_EQ(database_.transactions, 1);
  EXPECT_EQ(database_.rollbacks, 0);
}

TEST_F(ApplyLargeTest, IsRolledBackAndWrittenAnewWhenItIsTakenBack) {
  begin(3000);
  EXPECT_TRUE(await_writing());
  writer_->discard_open_transaction();
  log_part(3000, "b");
  end();
  expect_rows(3000, "b");
  EXPECT_EQ(database_.transactions, 1);
  EXPECT_GT(database_.rollbacks, 0);
}

TEST_F(ApplyLargeTest, IsAwaitedWholeWhenItGetsNowhere) {
  patience_ = std::chrono::milliseconds(20);
  begin(4000);
  EXPECT_TRUE(await([](const FakeDatabase& database) { return database.rollbacks > 0; }));
  const auto written = [](const FakeDatabase& database) { return database.sets_written; };
  const int before = look(written);
  std::this_thread::sleep_for(std::chrono::milliseconds(100));
  EXPECT_EQ(look(written), before) << "it was begun again before its end was there";
  end();
  expect_rows(4000, "a");
  EXPECT_EQ(database_.transactions, 1);
}

TEST_F(ApplyLargeTest, CanBeLeftBeforeItsEnd) {
  begin(4000);
  EXPECT_TRUE(await_writing());
  applying_.request_stop();
  applying_.join();
  EXPECT_FALSE(reached_);
  EXPECT_EQ(database_.transactions, 0);
  EXPECT_EQ(database_.applied, 0);
}

TEST_F(ApplyLargeTest, KeepsNothingWaitingThatIsCommitted) {
  log("0", {"I1=a"});
  begin(4001, "b");
  EXPECT_TRUE(await([](const FakeDatabase& database) { return database.applied == 1; }));
  end();
  EXPECT_EQ(database_.transactions, 2);
}

TEST_F(ApplyLargeTest, IsWrittenAloneAfterAnObjection) {
  database_.faults = {"write diverged", "write diverged"};  // among others, and alone
  begin(4000);
  EXPECT_TRUE(await([](const FakeDatabase& database) { return database.single_changes > 0; }));
  end();
  expect_rows(4000, "a");
  EXPECT_EQ(database_.single_changes, 4000);
}

TEST_F(ApplyTest, GoesOnWhereTheTargetsLedgerStands) {
  log("1", {"I1=a"});
  EXPECT_TRUE(run());
  log("2", {"I2=b"});
  EXPECT_TRUE(run());
  EXPECT_EQ(database_.rows, (Rows{{"1", "a"}, {"2", "b"}}));
  EXPECT_EQ(database_.sets_written, 2) << "the first transaction was written again";
}

TEST_F(ApplyTest, EndsWithAllThatItAppliedDurable) {
  log("1", {"I1=a"});
  EXPECT_TRUE(run());
  EXPECT_EQ(database_.durable, (std::pair<std::int64_t, Rows>{1, {{"1", "a"}}}));
}

TEST_F(ApplyTest, WhatACrashOfTheTargetUndoesIsAppliedAgain) {
  limits_.batch_changes = 1;
  log("1", {"I1=a"});
  log("2", {"I2=b"});
  log("3", {"I3=c"});
  database_.faults = {"commit crash", "commit goes well", "commit goes well"};
  EXPECT_TRUE(run());
  EXPECT_EQ(database_.rows, (Rows{{"1", "a"}, {"2", "b"}, {"3", "c"}}));
  EXPECT_GT(database_.transactions, 3) << "what was lost came twice";
  EXPECT_LE(meta_->consumers().at(0).applied_vsn, database_.durable.first);
}

TEST_F(ApplyTest, PassesOverChangesThatTheSnapshotHolds) {
  log("1", {"I1=a"});
  log("2", {"I2=b"});
  meta_->begin_table(meta_->tables()[0].id, {"2"}, {});
  EXPECT_TRUE(run());
  EXPECT_EQ(database_.rows, (Rows{{"2", "b"}}));
}

TEST_F(ApplyTest, DoesNotCompareAnotherDatabasesPositionsWithTheSnapshots) {
  meta_->begin_table(meta_->tables()[0].id, {"5"}, {});
  log("1", {"I1=a"});
  log("1", {"I2=b"}, "target_db_exporter_ff");
  EXPECT_TRUE(run());
  EXPECT_EQ(database_.rows, (Rows{{"2", "b"}}));
}

TEST_F(ApplyTest, BeginsBehindWhatDoesNotConcernTheConsumer) {
  log("1", {"I1=a"});
  start_after_ = logged_;
  log("1", {"I2=b"}, "target_db_exporter_fb");
  EXPECT_TRUE(run());
  EXPECT_EQ(database_.rows, (Rows{{"2", "b"}}));
  EXPECT_EQ(database_.applied, logged_);
}

TEST_F(ApplyTest, KeepsTheOrderOfATruncate) {
  log("1", {"I1=a", "T", "I2=b"});
  EXPECT_TRUE(run());
  EXPECT_EQ(database_.rows, (Rows{{"2", "b"}}));
}

TEST_F(ApplyTest, ReplaysChangeByChangeWhatTheTargetObjectsTo) {
  log("1", {"I1=a", "U1=b"});
  database_.faults = {"write diverged", "write diverged"};  // among others, and alone
  EXPECT_TRUE(run());
  EXPECT_EQ(database_.rows, (Rows{{"1", "b"}}));
  EXPECT_EQ(database_.single_changes, 2);
}

TEST_F(ApplyTest, RewritesUpdatesWhenAUniqueValueIsStillInUse) {
  log("1", {"I1=a"});
  EXPECT_TRUE(run());
  log("2", {"U1=b"});
  database_.faults = {"write in use", "write in use"};
  EXPECT_TRUE(run());
  EXPECT_EQ(database_.rows, (Rows{{"1", "b"}}));
  EXPECT_EQ(database_.single_changes, 0);
}

TEST_F(ApplyTest, WritesATableSinglyWhoseIncompleteUpdatesExchangeUniqueValues) {
  log("1", {"I1=a"});
  EXPECT_TRUE(run());
  log("2", {"P1=c", "i5=b"});
  database_.faults = {"write in use", "write in use", "write in use"};
  EXPECT_TRUE(run());
  EXPECT_EQ(database_.rows, (Rows{{"1", "c"}, {"5", "b"}}));
  EXPECT_EQ(database_.single_changes, 1) << "the other table's changes still go as sets";
}

TEST_F(ApplyTest, RetriesASerializationFailure) {
  log("1", {"I1=a"});
  database_.faults = {"commit serialization", "commit serialization"};
  EXPECT_TRUE(run());
  EXPECT_EQ(database_.rows, (Rows{{"1", "a"}}));
}

TEST_F(ApplyTest, GivesUpAfterSoManyRetries) {
  log("1", {"I1=a"});
  database_.faults = {"commit serialization", "commit serialization", "commit serialization"};
  EXPECT_THROW(run(1), Error);
  EXPECT_TRUE(database_.rows.empty());
}

TEST_F(ApplyTest, ReconnectsWhenTheConnectionIsLost) {
  log("1", {"I1=a"});
  database_.faults = {"commit lost before"};
  EXPECT_TRUE(run());
  EXPECT_EQ(database_.rows, (Rows{{"1", "a"}}));
  EXPECT_FALSE(status_.warnings().empty()) << "the wait is not visible";
}

TEST_F(ApplyTest, AsksTheLedgerWhenTheAnswerToCommitIsLost) {
  log("1", {"I1=a"});
  database_.faults = {"commit lost after"};
  EXPECT_TRUE(run());
  EXPECT_EQ(database_.transactions, 1) << "the batch was applied twice";
}

TEST_F(ApplyTest, RecordsHowFarTheConsumerIs) {
  log("1", {"I1=a", "I2=b"});
  EXPECT_TRUE(run());
  const auto consumers = meta_->consumers();
  ASSERT_EQ(consumers.size(), 1U);
  EXPECT_EQ(consumers[0].role, "target_db_importer");
}

namespace {

/// Random transactions over few rows, and what they lead to.
class ManyBatches : public ApplyTest {
 protected:
  void log_at_random(unsigned seed) {
    std::mt19937 random(seed);
    for (int transaction = 1; transaction <= 120; ++transaction) {
      std::vector<std::string> changes;
      for (unsigned i = 0; i <= random() % 3; ++i) {
        const std::string key(1, static_cast<char>('a' + random() % 20));
        const std::string value = std::to_string(random() % 1000);
        if (!expected_.contains(key)) {
          changes.push_back("I" + key + "=" + value);
          expected_[key] = value;
        } else if (random() % 3 == 0) {
          changes.push_back("D" + key);
          expected_.erase(key);
        } else {
          changes.push_back("U" + key + "=" + value);
          expected_[key] = value;
        }
      }
      if (random() % 40 == 0) {
        changes.emplace_back("T");
        expected_.clear();
      }
      log(std::to_string(10'000 * (1 + seed) + static_cast<unsigned>(transaction)), changes);
    }
    jobs_ = 4;
    limits_.batch_changes = 3;
    limits_.piece_changes = 3;
  }
  Rows expected_;
};

}  // namespace

TEST_F(ManyBatches, SideBySideLeadToTheSourcesState) {
  for (const unsigned seed : {1U, 2U, 3U}) {
    log_at_random(seed);
    EXPECT_TRUE(run());
    EXPECT_EQ(database_.rows, expected_) << "seed " << seed;
    EXPECT_EQ(database_.applied, logged_);
  }
  EXPECT_GT(database_.sessions, 6) << "one session wrote it all";
}

TEST_F(ManyBatches, SurviveFaultsOfEveryKind) {
  log_at_random(4);
  database_.faults = {"commit lost after", "write diverged", "commit serialization",
                      "commit lost before", "write diverged"};
  EXPECT_TRUE(run());
  EXPECT_EQ(database_.rows, expected_);
  EXPECT_TRUE(database_.faults.empty());
}
