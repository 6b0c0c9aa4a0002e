// SPDX-License-Identifier: Apache-2.0
#include "daemon/chat/message_lines.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace krait::daemon {
namespace {

using testing::ElementsAre;

// The messages that the lines make, the last one perhaps not whole.
std::vector<std::string> MessagesOf(const std::vector<std::string>& typed) {
  MessageLines lines;
  std::vector<std::string> messages;
  for (const std::string& line : typed) {
    if (lines.Add(line)) messages.push_back(lines.Take());
  }
  if (lines.begun()) messages.push_back("unfinished: " + lines.Take());
  EXPECT_FALSE(lines.begun());
  return messages;
}

TEST(MessageLinesTest, ALineIsAMessage) {
  EXPECT_THAT(MessagesOf({"Hello", "", "  spaces ", "\ttab\r"}),
              ElementsAre("Hello", "", "  spaces ", "\ttab"));
}

TEST(MessageLinesTest, ABackslashGoesOn) {
  EXPECT_THAT(MessagesOf({"one\\", "two\\", "three", "four"}),
              ElementsAre("one\ntwo\nthree", "four"));
  EXPECT_THAT(MessagesOf({"one\\"}), ElementsAre("unfinished: one"));
  EXPECT_THAT(MessagesOf({"a\\b"}), ElementsAre("a\\b"));
}

TEST(MessageLinesTest, AFenceKeepsLinesAsTheyAre) {
  EXPECT_THAT(MessagesOf({"\"\"\"", "if x:\\", "", "  y", "\"\"\"", "next"}),
              ElementsAre("if x:\\\n\n  y", "next"));
  EXPECT_THAT(MessagesOf({"\"\"\"", "\"\"\""}), ElementsAre(""));
  EXPECT_THAT(MessagesOf({"\"\"\"", "x"}), ElementsAre("unfinished: x"));
  EXPECT_THAT(MessagesOf({"\"\"\" x"}), ElementsAre("\"\"\" x"));
}

TEST(MessageLinesTest, WhatIsPastedIsOneMessage) {
  EXPECT_THAT(MessagesOf({"See \x1b[200~a\\", "\"\"\"", "b\x1b[201~: why?"}),
              ElementsAre("See a\\\n\"\"\"\nb: why?"));
  EXPECT_THAT(MessagesOf({"\x1b[200~a", "b\\\x1b[201~"}),
              ElementsAre("a\nb\\"));
}

TEST(MessageLinesTest, ControlCharactersAreLeftOut) {
  EXPECT_THAT(MessagesOf({"\x1b[Aup\x1b[1;5Cright\x1bOQ\x7f\x01", "\x1b",
                          "\x1b[", "\x1b[1"}),
              ElementsAre("uprightQ", "", "", ""));
}

}  // namespace
}  // namespace krait::daemon
