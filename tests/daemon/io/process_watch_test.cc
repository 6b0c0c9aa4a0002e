// SPDX-License-Identifier: Apache-2.0
#include "daemon/io/process_watch.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <boost/asio/io_context.hpp>
#include <chrono>

namespace krait::daemon {
namespace {

TEST(ProcessWatchTest, NoticesTheEndOfAProcess) {
  const pid_t child = fork();
  if (child == 0) {
    pause();
    _exit(0);
  }
  boost::asio::io_context io;
  ProcessWatch watch(io);
  int ended = 0;
  ASSERT_TRUE(watch.Watch(child, [&ended] { ++ended; }));
  // It is one process that is watched.
  ASSERT_TRUE(watch.Watch(getpid(), [&ended] { ended += 100; }));
  io.poll();
  EXPECT_EQ(ended, 0);
  kill(child, SIGKILL);
  io.restart();
  while (ended == 0 && io.run_one() > 0) {
  }
  EXPECT_EQ(ended, 1);
  waitpid(child, nullptr, 0);
}

TEST(ProcessWatchTest, WhatIsNotThereIsNotWatched) {
  const pid_t child = fork();
  if (child == 0) _exit(0);
  waitpid(child, nullptr, 0);
  boost::asio::io_context io;
  ProcessWatch watch(io);
  for (const int64_t pid :
       {int64_t{child}, int64_t{0}, int64_t{-1}, int64_t{1} << 40}) {
    EXPECT_FALSE(watch.Watch(pid, [] { FAIL(); })) << pid;
  }
  io.poll();
}

}  // namespace
}  // namespace krait::daemon
