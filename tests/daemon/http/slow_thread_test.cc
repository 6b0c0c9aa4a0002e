// SPDX-License-Identifier: Apache-2.0
#include "daemon/http/slow_thread.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <chrono>
#include <latch>
#include <memory>
#include <thread>
#include <vector>

namespace krait::daemon {
namespace {

using testing::ElementsAre;

// Runs what is posted until `done` or, as a test ends in any case, for a while.
template <class Done>
void RunUntil(boost::asio::io_context& io, Done done) {
  const auto guard = boost::asio::make_work_guard(io);
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(20);
  while (!done() && std::chrono::steady_clock::now() < end) {
    io.run_one_for(std::chrono::milliseconds(50));
  }
}

TEST(SlowThreadTest, RunsOneAfterTheOtherAndTellsOnTheIoThread) {
  boost::asio::io_context io;
  SlowThread slow(io, 10);
  const auto here = std::this_thread::get_id();
  std::vector<int> ran;
  std::vector<int> told;
  for (const int i : {1, 2, 3}) {
    ASSERT_TRUE(slow.Run(
        [&ran, i, here] {
          EXPECT_NE(std::this_thread::get_id(), here);
          ran.push_back(i);
        },
        [&told, i, here] {
          EXPECT_EQ(std::this_thread::get_id(), here);
          told.push_back(i);
        }));
  }
  RunUntil(io, [&told] { return told.size() == 3; });
  EXPECT_THAT(ran, ElementsAre(1, 2, 3));
  EXPECT_THAT(told, ElementsAre(1, 2, 3));
}

TEST(SlowThreadTest, TakesNoMoreThanMayWait) {
  boost::asio::io_context io;
  std::latch begun(1);
  std::latch end(1);
  SlowThread slow(io, 2);
  int told = 0;
  const auto count = [&told] { ++told; };
  ASSERT_TRUE(slow.Run(
      [&] {
        begun.count_down();
        end.wait();
      },
      count));
  begun.wait();
  EXPECT_TRUE(slow.Run([] {}, count));
  EXPECT_TRUE(slow.Run([] {}, count));
  EXPECT_FALSE(slow.Run([] {}, count));
  end.count_down();
  RunUntil(io, [&told] { return told == 3; });
  EXPECT_EQ(told, 3);
  EXPECT_TRUE(slow.Run([] {}, count));
}

TEST(SlowThreadTest, NobodyWaitsForItAtTheEnd) {
  const auto begun = std::make_shared<std::latch>(1);
  const auto end = std::make_shared<std::latch>(1);
  const auto ended = std::make_shared<std::latch>(1);
  const auto owned = std::make_shared<int>(0);
  bool told = false;
  {
    boost::asio::io_context io;
    {
      SlowThread slow(io, 2);
      ASSERT_TRUE(slow.Run(
          [begun, end, ended] {
            begun->count_down();
            end->wait();
            ended->count_down();
          },
          [&told] { told = true; }));
      begun->wait();
      ASSERT_TRUE(slow.Run([owned] {}, [&told] { told = true; }));
    }
    EXPECT_EQ(owned.use_count(), 1);  // what waited is dropped
    io.poll();
  }
  // The rest goes on without the loop.
  end->count_down();
  ended->wait();
  EXPECT_FALSE(told);
}

TEST(SlowThreadTest, WhatHasRunWhenItGoesIsNotTold) {
  boost::asio::io_context io;
  bool told = false;
  {
    const auto ran = std::make_shared<std::latch>(1);
    SlowThread slow(io, 2);
    ASSERT_TRUE(slow.Run([] {}, [&told] { told = true; }));
    ASSERT_TRUE(slow.Run([ran] { ran->count_down(); }, [] {}));
    ran->wait();  // so the first has been posted
  }
  io.poll();
  EXPECT_FALSE(told);
}

}  // namespace
}  // namespace krait::daemon
