// SPDX-License-Identifier: Apache-2.0
#include "daemon/chat/file_context.h"

#include <gtest/gtest.h>

namespace krait::daemon {
namespace {

TEST(FileContextTest, AFileStandsBetweenFencesWithItsLanguage) {
  EXPECT_EQ(FileContext("src/a.py", "print(1)\n"),
            "src/a.py:\n```python\nprint(1)\n```\n\n");
  EXPECT_EQ(FileContext("notes", "no line feed"),
            "notes:\n```\nno line feed\n```\n\n");
  EXPECT_EQ(FileContext("empty.c", ""), "empty.c:\n```c\n\n```\n\n");
}

TEST(FileContextTest, TheFenceIsLongerThanTheFilesOwn) {
  EXPECT_EQ(FileContext("a.txt", "x ```` y\n"),
            "a.txt:\n`````\nx ```` y\n`````\n\n");
}

}  // namespace
}  // namespace krait::daemon
