// SPDX-License-Identifier: Apache-2.0
#include "daemon/completion/text/suffix_memory.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>

namespace krait::completion {
namespace {

constexpr size_t kSuffixBytes = 100;  // bytes
constexpr size_t kNever = std::string_view::npos;

// Behind the cursor, which is in a function.
constexpr std::string_view kAfter =
    "\n"
    "    total += price\n"
    "    return total\n"
    "\n"
    "def tax(total):\n"
    "    return total * 0.2\n"
    "\n"
    "def main():\n"
    "    print(tax(sum([1, 2])))\n";
const size_t kTax = kAfter.find("def tax");
const size_t kMain = kAfter.find("def main");

class SuffixMemoryTest : public testing::Test {
 protected:
  // `next`: where the next declaration begins.
  SuffixWindow Cut(std::string_view after, size_t next = 0,
                   const std::string& document = "a",
                   size_t limit = kSuffixBytes) {
    return memory_.Cut(
        document, after, limit,
        [](std::string_view text) { return text.size(); },
        [next](size_t ofs) { return ofs < next; });
  }
  std::string Text(std::string_view after) {
    return std::string(Cut(after).text);
  }

  SuffixMemory memory_;
};

TEST_F(SuffixMemoryTest, EndsWhereADeclarationBegins) {
  // In reach of the limit, which alone would end it a line further on.
  EXPECT_EQ(Text(kAfter), kAfter.substr(0, kMain));
}

TEST_F(SuffixMemoryTest, TheOutermostDeclarationEndsIt) {
  const std::string method = "    x = 1\n    y = 2\n\n    def f(self):\n";
  const std::string first = method + "        pass\n\n" + "def g():\n\n";
  EXPECT_EQ(Text(first + "    z = 3\n" + std::string(kAfter)),
            first.substr(0, first.find("def g")));
}

TEST_F(SuffixMemoryTest, DoesNotLoseHalfOfItToADeclaration) {
  std::string after = "\n\ndef f():\n";
  while (after.size() < 200) after += "    x += 1\n";
  const std::string text = Text(after);
  EXPECT_GT(text.size(), kSuffixBytes / 2);
  EXPECT_LE(text.size(), kSuffixBytes);
}

TEST_F(SuffixMemoryTest, AllThereIsHasNoEndToBeMoved) {
  EXPECT_EQ(Text("\nx\n\ndef f():\n"), "\nx\n\ndef f():\n");
  EXPECT_EQ(Text(""), "");
}

TEST_F(SuffixMemoryTest, WhatTheEditorClosesDoesNotMoveIt) {
  const std::string text = Text(kAfter);
  for (const char* closed :
       {")", "\"", "')", "]);", "}, ", "\n}", "\n    })"}) {
    EXPECT_EQ(Text(closed + std::string(kAfter)), text) << closed;
  }
  // Nor does it matter that the brackets were there first.
  SuffixMemory fresh;
  std::swap(memory_, fresh);
  EXPECT_EQ(Text(")" + std::string(kAfter)), text);
  EXPECT_EQ(Text(kAfter), text);
}

TEST_F(SuffixMemoryTest, TextOnTheLineIsAPartOfIt) {
  EXPECT_TRUE(Text("b, c)" + std::string(kAfter)).starts_with("b, c)\n"));
  EXPECT_TRUE(Text(", c)" + std::string(kAfter)).starts_with(", c)\n"));
}

TEST_F(SuffixMemoryTest, StaysAlthoughItsEndWouldMove) {
  const std::string text = Text(kAfter);
  std::string after(kAfter);
  after.insert(kMain, "x = 1\n\n");  // beyond it
  EXPECT_EQ(Text(after), text);
}

TEST_F(SuffixMemoryTest, ALineFurtherUpKnowsTheEarlierOne) {
  const std::string earlier = Text(kAfter);
  const std::string above = "\n    price = item.price" + std::string(kAfter);
  const size_t moved = above.size() - kAfter.size();
  const SuffixWindow window = Cut(above, moved + kTax);
  EXPECT_TRUE(window.text.starts_with("\n    price"));
  ASSERT_TRUE(window.earlier.has_value());
  EXPECT_EQ(*window.earlier, earlier);
  // Now it is one of its own.
  EXPECT_FALSE(Cut(above).earlier.has_value());
}

TEST_F(SuffixMemoryTest, AnotherDeclarationsIsNoneOfThisOnes) {
  Cut(kAfter.substr(kTax - 1));  // behind the blank line
  EXPECT_FALSE(Cut(kAfter, kTax - 1).earlier.has_value());
}

TEST_F(SuffixMemoryTest, FarAwayIsNotNearby) {
  Cut(kAfter);
  const std::string far = "\n" + std::string(2000, 'x') + std::string(kAfter);
  EXPECT_FALSE(Cut(far, kNever).earlier.has_value());
}

TEST_F(SuffixMemoryTest, ComingBackFindsTheOldOne) {
  const std::string here = Text(kAfter);
  Cut(kAfter.substr(kMain));
  EXPECT_EQ(Text(kAfter), here);
}

TEST_F(SuffixMemoryTest, TheEndOfADocumentIsOnlyThere) {
  Cut("\n");
  EXPECT_EQ(Text("\n\n\nnext = 1\n"), "\n\n\nnext = 1\n");
}

TEST_F(SuffixMemoryTest, AnotherLimitIsAnotherSuffix) {
  Cut(kAfter);
  EXPECT_LE(Cut(kAfter, 0, "a", 50).text.size(), 50U);
  EXPECT_EQ(Cut(kAfter, 0, "a", 0).text, "");
}

TEST_F(SuffixMemoryTest, DocumentsDoNotShareThem) {
  Cut(kAfter);
  const std::string above = "\n    x = 1" + std::string(kAfter);
  EXPECT_FALSE(Cut(above, kNever, "b").earlier.has_value());
}

}  // namespace
}  // namespace krait::completion
