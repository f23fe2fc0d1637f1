// SPDX-License-Identifier: Apache-2.0
#include "base/bounded_queue.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>
#include <vector>

namespace voyager {
namespace {

TEST(BoundedQueue, GivesItemsInOrder) {
  BoundedQueue<int> queue(3);
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(queue.push(i, {}));
  for (int i = 0; i < 3; ++i) EXPECT_EQ(queue.pop({}), i);
}

TEST(BoundedQueue, AClosedQueueTakesNothingAndIsEmptiedFirst) {
  BoundedQueue<int> queue(3);
  EXPECT_TRUE(queue.push(1, {}));
  queue.close();
  EXPECT_FALSE(queue.push(2, {}));
  EXPECT_EQ(queue.pop({}), 1);
  EXPECT_EQ(queue.pop({}), std::nullopt);
}

TEST(BoundedQueue, StopWakesAProducerAtAFullQueueAndAConsumerAtAnEmptyOne) {
  BoundedQueue<int> full(1);
  BoundedQueue<int> empty(1);
  EXPECT_TRUE(full.push(1, {}));
  std::stop_source stop;
  std::jthread stopper([&] { stop.request_stop(); });
  EXPECT_FALSE(full.push(2, stop.get_token()));
  EXPECT_EQ(empty.pop(stop.get_token()), std::nullopt);
}

TEST(BoundedQueue, NothingIsLostBetweenManyProducersAndConsumers) {
  BoundedQueue<int> queue(4);
  std::atomic<long> sum = 0;
  {
    std::vector<std::jthread> consumers;
    for (int i = 0; i < 3; ++i)
      consumers.emplace_back([&] {
        while (const auto item = queue.pop({})) sum += *item;
      });
    {
      std::vector<std::jthread> producers;
      for (int i = 0; i < 3; ++i)
        producers.emplace_back([&] {
          for (int item = 1; item <= 1000; ++item) queue.push(item, {});
        });
    }
    queue.close();
  }
  EXPECT_EQ(sum, 3 * 500500);
}

}  // namespace
}  // namespace voyager
