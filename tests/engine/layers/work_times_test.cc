// SPDX-License-Identifier: Apache-2.0
#include "engine/layers/work_times.h"

#include <gtest/gtest.h>

#include <chrono>
#include <thread>

namespace krait::engine {
namespace {

using std::chrono::milliseconds;

void Wait(int ms) {
  std::this_thread::sleep_for(milliseconds(ms));
}

TEST(WorkTimesTest, WhatIsWithinIsCountedOnce) {
  WorkTimes times;
  const auto start = WorkTimes::Clock::now();
  times.Count(Work::kRecurrence, [&] {
    Wait(2);
    times.Count(Work::kProducts, [] { Wait(20); });
    times.Count(Work::kProducts, [&] {
      Wait(20);
      times.Count(Work::kAttention, [] { Wait(10); });
    });
  });
  const auto all = WorkTimes::Clock::now() - start;
  EXPECT_GE(times.of(Work::kProducts), milliseconds(40));
  EXPECT_GE(times.of(Work::kAttention), milliseconds(10));
  EXPECT_GE(times.of(Work::kRecurrence), milliseconds(2));
  EXPECT_LE(times.of(Work::kProducts) + times.of(Work::kAttention) +
                times.of(Work::kRecurrence),
            all);
}

TEST(WorkTimesTest, NothingIsLeftOfOneCallForTheNext) {
  WorkTimes times;
  times.Count(Work::kProducts, [] { Wait(50); });
  times.Count(Work::kAttention, [] { Wait(5); });
  EXPECT_GE(times.of(Work::kAttention), milliseconds(5));
  EXPECT_EQ(times.of(Work::kRecurrence), milliseconds(0));
}

}  // namespace
}  // namespace krait::engine
