// SPDX-License-Identifier: Apache-2.0
#include "base/job_limit.hpp"

#include <gtest/gtest.h>

#include <future>

namespace {

using voyager::JobLimit;

TEST(JobLimit, ANumberAloneStays) {
  JobLimit jobs = 3;
  EXPECT_EQ(jobs.most(), 3);
  jobs.set(5);
  EXPECT_EQ(jobs.now(), 3);
}

TEST(JobLimit, IsBetweenOneAndTheMost) {
  JobLimit jobs(9, 4);
  EXPECT_EQ(jobs.now(), 4);
  jobs.set(0);
  EXPECT_EQ(jobs.now(), 1);
  EXPECT_EQ(JobLimit(0).most(), 1);
}

TEST(JobLimit, CopiesAreTheSameLimit) {
  JobLimit jobs(1, 4);
  const JobLimit of_the_workers = jobs;
  EXPECT_FALSE(of_the_workers.allows(1));
  jobs.set(2);
  EXPECT_TRUE(of_the_workers.allows(1));
}

TEST(JobLimit, AWaitingWorkerIsWokenByALargerNumberAndByAStop) {
  JobLimit jobs(1, 3);
  std::stop_source stop;
  auto second = std::async(std::launch::async, [&] { return jobs.wait(1, {}); });
  auto third = std::async(std::launch::async, [&] { return jobs.wait(2, stop.get_token()); });
  jobs.set(2);
  EXPECT_TRUE(second.get());
  stop.request_stop();
  EXPECT_FALSE(third.get());
}

}  // namespace
