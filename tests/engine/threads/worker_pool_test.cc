// SPDX-License-Identifier: Apache-2.0
#include "engine/threads/worker_pool.h"

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

TEST_P(WorkerPoolTest, AllWorkersTakePart) {
  // Each task waits until as many workers as possible have come.
  std::vector<std::atomic<bool>> came(pool_.size());
  const auto deadline =
      std::chrono::steady_clock::now() + std::chrono::seconds(60);
  size_t present = 0;
  while (present < pool_.size() &&
         std::chrono::steady_clock::now() < deadline) {
    pool_.ForTasks(pool_.size() * 4, [&](size_t, size_t worker) {
      came[worker] = true;
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    });
    present = 0;
    for (const auto& worker : came) present += worker ? 1U : 0U;
  }
  EXPECT_EQ(present, pool_.size());
}

TEST_P(WorkerPoolTest, NoTwoThreadsShareAWorkerIndex) {
  std::vector<std::atomic<int>> inside(pool_.size());
  for (int round = 0; round < 200; ++round) {
    pool_.ForTasks(16, [&](size_t, size_t worker) {
      EXPECT_EQ(inside[worker].fetch_add(1), 0);
      inside[worker].fetch_sub(1);
    });
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

TEST_P(WorkerPoolTest, PiecesAreTakenOnceEachAndCutTheRangesOfTheirWorkers) {
  for (size_t pieces = 1; pieces <= WorkerPool::kMaxPieces; ++pieces) {
    std::vector<std::atomic<int>> seen(pool_.size() * pieces);
    pool_.ForPieces(pieces, [&](size_t piece, size_t worker) {
      EXPECT_LT(worker, pool_.size());
      ++seen[piece];
    });
    for (const auto& count : seen) ASSERT_EQ(count.load(), 1);
    for (size_t worker = 0; worker < pool_.size(); ++worker) {
      const auto range = pool_.RangeOf(1000, 16, worker);
      size_t at = range.begin;
      for (size_t i = 0; i < pieces; ++i) {
        const auto piece = pool_.PieceOf(1000, 16, worker * pieces + i, pieces);
        EXPECT_EQ(piece.begin, at);
        at = piece.end;
      }
      EXPECT_EQ(at, range.end);
    }
  }
}

TEST_P(WorkerPoolTest, ASlowWorkerLeavesItsPiecesToOthers) {
  if (pool_.size() == 1) return;
  // Whoever comes first waits until all other pieces are done.
  constexpr size_t kPieces = WorkerPool::kMaxPieces;
  const size_t all = pool_.size() * kPieces;
  std::atomic<size_t> done{0};
  std::atomic<bool> waits{false};
  pool_.ForPieces(kPieces, [&](size_t, size_t) {
    if (!waits.exchange(true)) {
      while (done.load() + 1 < all) std::this_thread::yield();
    }
    ++done;
  });
  EXPECT_EQ(done.load(), all);
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

TEST_P(WorkerPoolTest, WorksAfterItsWorkersFellAsleep) {
  std::atomic<size_t> calls{0};
  for (int round = 0; round < 5; ++round) {
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
    pool_.ForTasks(10, [&](size_t, size_t) { ++calls; });
  }
  EXPECT_EQ(calls.load(), 50U);
}

INSTANTIATE_TEST_SUITE_P(Sizes, WorkerPoolTest, testing::Values(1, 2, 3, 8));

}  // namespace
}  // namespace krait::engine
