// SPDX-License-Identifier: Apache-2.0
#include "changes/writers.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "base/error.hpp"

namespace {

using namespace voyager;
using namespace std::chrono_literals;
using changes::BatchEnd;
using changes::Piece;
using changes::Writers;

/// What the sessions did, in the order of time, as words; a test may wait for one.
class Diary {
 public:
  void note(const std::string& word) {
    const MutexLock lock(mutex_);
    words_.push_back(word);
    changed_.notify_all();
  }
  bool await(const std::string& word) {
    const MutexLock lock(mutex_);
    return changed_.wait_for(mutex_, 10s, [&]() VOYAGER_TSA(no_thread_safety_analysis) {
      return std::find(words_.begin(), words_.end(), word) != words_.end();
    });
  }
  std::vector<std::string> words(const std::string& beginning = "") {
    const MutexLock lock(mutex_);
    std::vector<std::string> found;
    for (const std::string& word : words_)
      if (word.starts_with(beginning)) found.push_back(word);
    return found;
  }

 private:
  Mutex mutex_;
  std::condition_variable_any changed_;
  std::vector<std::string> words_ GUARDED_BY(mutex_);
};

/// A row set is known by the name of its table, which may say what happens to it.
class DiaryApplier : public engine::ChangeApplier {
 public:
  explicit DiaryApplier(Diary& diary, bool sees_later_commits)
      : diary_(diary), sees_later_commits_(sees_later_commits) {}
  std::int64_t applied_through() override { return 0; }
  void begin() override { diary_.note("begin"); }
  bool sees_later_commits() const override { return sees_later_commits_; }
  void write(const engine::RowSet& rows) override {
    const std::string& name = rows.relation->table.name;
    if (name == "until 2 is ahead") diary_.await("write ahead of its turn");
    if (name == "until 2 gave up") diary_.await("rollback");
    if (name == "fails") throw Error({3103}, Action::retry, "could not serialize");
    diary_.note("write " + name);
  }
  void write_one(const Relation&, const RowChange&) override {}
  void truncate(const Relation&) override {}
  void settle() override {}
  void commit(std::int64_t through, std::span<const engine::TableCounts>) override {
    diary_.note("commit " + std::to_string(through));
  }
  void rollback() noexcept override { diary_.note("rollback"); }

 private:
  Diary& diary_;
  bool sees_later_commits_;
};

/// Row sets named so.
Piece piece(const std::vector<std::string>& free, const std::vector<std::string>& held = {}) {
  Piece piece;
  piece.bytes = 1;
  for (const bool is_free : {true, false}) {
    for (const std::string& name : is_free ? free : held) {
      const Relation& relation =
          piece.relations.emplace_back(Relation{1, {"s", name}, {"s", name}, "", {}});
      (is_free ? piece.free : piece.held).push_back({&relation, {}, {}, {}, Operation::insert});
    }
  }
  return piece;
}

class WritersTest : public ::testing::Test {
 protected:
  Writers& writers(std::size_t sessions, std::chrono::milliseconds patience = 10s) {
    writers_.emplace([this] { return std::make_unique<DiaryApplier>(diary_, sees_later_commits_); },
                     Writers::Options{sessions, 1000, patience});
    return *writers_;
  }
  /// False when it is not taken, because one before it has failed.
  bool offer(Piece piece) {
    const auto number = writers_->begin({});
    if (!number) return false;
    writers_->add(std::move(piece), {});
    writers_->finish(BatchEnd{static_cast<std::int64_t>(*number), 0, {}, {}});
    return true;
  }
  void batch(Piece piece) { ASSERT_TRUE(offer(std::move(piece))); }

  Diary diary_;
  bool sees_later_commits_ = true;
  std::optional<Writers> writers_;
};

using Words = std::vector<std::string>;

}  // namespace

TEST_F(WritersTest, CommitsManyBatchesInTheirOrder) {
  writers(4);
  Words expected;
  for (int i = 1; i <= 200; ++i) {
    batch(piece({"free"}, {"held"}));
    expected.push_back("commit " + std::to_string(i));
  }
  const Writers::Outcome outcome = writers_->settle();
  EXPECT_FALSE(outcome.failed);
  EXPECT_EQ(outcome.progress.committed, 200U);
  EXPECT_EQ(diary_.words("commit"), expected);
}

TEST_F(WritersTest, WritesFreeRowsAheadAndHeldRowsAfterTheBatchBefore) {
  writers(2);
  batch(piece({"until 2 is ahead"}));
  batch(piece({"ahead of its turn"}, {"held"}));
  EXPECT_FALSE(writers_->settle().failed);
  EXPECT_EQ(diary_.words("write"),
            (Words{"write ahead of its turn", "write until 2 is ahead", "write held"}));
  EXPECT_EQ(diary_.words("commit"), (Words{"commit 1", "commit 2"}));
}

TEST_F(WritersTest, SessionsThatAreNotAllowedWriteNothing) {
  writers(2);
  writers_->allow(1);
  Words expected;
  for (int i = 1; i <= 20; ++i) {
    batch(piece({"a"}));
    const Words one{"begin", "write a", "commit " + std::to_string(i)};
    expected.insert(expected.end(), one.begin(), one.end());
  }
  EXPECT_FALSE(writers_->settle().failed);
  EXPECT_EQ(diary_.words(), expected);
  writers_->allow(2);
  batch(piece({"until 2 is ahead"}));
  batch(piece({"ahead of its turn"}));
  EXPECT_FALSE(writers_->settle().failed);
}

TEST_F(WritersTest, BeginsInItsTurnWhereLaterCommitsAreNotSeen) {
  sees_later_commits_ = false;
  writers(2);
  batch(piece({"a"}));
  batch(piece({"b"}));
  writers_->settle();
  EXPECT_EQ(diary_.words(),
            (Words{"begin", "write a", "commit 1", "begin", "write b", "commit 2"}));
}

TEST_F(WritersTest, RollsBackAllThatFollowsAFailureAndNothingBefore) {
  writers(3);
  batch(piece({"until 2 is ahead"}));
  batch(piece({"ahead of its turn"}, {"fails"}));
  offer(piece({"also ahead"}));  // the failure may be known by now
  const Writers::Outcome outcome = writers_->settle();
  EXPECT_TRUE(outcome.failed);
  EXPECT_EQ(outcome.progress.committed, 1U);
  EXPECT_THROW(std::rethrow_exception(outcome.error), Error);
  EXPECT_EQ(diary_.words("commit"), Words{"commit 1"});
}

TEST_F(WritersTest, GoesOnAfterAFailure) {
  writers(2);
  batch(piece({"fails"}));
  EXPECT_TRUE(writers_->settle().failed);
  batch(piece({"a"}));
  const Writers::Outcome outcome = writers_->settle();
  EXPECT_FALSE(outcome.failed);
  EXPECT_EQ(outcome.progress.committed, 1U) << "the number of what failed is free again";
}

TEST_F(WritersTest, GivesItsPlaceUpWhenTheBatchBeforeDoesNotComeToAnEnd) {
  writers(2, 50ms);
  batch(piece({"until 2 gave up"}));
  batch(piece({"ahead of its turn"}));
  const Writers::Outcome outcome = writers_->settle();
  EXPECT_TRUE(outcome.failed);
  EXPECT_EQ(outcome.error, nullptr);
  EXPECT_EQ(outcome.progress.committed, 1U);
}

TEST_F(WritersTest, HasPatienceWhileNoTransactionIsOpen) {
  sees_later_commits_ = false;
  writers(2, 1ms);
  for (int i = 0; i < 20; ++i) batch(piece({"a", "b", "c"}));
  EXPECT_FALSE(writers_->settle().failed);
}

TEST_F(WritersTest, WaitsForRoomInMemoryAndNotForever) {
  writers(1);
  ASSERT_TRUE(writers_->begin({}).has_value());
  for (int i = 0; i < 50; ++i) {
    Piece large = piece({"part"});
    large.bytes = 600;  // two of them are too much
    ASSERT_TRUE(writers_->add(std::move(large), {}));
  }
  writers_->finish(BatchEnd{1, 0, {}, {}});
  EXPECT_EQ(writers_->settle().progress.committed, 1U);
  EXPECT_EQ(diary_.words("write").size(), 50U);
}

TEST_F(WritersTest, AStopGivesUpTheBatchThatIsNotComplete) {
  writers(2);
  batch(piece({"a"}));
  ASSERT_TRUE(writers_->begin({}).has_value());
  ASSERT_TRUE(writers_->add(piece({"b"}), {}));
  std::stop_source stop;
  stop.request_stop();
  EXPECT_FALSE(writers_->add(piece({"c"}), stop.get_token()));
  EXPECT_EQ(writers_->settle().progress.committed, 1U);
  EXPECT_EQ(diary_.words("commit"), Words{"commit 1"});
}

TEST_F(WritersTest, RollsBackWhatIsInFlightWhenItGoesAway) {
  writers(2);
  ASSERT_TRUE(writers_->begin({}).has_value());
  ASSERT_TRUE(writers_->add(piece({"a"}), {}));
  ASSERT_TRUE(diary_.await("write a"));
  writers_.reset();
  EXPECT_EQ(diary_.words("commit"), Words{});
  EXPECT_EQ(diary_.words("rollback").size(), 1U);
}
