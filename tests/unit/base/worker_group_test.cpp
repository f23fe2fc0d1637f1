// SPDX-License-Identifier: Apache-2.0
#include "base/worker_group.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <condition_variable>
#include <mutex>
#include <set>
#include <stdexcept>

namespace voyager {
namespace {

/// Waits until it is told to stop.
void wait_for_stop(const std::stop_token& stop) {
  std::mutex mutex;
  std::condition_variable_any changed;
  std::unique_lock lock(mutex);
  changed.wait(lock, stop, [] { return false; });
}

TEST(WorkerGroup, GivesEachWorkerItsNumber) {
  std::mutex mutex;
  std::set<std::size_t> numbers;
  WorkerGroup group;
  const auto work = [&](std::size_t number, const std::stop_token&) {
    const std::lock_guard lock(mutex);
    numbers.insert(number);
  };
  group.start(3, work);
  group.start(2, work);
  group.wait();
  EXPECT_EQ(numbers, (std::set<std::size_t>{0, 1, 2, 3, 4}));
}

TEST(WorkerGroup, TheFirstExceptionStopsTheOthersAndComesOut) {
  WorkerGroup group;
  group.start(4, [](std::size_t number, const std::stop_token& stop) {
    if (number == 2) throw std::runtime_error("worker 2");
    wait_for_stop(stop);
    throw std::logic_error("later");
  });
  try {
    group.wait();
    FAIL() << "nothing was thrown";
  } catch (const std::runtime_error& error) {
    EXPECT_STREQ(error.what(), "worker 2");
  }
}

TEST(WorkerGroup, StopEndsTheWorkersWithoutAnError) {
  WorkerGroup group;
  group.start(2, [](std::size_t, const std::stop_token& stop) { wait_for_stop(stop); });
  EXPECT_FALSE(group.token().stop_requested());
  group.stop();
  group.wait();
  EXPECT_TRUE(group.token().stop_requested());
}

TEST(WorkerGroup, LeavingItStopsAndJoins) {
  std::atomic<int> ended = 0;
  {
    WorkerGroup group;
    group.start(2, [&](std::size_t, const std::stop_token& stop) {
      wait_for_stop(stop);
      ++ended;
    });
  }
  EXPECT_EQ(ended, 2);
}

}  // namespace
}  // namespace voyager
