// SPDX-License-Identifier: Apache-2.0
#include "daemon/standard_error.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <string>

namespace krait::daemon {
namespace {

// Runs `body` in a process of its own; returns its wait status.
template <class Body>
int InProcess(const Body& body) {
  const pid_t pid = fork();
  if (pid == 0) {
    body();
    _exit(7);
  }
  int status = 0;
  waitpid(pid, &status, 0);
  return status;
}

bool EndedWith7(int status) {
  return WIFEXITED(status) && WEXITSTATUS(status) == 7;
}

TEST(StandardErrorTest, WritesAWholeLine) {
  std::array<int, 2> ends{};
  ASSERT_EQ(pipe(ends.data()), 0);
  EXPECT_TRUE(EndedWith7(InProcess([&] {
    dup2(ends[1], STDERR_FILENO);
    PrintError("what is wrong");
  })));
  std::array<char, 64> text{};
  const ssize_t got = read(ends[0], text.data(), text.size());
  EXPECT_EQ(std::string(text.data(), static_cast<size_t>(got)),
            "krait: what is wrong\n");
  close(ends[0]);
  close(ends[1]);
}

TEST(StandardErrorTest, AClosedOneIsNoMatter) {
  EXPECT_TRUE(EndedWith7(InProcess([] {
    close(STDERR_FILENO);
    PrintError("lost");
  })));
}

TEST(StandardErrorTest, AFullOneIsNoMatter) {
  EXPECT_TRUE(EndedWith7(InProcess([] {
    dup2(open("/dev/full", O_WRONLY), STDERR_FILENO);
    PrintError("lost");
  })));
}

TEST(StandardErrorTest, AReaderThatWentAwayEndsNothing) {
  EXPECT_TRUE(EndedWith7(InProcess([] {
    std::array<int, 2> ends{};
    if (pipe(ends.data()) != 0) _exit(1);
    close(ends[0]);
    dup2(ends[1], STDERR_FILENO);
    (void)std::signal(SIGPIPE, SIG_DFL);
    PrintError("lost");
    WriteToStandardError("lost, too");
  })));
}

TEST(StandardErrorTest, ClosedStreamsAreReservedAndStillFail) {
  EXPECT_TRUE(EndedWith7(InProcess([] {
    close(STDIN_FILENO);
    close(STDERR_FILENO);
    ReserveStandardStreams();
    char c = 0;
    if (open("/dev/null", O_RDWR) <= STDERR_FILENO) _exit(1);
    if (read(STDIN_FILENO, &c, 1) >= 0) _exit(2);
    if (write(STDERR_FILENO, &c, 1) >= 0) _exit(3);
  })));
}

}  // namespace
}  // namespace krait::daemon
