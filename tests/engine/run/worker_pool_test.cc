// SPDX-License-Identifier: Apache-2.0
#include "engine/run/worker_pool.h"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <numeric>
#include <thread>
#include <utility>
#include <vector>

namespace krait::engine {
namespace {

ThreadPlan Unpinned(size_t threads) {
  ThreadPlan plan;
  plan.slots.resize(threads);
  return plan;
}

class WorkerPoolTest : public testing::TestWithParam<size_t> {
 protected:
  WorkerPool pool_{Unpinned(GetParam())};
};

TEST_P(WorkerPoolTest, RunsOnEveryWorkerOnce) {
  std::vector<std::atomic<int>> calls(pool_.size());
  for (int round = 1; round <= 200; ++round) {
    pool_.Run([&](size_t worker) { ++calls[worker]; });
    for (const auto& count : calls) ASSERT_EQ(count.load(), round);
  }
}

TEST_P(WorkerPoolTest, RangesCoverEveryIndexOnceAtMultiplesOfTheGrain) {
  for (const size_t grain : {1U, 3U, 16U}) {
    for (size_t total = 0; total < 70; ++total) {
      std::vector<std::atomic<int>> seen(total);
      pool_.ForRanges(total, grain, [&](size_t begin, size_t end, size_t) {
        EXPECT_LT(begin, end);
        EXPECT_EQ(begin % grain, 0U);
        EXPECT_TRUE(end == total || end % grain == 0);
        for (size_t i = begin; i < end; ++i) ++seen[i];
      });
      for (const auto& count : seen) ASSERT_EQ(count.load(), 1);
    }
  }
}

TEST_P(WorkerPoolTest, TasksAreTakenOnceEach) {
  for (size_t tasks = 0; tasks < 50; ++tasks) {
    std::vector<std::atomic<int>> seen(tasks);
    pool_.ForTasks(tasks, [&](size_t task, size_t worker) {
      EXPECT_LT(worker, pool_.size());
      ++seen[task];
    });
    for (const auto& count : seen) ASSERT_EQ(count.load(), 1);
  }
}

TEST_P(WorkerPoolTest, WritesOfASectionAreSeenByTheNext) {
  // Each round reads what another worker wrote in the round before.
  std::vector<size_t> from(1000);
  std::vector<size_t> to(1000);
  for (size_t round = 1; round <= 100; ++round) {
    pool_.ForRanges(to.size(), 1, [&](size_t begin, size_t end, size_t) {
      for (size_t i = begin; i < end; ++i) to[i] = from[to.size() - 1 - i] + 1;
    });
    std::swap(from, to);
    ASSERT_EQ(std::accumulate(from.begin(), from.end(), size_t{0}),
              round * from.size());
  }
}

TEST_P(WorkerPoolTest, WakesWorkersThatFellAsleep) {
  std::atomic<size_t> calls{0};
  for (int round = 0; round < 5; ++round) {
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
    pool_.Run([&](size_t) { ++calls; });
  }
  EXPECT_EQ(calls.load(), 5 * pool_.size());
}

INSTANTIATE_TEST_SUITE_P(Sizes, WorkerPoolTest, testing::Values(1, 2, 3, 8));

}  // namespace
}  // namespace krait::engine
