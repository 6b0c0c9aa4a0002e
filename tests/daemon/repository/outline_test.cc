// SPDX-License-Identifier: Apache-2.0
#include "daemon/repository/outline.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "daemon/repository/chunks.h"

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

TEST(OutlineTest, KnowsADeclarationBehindAMacro) {
  EXPECT_EQ(TextsOf("a.h",
                    "#include <string>\n"
                    "class LIB_API Store {\n public:\n"
                    "  std::string Get() { return {}; }\n};\n"
                    "LIB_API std::string Name(int key);\n"),
            "class LIB_API Store\n  std::string Get() { return {}; }\n"
            "std::string Name(int key);\n");
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
  const FileStamp stamp{.bytes = 14, .modified_ns = 1};
  EXPECT_EQ(cache.Find("a.py", stamp), nullptr);
  EXPECT_EQ(cache.Keep("a.py", stamp, Outline(1)).size(), 1U);
  ASSERT_NE(cache.Find("a.py", stamp), nullptr);
  const FileStamp later{.bytes = 14, .modified_ns = 2};
  EXPECT_EQ(cache.Find("a.py", later), nullptr);
  EXPECT_EQ(cache.Keep("a.py", later, Outline(2)).size(), 2U);
  EXPECT_EQ(cache.Find("a.py", stamp), nullptr);
}

Outline Packed(const std::string& path, const std::string& text,
               std::string* packed) {
  *packed = PackOutline(
      DeclarationsOf(path, std::make_shared<const std::string>(text)), text);
  return UnpackOutline(*packed, text);
}

// Declarations of every unusual kind: nested, behind others on a line, over
// several lines, with a name that is no word, too long, in another alphabet.
struct Source {
  std::string path;
  std::string text;
};
std::vector<Source> Sources() {
  return {
      {"a.py",
       "class A:\n    def b(self):\n        def c(): pass\n"
       "    def d(\r\n            self, one,\r\n            two):\r\n"
       "        pass\n\nx = y = 1\ndef \xC3\xA4(): pass\n"},
      {"a.cc",
       "namespace a::b {\nclass C { int D(); int E(); };\n"
       "int C::D() { return 1; }\n"
       "template <class T>\nbool operator==(const T& a,\n    const T& b) {\n"
       "  return true;\n}\n}\n"},
      {"a.go",
       "package a\n\nconst (\n\tOne = 1\n\tTwo = 2\n\tThree = 3\n)\n"
       "const A, B = 1, 2\nfunc (c *C) Of(x int) int { return x }\n"
       "type C struct {\n\tx int\n}\nfunc Long(" +
           std::string(300, 'a') + " int) { }\nfunc Last() { }\n"},
      {"a.ts",
       "export class A {\n  'quoted name'() { }\n  get b() { return 1 }\n}\n"
       "export const c = () => 1, d = 2\n"},
      {"a.unknown", "nothing\n"},
      {"a.py", ""},
  };
}

TEST(OutlineTest, APackedOneIsTheSame) {
  for (const Source& source : Sources()) {
    const Outline outline = OutlineOf(
        source.path, std::make_shared<const std::string>(source.text));
    std::string packed;
    EXPECT_EQ(Packed(source.path, source.text, &packed), outline)
        << source.text;
    EXPECT_LE(packed.size(), 6 * outline.size());
  }
}

TEST(OutlineTest, WhatIsAlikeIsPackedOnce) {
  std::string text = "package a\n\nconst (\n";
  for (int i = 0; i < 1000; ++i) {
    text += "\tName" + std::to_string(i) + " = 1\n";
  }
  text += ")\n";
  std::string packed;
  const Outline outline = Packed("a.go", text, &packed);
  ASSERT_EQ(outline.size(), 1000U);
  EXPECT_EQ(outline.back().name, "Name999");
  EXPECT_EQ(outline.back().text, "\tName999 = 1\n");
  EXPECT_LE(packed.size(), 16U);
}

// An index may be damaged, or of a text that is another by now.
TEST(OutlineTest, AnyBytesUnpackToSomething) {
  for (const Source& source : Sources()) {
    std::string packed;
    Packed(source.path, source.text, &packed);
    for (size_t i = 0; i < packed.size(); ++i) {
      for (int byte = 0; byte < 256; ++byte) {
        std::string damaged = packed;
        damaged[i] = static_cast<char>(byte);
        for (const OutlineEntry& entry : UnpackOutline(damaged, source.text)) {
          EXPECT_FALSE(entry.name.empty());
          EXPECT_TRUE(entry.text.ends_with('\n'));
        }
      }
      UnpackOutline(packed.substr(0, i), source.text);
    }
    UnpackOutline(packed, "def a(): pass\n");
    UnpackOutline(packed, "");
  }
}

}  // namespace
}  // namespace krait::repository
