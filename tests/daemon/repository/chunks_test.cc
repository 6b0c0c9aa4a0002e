// SPDX-License-Identifier: Apache-2.0
#include "daemon/repository/chunks.h"

#include <gtest/gtest.h>

#include <memory>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/repository/text_lines.h"

namespace krait::repository {
namespace {

// The chunks are valid until the next call.
std::vector<Chunk> Cut(std::string_view path, const std::string& text) {
  static std::shared_ptr<const std::string> kept;
  kept = std::make_shared<const std::string>(text);
  return CutIntoChunks(path, kept);
}

// What the invariant of CutIntoChunks says.
void ExpectWhole(const std::vector<Chunk>& chunks, const std::string& text) {
  const TextLines lines(text);
  size_t line = 0;  // the first that no chunk has had
  for (const Chunk& chunk : chunks) {
    ASSERT_LE(line, chunk.begin_line - 1);
    for (; line < chunk.begin_line - 1; ++line) {
      EXPECT_TRUE(lines.IsBlank(line)) << "line " << line + 1;
    }
    ASSERT_LE(chunk.begin_line, chunk.end_line);
    ASSERT_LE(chunk.end_line, lines.size());
    EXPECT_LE(chunk.end_line - chunk.begin_line + 1, kDeclarationLines);
    EXPECT_EQ(chunk.begin_ofs, lines.Begin(chunk.begin_line - 1));
    EXPECT_EQ(chunk.end_ofs, lines.Begin(chunk.end_line));
    line = chunk.end_line;
  }
  for (; line < lines.size(); ++line) EXPECT_TRUE(lines.IsBlank(line));
}

const Chunk* Named(const std::vector<Chunk>& chunks, std::string_view name) {
  for (const Chunk& chunk : chunks) {
    if (chunk.name == name) return &chunk;
  }
  return nullptr;
}

TEST(ChunksTest, ADeclarationIsAChunkWithItsComment) {
  const std::string text =
      "#include <x>\n"
      "\n"
      "// Says hello.\n"
      "// Twice.\n"
      "int Hello(int times) {\n"
      "  return times;\n"
      "}\n"
      "\n"
      "int Other() { return 1; }\n";
  const auto chunks = Cut("a.cc", text);
  ExpectWhole(chunks, text);
  const Chunk* const hello = Named(chunks, "Hello");
  if (hello == nullptr) GTEST_SKIP() << "built without grammars";
  EXPECT_EQ(hello->begin_line, 3U);
  EXPECT_EQ(hello->end_line, 7U);
  EXPECT_EQ(hello->kind, grammars::SymbolKind::kFunction);
  EXPECT_TRUE(hello->head.starts_with("// Says hello."));
  EXPECT_NE(hello->head.find("Hello(int times)"), std::string_view::npos);
  ASSERT_NE(Named(chunks, "Other"), nullptr);
}

TEST(ChunksTest, ALongClassIsCutIntoItsMethods) {
  std::string text = "class Big:\n    \"\"\"What it is.\"\"\"\n\n";
  for (size_t i = 0; i < 30; ++i) {
    text += "    def method" + std::to_string(i) + "(self):\n        return " +
            std::to_string(i) + "\n\n";
  }
  const auto chunks = Cut("big.py", text);
  ExpectWhole(chunks, text);
  const Chunk* const method = Named(chunks, "method7");
  if (method == nullptr) GTEST_SKIP() << "built without grammars";
  EXPECT_EQ(method->container, "Big");
  EXPECT_EQ(method->end_line, method->begin_line + 1);
  ASSERT_NE(Named(chunks, "Big"), nullptr);
  EXPECT_EQ(Named(chunks, "Big")->begin_line, 1U);
}

TEST(ChunksTest, WithoutAGrammarThereAreWindows) {
  std::string text;
  for (size_t i = 0; i < 300; ++i) {
    text += i % 50 == 49 ? "\n" : "line " + std::to_string(i) + "\n";
  }
  const auto chunks = Cut("notes.txt", text);
  ExpectWhole(chunks, text);
  EXPECT_GE(chunks.size(), 5U);
  for (const Chunk& chunk : chunks) {
    EXPECT_LE(chunk.end_line - chunk.begin_line + 1, kWindowLines);
  }
}

TEST(ChunksTest, MarkdownIsCutAtHeadings) {
  const std::string text =
      "Intro\n\n# One\n\ntext\n\n## Inner ##\n\n```sh\n# no heading\n```\n\n"
      "Two\n===\n\nmore\n";
  const auto chunks = Cut("a.md", text);
  ExpectWhole(chunks, text);
  ASSERT_EQ(chunks.size(), 4U);
  EXPECT_EQ(chunks[0].name, "");
  EXPECT_EQ(chunks[1].name, "One");
  EXPECT_EQ(chunks[2].name, "Inner");
  EXPECT_EQ(chunks[2].container, "One");
  EXPECT_EQ(chunks[3].name, "Two");
  EXPECT_EQ(chunks[3].container, "");
}

TEST(ChunksTest, WhateverItIsNothingIsLost) {
  const std::vector<std::string> parts = {"class A {\n",
                                          "}\n",
                                          "void f() {\n",
                                          "  x = 1;\n",
                                          "\n",
                                          "// c\n",
                                          "def f(x):\n",
                                          "    return x\n",
                                          "# h\n",
                                          "```\n",
                                          "\"\"\"\n",
                                          "namespace n {\n",
                                          "{",
                                          "}",
                                          "int a; int b; int c() {}\n",
                                          "===\n",
                                          "\t\xff\n"};
  std::mt19937_64 random(1);
  for (size_t round = 0; round < 300; ++round) {
    std::string text;
    const size_t size = random() % 150;
    for (size_t i = 0; i < size; ++i) text += parts[random() % parts.size()];
    for (const std::string_view path : {"a.cc", "a.py", "a.md", "a.js", "a"}) {
      ExpectWhole(Cut(path, text), text);
    }
  }
}

}  // namespace
}  // namespace krait::repository
