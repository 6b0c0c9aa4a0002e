// SPDX-License-Identifier: Apache-2.0
#include "daemon/repository/outline.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>

namespace krait::repository {
namespace {

std::string TextsOf(const std::string& path, const std::string& text) {
  std::string all;
  for (const OutlineEntry& entry :
       OutlineOf(path, std::make_shared<const std::string>(text))) {
    all += entry.text;
  }
  return all;
}

TEST(OutlineTest, HasSignaturesAsTheyStand) {
  EXPECT_EQ(TextsOf("a.py",
                    "class Store(Base):\n"
                    "    def put(self, key, value=None):\n"
                    "        self.items[key] = value\n"
                    "\n"
                    "def main():\n"
                    "    pass\n"),
            "class Store(Base):\n"
            "    def put(self, key, value=None):\n"
            "def main():\n");
}

TEST(OutlineTest, ALongSignatureIsOnOneLine) {
  const std::string texts = TextsOf("a.cc",
                                    "int Add(int first,\n"
                                    "        int second) {\n"
                                    "  return first + second;\n"
                                    "}\n");
  EXPECT_EQ(texts, "int Add(int first, int second)\n");
}

TEST(OutlineTest, KnowsWhatIsAroundADeclaration) {
  const Outline outline =
      OutlineOf("a.py", std::make_shared<const std::string>("class A:\n"
                                                            "    def b(self):\n"
                                                            "        pass\n"
                                                            "def c():\n"
                                                            "    pass\n"));
  ASSERT_EQ(outline.size(), 3U);
  EXPECT_EQ(outline[0].container, OutlineEntry::kNone);
  EXPECT_EQ(outline[1].container, 0U);
  EXPECT_EQ(outline[1].line, 2U);
  EXPECT_EQ(outline[2].container, OutlineEntry::kNone);
}

TEST(OutlineTest, WhatNobodyCanParseHasNone) {
  EXPECT_EQ(TextsOf("a.unknown", "def a():\n"), "");
  EXPECT_EQ(TextsOf("a.py", ""), "");
  EXPECT_EQ(TextsOf("a.py", std::string(300 << 10, '(')), "");
}

TEST(OutlineTest, IsKeptAsLongAsTheFileIsTheSame) {
  OutlineCache cache;
  const auto text = std::make_shared<const std::string>("def a(): pass\n");
  const FileStamp stamp{.bytes = 14, .modified_ns = 1};
  EXPECT_EQ(cache.Find("a.py", stamp), nullptr);
  EXPECT_EQ(cache.Of("a.py", stamp, text).size(), 1U);
  ASSERT_NE(cache.Find("a.py", stamp), nullptr);
  const FileStamp later{.bytes = 14, .modified_ns = 2};
  EXPECT_EQ(cache.Find("a.py", later), nullptr);
  const auto other =
      std::make_shared<const std::string>("def b(): pass\ndef c(): pass\n");
  EXPECT_EQ(cache.Of("a.py", later, other).size(), 2U);
  EXPECT_EQ(cache.Find("a.py", stamp), nullptr);
}

}  // namespace
}  // namespace krait::repository
