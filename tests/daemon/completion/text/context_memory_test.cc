// SPDX-License-Identifier: Apache-2.0
#include "daemon/completion/text/context_memory.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

namespace krait::completion {
namespace {

size_t CountWords(std::string_view text) {
  return text.size();
}

RepositoryContextPtr ContextOf(const std::vector<std::string>& texts) {
  std::vector<ContextPiece> pieces;
  for (const std::string& text : texts) {
    pieces.push_back({.path = "a", .text = text, .begin_line = pieces.size()});
  }
  return std::make_shared<const RepositoryContext>(std::move(pieces));
}

class ContextMemoryTest : public testing::Test {
 protected:
  RepositoryContextPtr ToRead(const RepositoryContextPtr& found,
                              size_t tokens = 1000) const {
    return memory_.ToRead("document", found, tokens, CountWords);
  }
  ContextMemory memory_;
};

TEST_F(ContextMemoryTest, WhatIsReadIsUsed) {
  EXPECT_EQ(memory_.Of("document"), nullptr);
  const auto read = ToRead(ContextOf({"one\n"}));
  ASSERT_NE(read, nullptr);
  memory_.Use("document", read);
  EXPECT_EQ(memory_.Of("document"), read);
  EXPECT_EQ(memory_.Of("another"), nullptr);
  memory_.Forget();
  EXPECT_EQ(memory_.Of("document"), nullptr);
}

TEST_F(ContextMemoryTest, WhatSaysLittleNewIsNotRead) {
  memory_.Use("document", ContextOf({"one\n", "two\n"}));
  EXPECT_EQ(ToRead(ContextOf({"one\n", "two\n"})), nullptr);
  EXPECT_EQ(ToRead(ContextOf({"one\n", "new\n"})), nullptr);
  EXPECT_NE(ToRead(ContextOf({"one\n", "new\n", "new too\n"})), nullptr);
}

TEST_F(ContextMemoryTest, NothingIsNotRead) {
  EXPECT_EQ(ToRead(nullptr), nullptr);
  EXPECT_EQ(ToRead(ContextOf({})), nullptr);
  EXPECT_EQ(ToRead(ContextOf({"one\n"}), 0), nullptr);
  EXPECT_EQ(ToRead(ContextOf({"one\n"}), 3), nullptr);
}

TEST_F(ContextMemoryTest, RemembersTheDocumentsUsedLast) {
  for (int i = 0; i < 100; ++i) {
    memory_.Use(std::to_string(i), ContextOf({"one\n"}));
  }
  EXPECT_EQ(memory_.Of("0"), nullptr);
  EXPECT_NE(memory_.Of("99"), nullptr);
}

}  // namespace
}  // namespace krait::completion
