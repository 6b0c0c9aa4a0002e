// SPDX-License-Identifier: Apache-2.0
#include "daemon/chat/terminal_text.h"

#include <gtest/gtest.h>

namespace krait::daemon {
namespace {

TEST(TerminalTextTest, WhatATerminalWouldObeyIsReplaced) {
  EXPECT_EQ(TerminalText("a\tb\nc é 你 😀"), "a\tb\nc é 你 😀");
  EXPECT_EQ(TerminalText("\x1b[31mred\x07"), "\uFFFD[31mred\uFFFD");
  EXPECT_EQ(TerminalText("\r\x7f"), "\uFFFD\uFFFD");
  // The one-character form of ESC [.
  EXPECT_EQ(TerminalText("\u009b31m \u00a0"), "\uFFFD31m \u00a0");
}

}  // namespace
}  // namespace krait::daemon
