// SPDX-License-Identifier: Apache-2.0
#include "daemon/completion/text/prefix_memory.h"

#include <gtest/gtest.h>

#include <string>

namespace krait::completion {
namespace {

size_t SizeInBytes(std::string_view text) {
  return text.size();
}

// Lines of 50 bytes, each with its number.
std::string Lines(size_t first, size_t count) {
  std::string text;
  for (size_t i = first; i < first + count; ++i) {
    std::string line = "line " + std::to_string(i);
    line.resize(49, '.');
    text += line + "\n";
  }
  return text;
}

constexpr size_t kKeptBytes = 2000;

class PrefixMemoryTest : public testing::Test {
 protected:
  std::string Prefix(const std::string& document, std::string_view before) {
    return std::string(memory_.Cut(document, before, kKeptBytes, SizeInBytes));
  }
  PrefixMemory memory_;
};

TEST_F(PrefixMemoryTest, WhileTypingTheBeginStays) {
  std::string before = Lines(0, 100);
  const std::string first = Prefix("a", before);
  // Three quarters of the limit, or up to a sixth less of it.
  EXPECT_LE(first.size(), 1500U);
  EXPECT_GE(first.size(), 1250U);
  for (size_t i = 0; i < 9; ++i) {
    before += Lines(100 + i, 1);
    const std::string now = Prefix("a", before);
    EXPECT_TRUE(now.starts_with(first)) << i;
    EXPECT_TRUE(before.ends_with(now));
  }
}

TEST_F(PrefixMemoryTest, ARestartMostlyFindsTheSameBegin) {
  size_t same = 0;
  for (size_t last = 50; last < 150; ++last) {
    const std::string before = Lines(0, last);
    const std::string typed_since = "a word or two";
    PrefixMemory begun_anew;
    const auto prefix = [&](PrefixMemory* memory, const std::string& text) {
      return std::string(memory->Cut("a", text, kKeptBytes, SizeInBytes));
    };
    PrefixMemory memory;
    const std::string first = prefix(&memory, before);
    same += prefix(&begun_anew, before + typed_since) == first + typed_since;
  }
  // With a begin at exactly three quarters it would be none.
  EXPECT_GE(same, 70U);
}

TEST_F(PrefixMemoryTest, TheLimitIsNeverExceeded) {
  std::string before;
  for (size_t i = 0; i < 200; ++i) {
    before += Lines(i, 1);
    EXPECT_LE(Prefix("a", before).size(), kKeptBytes);
  }
}

TEST_F(PrefixMemoryTest, EditsElsewhereDoNotMoveTheBegin) {
  std::string before = Lines(0, 100);
  const std::string first = Prefix("a", before);
  before.insert(0, Lines(900, 3));                    // above the window
  before.replace(before.size() - 500, 20, "edited");  // within it
  EXPECT_EQ(Prefix("a", before).substr(0, 500), first.substr(0, 500));
}

TEST_F(PrefixMemoryTest, ComingBackFindsTheOldBegin) {
  const std::string here = Lines(0, 100);
  const std::string there = Lines(0, 30);
  const std::string before = Prefix("a", here);
  Prefix("a", there);
  EXPECT_EQ(Prefix("a", here + "x"), before + "x");
}

TEST_F(PrefixMemoryTest, DocumentsDoNotShareBegins) {
  std::string before = Lines(0, 100);
  const std::string first = Prefix("a", before);
  before += Lines(100, 5);
  EXPECT_FALSE(Prefix("b", before).starts_with(first));
}

// Words of a line without an end, each of 10 bytes.
std::string Words(size_t count) {
  std::string text;
  for (size_t i = 0; i < count; ++i) {
    std::string word = " w" + std::to_string(i);
    word.resize(10, '_');
    text += word;
  }
  return text;
}

TEST_F(PrefixMemoryTest, ALongLineIsCutWhereItWasCut) {
  for (const size_t words : {size_t{400}, size_t{2000}, size_t{10000}}) {
    std::string before = "first line\n" + Words(words);
    std::string last = Prefix("a", before);
    EXPECT_GE(last.size(), kKeptBytes / 3);
    size_t moved = 0;
    for (const char c : Words(40)) {
      before += c;
      const std::string now = Prefix("a", before);
      EXPECT_TRUE(before.ends_with(now));
      EXPECT_LE(now.size(), kKeptBytes);
      if (now != last + c) ++moved;
      last = now;
    }
    // It is cut anew where it has become too long.
    EXPECT_LE(moved, 1U) << words;
  }
}

TEST_F(PrefixMemoryTest, ALineOfNothingButRepetitionsIsCutWhereItWasCut) {
  std::string before(20'000, 'a');
  std::string last = Prefix("a", before);
  size_t moved = 0;
  for (int i = 0; i < 400; ++i) {
    before += 'a';
    const std::string now = Prefix("a", before);
    // Both are known: it is as if the text had not changed, or has grown.
    if (now != last && now != last + "a") ++moved;
    last = now;
  }
  EXPECT_LE(moved, 1U);
}

TEST_F(PrefixMemoryTest, AWindowThatMovesAlongDoesNotMatter) {
  std::string before = Words(5000);
  std::string last = Prefix("a", before);
  size_t moved = 0;
  for (const char c : Words(30)) {
    before += c;
    before.erase(0, 1);
    const std::string now = Prefix("a", before);
    if (now != last + c) ++moved;
    last = now;
  }
  EXPECT_LE(moved, 1U);
}

TEST_F(PrefixMemoryTest, LinesThatAreAllAlikeAreCutWhereTheyWereCut) {
  std::string line(49, '.');
  line += '\n';
  std::string before;
  for (int i = 0; i < 100; ++i) before += line;
  std::string last = Prefix("a", before);
  for (int i = 0; i < 8; ++i) {
    before += line;
    const std::string now = Prefix("a", before);
    EXPECT_TRUE(now == last || now == last + line) << i;
    last = now;
  }
}

TEST_F(PrefixMemoryTest, AShortTextIsTakenWhole) {
  EXPECT_EQ(Prefix("a", "short"), "short");
  EXPECT_EQ(Prefix("a", ""), "");
}

}  // namespace
}  // namespace krait::completion
