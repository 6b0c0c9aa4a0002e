// SPDX-License-Identifier: Apache-2.0
#include "engine/spare_pages.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <thread>
#include <vector>

namespace krait::engine {
namespace {

constexpr size_t kMiB = size_t{1} << 20;

TEST(SparePagesTest, GivesAgainWhatItWasGiven) {
  SparePages spare(8 * kMiB);
  void* const first = spare.Take(kMiB);
  spare.Keep(first, kMiB);
  EXPECT_EQ(spare.bytes(), kMiB);
  EXPECT_EQ(spare.Take(kMiB), first);
  EXPECT_EQ(spare.bytes(), 0U);
  spare.Keep(first, kMiB);
}

TEST(SparePagesTest, GivesNoPagesOfAnotherSize) {
  SparePages spare(8 * kMiB);
  void* const small = spare.Take(kMiB);
  spare.Keep(small, kMiB);
  void* const large = spare.Take(2 * kMiB);
  std::memset(large, 1, 2 * kMiB);
  EXPECT_EQ(spare.bytes(), kMiB);
  spare.Keep(large, 2 * kMiB);
}

TEST(SparePagesTest, KeepsTheNewestUpToItsLimit) {
  SparePages spare(3 * kMiB);
  std::vector<void*> runs;
  for (size_t i = 0; i < 5; ++i) runs.push_back(spare.Take(kMiB));
  for (void* run : runs) spare.Keep(run, kMiB);
  EXPECT_EQ(spare.bytes(), 3 * kMiB);
  for (size_t i = 4; i >= 2; --i) EXPECT_EQ(spare.Take(kMiB), runs[i]);
  EXPECT_EQ(spare.bytes(), 0U);
  for (size_t i = 2; i < 5; ++i) spare.Keep(runs[i], kMiB);
  void* const large = spare.Take(4 * kMiB);
  spare.Keep(large, 4 * kMiB);  // more than it may have
  EXPECT_EQ(spare.bytes(), 3 * kMiB);
}

TEST(SparePagesTest, ServesThreadsAtOnce) {
  SparePages spare(4 * kMiB);
  std::vector<std::thread> threads;
  for (int id = 1; id <= 4; ++id) {
    threads.emplace_back([&spare, id] {
      for (int round = 0; round < 50; ++round) {
        auto* const pages = static_cast<unsigned char*>(spare.Take(kMiB));
        std::memset(pages, id, kMiB);
        EXPECT_TRUE(std::all_of(pages, pages + kMiB,
                                [id](unsigned char c) { return c == id; }));
        spare.Keep(pages, kMiB);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_LE(spare.bytes(), 4 * kMiB);
}

}  // namespace
}  // namespace krait::engine
