// SPDX-License-Identifier: Apache-2.0
#include "base/retry.hpp"

#include <gtest/gtest.h>

#include <thread>
#include <vector>

#include "base/backoff.hpp"

namespace voyager {
namespace {

using std::chrono::milliseconds;

RetryRules quick() {
  RetryRules rules;
  rules.first_pause = milliseconds(1);
  rules.longest_pause = milliseconds(2);
  return rules;
}

/// Throws an Error of each action in turn, then succeeds.
class Work {
 public:
  explicit Work(std::vector<Action> actions) : actions_(std::move(actions)) {}
  void operator()() {
    if (calls_ < actions_.size()) throw Error({3100}, actions_[calls_++], "trouble");
    ++calls_;
  }
  std::size_t calls() const { return calls_; }

 private:
  std::vector<Action> actions_;
  std::size_t calls_ = 0;
};

TEST(Retry, RunsWorkOnceWhenItSucceeds) {
  Work work({});
  EXPECT_TRUE(run_with_retries(quick(), {}, std::ref(work)));
  EXPECT_EQ(work.calls(), 1U);
}

TEST(Retry, DropsTheConnectionOnlyWhenItIsOfNoUse) {
  RetryRules rules = quick();
  int dropped = 0;
  int shown = 0;
  rules.drop_connection = [&] { ++dropped; };
  rules.waiting = [&](const Error&, std::chrono::milliseconds) { ++shown; };
  Work work({Action::retry, Action::reconnect, Action::ask_target});
  EXPECT_TRUE(run_with_retries(rules, {}, std::ref(work)));
  EXPECT_EQ(work.calls(), 4U);
  EXPECT_EQ(dropped, 2);
  EXPECT_EQ(shown, 3);
}

TEST(Retry, GivesUpAtOnceWhenAPersonMustAct) {
  Work work({Action::give_up});
  EXPECT_THROW(run_with_retries(quick(), {}, std::ref(work)), Error);
  EXPECT_EQ(work.calls(), 1U);
}

TEST(Retry, GivesUpAfterItsTries) {
  RetryRules rules = quick();
  rules.retries = 2;
  rules.reconnects = 3;
  Work conflicts(std::vector<Action>(10, Action::retry));
  EXPECT_THROW(run_with_retries(rules, {}, std::ref(conflicts)), Error);
  EXPECT_EQ(conflicts.calls(), 3U);
  Work outage(std::vector<Action>(10, Action::reconnect));
  EXPECT_THROW(run_with_retries(rules, {}, std::ref(outage)), Error);
  EXPECT_EQ(outage.calls(), 4U);
}

TEST(Retry, WithoutALimitOutlivesAnyOutage) {
  RetryRules rules = quick();
  rules.reconnects = -1;
  Work outage(std::vector<Action>(100, Action::reconnect));
  EXPECT_TRUE(run_with_retries(rules, {}, std::ref(outage)));
}

TEST(Retry, AStopEndsItsPause) {
  RetryRules rules;
  rules.first_pause = std::chrono::hours(1);
  rules.longest_pause = std::chrono::hours(1);
  std::stop_source stop;
  rules.waiting = [&](const Error&, std::chrono::milliseconds) { stop.request_stop(); };
  Work work({Action::retry});
  EXPECT_FALSE(run_with_retries(rules, stop.get_token(), std::ref(work)));
}

TEST(Backoff, GrowsToItsLimitAndIsShortenedByAtMostHalf) {
  Backoff backoff(milliseconds(100), milliseconds(400));
  for (const int full : {100, 200, 400, 400}) {
    const auto pause = backoff.next();
    EXPECT_LE(pause, milliseconds(full));
    EXPECT_GE(pause, milliseconds(full / 2));
  }
  backoff.reset();
  EXPECT_LE(backoff.next(), milliseconds(100));
}

}  // namespace
}  // namespace voyager
