// SPDX-License-Identifier: Apache-2.0
#include "daemon/chat/line_input.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <csignal>
#include <string>

namespace krait::daemon {
namespace {

bool Idle() {
  return false;
}

class LineInputTest : public testing::Test {
 protected:
  void SetUp() override { ASSERT_EQ(pipe(pipe_), 0); }
  void TearDown() override {
    close(pipe_[0]);
    CloseWriter();
  }
  void Write(const std::string& text) const {
    ASSERT_EQ(write(pipe_[1], text.data(), text.size()),
              static_cast<ssize_t>(text.size()));
  }
  void CloseWriter() {
    if (pipe_[1] >= 0) close(pipe_[1]);
    pipe_[1] = -1;
  }
  int pipe_[2] = {-1, -1};
};

TEST_F(LineInputTest, LinesComeOneByOneAndTheLastNeedsNoLineFeed) {
  Write("one\n\ntwo\nthr");
  LineInput input(pipe_[0], nullptr);
  std::string line;
  EXPECT_EQ(input.Next(&line, Idle), InputEvent::kLine);
  EXPECT_EQ(line, "one");
  EXPECT_EQ(input.Next(&line, Idle), InputEvent::kLine);
  EXPECT_EQ(line, "");
  EXPECT_EQ(input.Next(&line, Idle), InputEvent::kLine);
  EXPECT_EQ(line, "two");
  Write("ee");
  CloseWriter();
  EXPECT_EQ(input.Next(&line, Idle), InputEvent::kLine);
  EXPECT_EQ(line, "three");
  EXPECT_EQ(input.Next(&line, Idle), InputEvent::kEnd);
  EXPECT_EQ(input.Next(&line, Idle), InputEvent::kEnd);
}

TEST_F(LineInputTest, WorksWhileItWaitsAndNotWhileThereIsALine) {
  LineInput input(pipe_[0], nullptr);
  std::string line;
  int works = 0;
  EXPECT_EQ(input.Next(&line,
                       [&] {
                         if (++works == 3) Write("a\nb\n");
                         return true;
                       }),
            InputEvent::kLine);
  EXPECT_EQ(works, 3);
  EXPECT_EQ(input.Next(&line, [&] { return ++works > 0; }), InputEvent::kLine);
  EXPECT_EQ(line, "b");
  EXPECT_EQ(works, 3);
}

TEST_F(LineInputTest, AnInterruptComesBeforeTheLine) {
  Interrupts interrupts;
  LineInput input(pipe_[0], &interrupts);
  std::string line;
  EXPECT_EQ(input.Next(&line,
                       [] {
                         raise(SIGINT);
                         return true;
                       }),
            InputEvent::kInterrupt);
  EXPECT_FALSE(interrupts.Take());
  Write("next\n");
  EXPECT_EQ(input.Next(&line, Idle), InputEvent::kLine);
  EXPECT_EQ(line, "next");
}

TEST_F(LineInputTest, ALongLineComesInPieces) {
  CloseWriter();
  std::FILE* file = std::tmpfile();
  ASSERT_NE(file, nullptr);
  const std::string much(LineInput::kMaxLineBytes / 4, 'x');
  for (int i = 0; i < 5; ++i) std::fputs(much.c_str(), file);
  std::rewind(file);
  LineInput input(fileno(file), nullptr);
  std::string line;
  size_t size = 0;
  size_t pieces = 0;
  while (input.Next(&line, Idle) == InputEvent::kLine) {
    size += line.size();
    ++pieces;
  }
  EXPECT_EQ(size, 5 * much.size());
  EXPECT_EQ(pieces, 2U);
  std::fclose(file);
}

}  // namespace
}  // namespace krait::daemon
