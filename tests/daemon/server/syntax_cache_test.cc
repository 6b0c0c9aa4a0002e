// SPDX-License-Identifier: Apache-2.0
#include "daemon/server/syntax_cache.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

namespace krait::daemon {
namespace {

constexpr std::chrono::minutes kPatience{5};

lsp::DocumentSnapshot Document(std::string uri, std::string_view text,
                               std::string language_id = "python") {
  return std::make_shared<const lsp::Document>(
      lsp::Document{.uri = std::move(uri),
                    .language_id = std::move(language_id),
                    .version = 1,
                    .text = lsp::Text(text)});
}

std::string TextOf(const RequestSyntax& syntax) {
  const SyntaxTreePtr tree = syntax.slot->Wait(kPatience);
  return tree == nullptr ? "no tree" : std::string(tree->text());
}

TEST(SyntaxCacheTest, GivesTheTreeOfAnOpenDocument) {
  SyntaxCache cache;
  const auto document = Document("file:///a.py", "x = 1\r\n");
  cache.Update(document);
  const RequestSyntax syntax = cache.At(document, 4);
  EXPECT_EQ(TextOf(syntax), "x = 1\r\n");
  EXPECT_EQ(syntax.cursor_ofs, 4U);
  ASSERT_NE(syntax.language, nullptr);
  EXPECT_EQ(syntax.language->name, "python");
}

TEST(SyntaxCacheTest, GivesTheTreeOfTheVeryVersion) {
  SyntaxCache cache;
  const auto first = Document("file:///a.py", "x = 1\n");
  cache.Update(first);
  EXPECT_EQ(TextOf(cache.At(first, 0)), "x = 1\n");
  const auto second = Document("file:///a.py", "x = 12\n");
  cache.Update(second);
  EXPECT_EQ(TextOf(cache.At(second, 0)), "x = 12\n");
}

TEST(SyntaxCacheTest, ParsesAVersionOnce) {
  SyntaxCache cache;
  const auto document = Document("file:///a.py", "x = 1\n");
  cache.Update(document);
  EXPECT_EQ(cache.At(document, 0).slot, cache.At(document, 3).slot);
}

TEST(SyntaxCacheTest, AHugeDocumentHasNoTree) {
  SyntaxCache cache;
  const std::string text(grammars::ParserLimits{}.max_bytes + 1, 'x');
  EXPECT_EQ(TextOf(cache.At(Document("file:///a.py", text), 0)), "no tree");
}

TEST(SyntaxCacheTest, ParsesWhatItWasNotToldOf) {
  SyntaxCache cache;
  EXPECT_EQ(TextOf(cache.At(Document("file:///a.py", "x\n"), 0)), "x\n");
}

TEST(SyntaxCacheTest, NobodyWaitsForASkippedVersion) {
  SyntaxCache cache;
  std::vector<RequestSyntax> requests;
  for (int i = 0; i < 200; ++i) {
    requests.push_back(cache.At(
        Document("file:///a.py", "x = " + std::to_string(i) + "\n"), 0));
  }
  for (size_t i = 0; i + 1 < requests.size(); ++i) {
    const std::string text = TextOf(requests[i]);
    EXPECT_TRUE(text == "no tree" || text == "x = " + std::to_string(i) + "\n");
  }
  EXPECT_EQ(TextOf(requests.back()), "x = 199\n");
}

TEST(SyntaxCacheTest, ManyDocumentsAreKeptOneByOne) {
  SyntaxCache cache;
  for (size_t i = 0; i < 2 * SyntaxCache::kMaxDocuments; ++i) {
    cache.Update(Document("file:///" + std::to_string(i) + ".py", "x\n"));
  }
  // The first one has been dropped; its tree is made again.
  EXPECT_EQ(TextOf(cache.At(Document("file:///0.py", "x = 0\n"), 0)),
            "x = 0\n");
}

TEST(SyntaxCacheTest, ClosingEndsNothingThatRuns) {
  SyntaxCache cache;
  const RequestSyntax syntax = cache.At(Document("file:///a.py", "x\n"), 0);
  cache.Close("file:///a.py");
  cache.Close("file:///never-opened.py");
  EXPECT_EQ(TextOf(syntax), "x\n");
}

TEST(SyntaxCacheTest, AnEndSetsAllSlots) {
  std::vector<RequestSyntax> requests;
  {
    SyntaxCache cache;
    for (int i = 0; i < 20; ++i) {
      requests.push_back(
          cache.At(Document("file:///" + std::to_string(i) + ".py", "x\n"), 0));
    }
  }
  for (const RequestSyntax& request : requests) (void)TextOf(request);
}

TEST(SyntaxCacheTest, KnowsTheLanguageByItsIdThenByThePath) {
  SyntaxCache cache;
  EXPECT_EQ(cache.At(Document("file:///a.txt", "x", "go"), 0).language->name,
            "go");
  EXPECT_EQ(cache.At(Document("file:///b.rs", "x", "?"), 0).language->name,
            "rust");
  EXPECT_EQ(cache.At(Document("untitled:1", "x", "?"), 0).language, nullptr);
}

}  // namespace
}  // namespace krait::daemon
