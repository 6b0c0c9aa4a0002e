// SPDX-License-Identifier: Apache-2.0
#include "daemon/session/syntax_cache.h"

#include <gtest/gtest.h>

#include <functional>
#include <latch>
#include <memory>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "daemon/session/syntax_thread.h"

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

std::shared_ptr<base::MemoryBudget> Budget(size_t bytes) {
  return std::make_shared<base::MemoryBudget>(bytes);
}

std::string TextOf(const completion::RequestSyntax& syntax) {
  const completion::SyntaxTreePtr tree = syntax.slot->Wait(kPatience);
  return tree == nullptr ? "no tree" : std::string(tree->text());
}

TEST(SyntaxCacheTest, GivesTheTreeOfAnOpenDocument) {
  SyntaxCache cache;
  const auto document = Document("file:///a.py", "x = 1\r\n");
  cache.Update(document);
  const completion::RequestSyntax syntax = cache.At(document, 4);
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

// Functions f0, f1 and so on.
std::string ManyFunctions(size_t count) {
  std::string text;
  for (size_t i = 0; i < count; ++i) {
    text += "def f" + std::to_string(i) + "(x):\n    return [x]\n\n";
  }
  return text;
}

std::string FunctionAt(const completion::RequestSyntax& syntax) {
  const completion::SyntaxTreePtr tree = syntax.slot->Wait(kPatience);
  if (tree == nullptr) return "no tree";
  const auto context = tree->ContextAt(syntax.cursor_ofs);
  return context.enclosing.empty() ? "none" : context.enclosing[0].name;
}

TEST(SyntaxCacheTest, KnowsTheSyntaxAtEachCursorOfALongDocument) {
  SyntaxCache cache;
  std::string text = ManyFunctions(3000);
  const auto opened = Document("file:///a.py", text);
  cache.Update(opened);
  EXPECT_EQ(FunctionAt(cache.At(opened, text.size() - 4)), "f2999");
  for (const std::string_view name : {"f2000", "f10", "f1500"}) {
    const size_t ofs = text.find("return", text.find(name));
    text.insert(ofs, "y");
    const auto changed = Document("file:///a.py", text);
    cache.Update({.before = opened,
                  .after = changed,
                  .edits = {{.begin_ofs = ofs, .end_ofs = ofs, .text = "y"}}});
    const completion::RequestSyntax typed = cache.At(changed, ofs + 1);
    EXPECT_EQ(FunctionAt(typed), name);
    EXPECT_EQ(TextOf(typed), text);
    // The cursor jumps; nothing changes.
    const size_t elsewhere = text.find("return", text.find("f700("));
    EXPECT_EQ(FunctionAt(cache.At(changed, elsewhere)), "f700");
  }
}

TEST(SyntaxCacheTest, PausesDoNoHarm) {
  SyntaxCache cache;
  std::string text = ManyFunctions(3000);
  for (int i = 0; i < 4; ++i) {
    const size_t ofs = text.find("return", text.size() / 2);
    text.insert(ofs, "y");
    const auto document = Document("file:///a.py", text);
    cache.Update(document);
    EXPECT_NE(FunctionAt(cache.At(document, ofs)), "no tree");
    // Long enough for the whole to be parsed meanwhile, or begun to be.
    std::this_thread::sleep_for(std::chrono::milliseconds(290 + 10 * i));
  }
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
  std::vector<completion::RequestSyntax> requests;
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
  const completion::RequestSyntax syntax =
      cache.At(Document("file:///a.py", "x\n"), 0);
  cache.Close("file:///a.py");
  cache.Close("file:///never-opened.py");
  EXPECT_EQ(TextOf(syntax), "x\n");
}

TEST(SyntaxCacheTest, AnEndSetsAllSlots) {
  std::vector<completion::RequestSyntax> requests;
  {
    SyntaxCache cache;
    for (int i = 0; i < 20; ++i) {
      requests.push_back(
          cache.At(Document("file:///" + std::to_string(i) + ".py", "x\n"), 0));
    }
  }
  for (const completion::RequestSyntax& request : requests)
    (void)TextOf(request);
}

// Whoever ends a cache serves all editors.
TEST(SyntaxCacheTest, AnEndWaitsForNoParse) {
  std::latch parsing(1);
  std::latch go_on(1);
  completion::RequestSyntax running;
  completion::RequestSyntax waiting;
  {
    SyntaxCache cache(Budget(size_t{1} << 30), {}, [&] {
      parsing.count_down();
      go_on.wait();
    });
    running = cache.At(Document("file:///a.py", "x\n"), 0);
    parsing.wait();
    waiting = cache.At(Document("file:///b.py", "x\n"), 0);
  }
  EXPECT_FALSE(running.slot->IsSettled());
  EXPECT_TRUE(waiting.slot->IsSettled());
  EXPECT_FALSE(waiting.slot->IsSet());
  go_on.count_down();
  EXPECT_EQ(TextOf(running), "no tree");
}

TEST(SyntaxCacheTest, ClosedDocumentsAreNotKept) {
  SyntaxCache cache;
  for (int round = 0; round < 5; ++round) {
    std::vector<completion::RequestSyntax> requests;
    for (int i = 0; i < 20; ++i) {
      const std::string uri = "file:///" + std::to_string(i) + ".py";
      requests.push_back(cache.At(Document(uri, ManyFunctions(100)), 0));
    }
    EXPECT_GT(cache.held_bytes(), 0U);
    for (const completion::RequestSyntax& request : requests)
      (void)TextOf(request);
    for (int i = 0; i < 20; ++i) {
      cache.Close("file:///" + std::to_string(i) + ".py");
    }
    EXPECT_EQ(cache.held_bytes(), 0U);
    EXPECT_EQ(cache.num_documents(), 0U);
    EXPECT_EQ(cache.num_refreshes(), 0U);
  }
}

TEST(SyntaxCacheTest, KeepsAsMuchAsTheBudgetAllows) {
  const std::string text = ManyFunctions(100);
  const size_t one = text.size() * kTreeBytesPerByte;
  SyntaxCache cache(Budget(3 * one + one / 2));
  for (int i = 0; i < 10; ++i) {
    const std::string uri = "file:///" + std::to_string(i) + ".py";
    EXPECT_EQ(TextOf(cache.At(Document(uri, text), 0)), text);
    EXPECT_LE(cache.held_bytes(), 3 * one + one / 2);
    EXPECT_LE(cache.num_refreshes(), 3U);
  }
  EXPECT_EQ(cache.num_documents(), 3U);
  // One is kept, however large.
  const std::string large = ManyFunctions(1'000);
  EXPECT_EQ(TextOf(cache.At(Document("file:///large.py", large), 0)), large);
  EXPECT_EQ(cache.num_documents(), 1U);
}

// One may have what the others do not need, and gives it back when they do.
TEST(SyntaxCacheTest, AllCachesHaveOneBudget) {
  const std::string text = ManyFunctions(100);
  const size_t one = text.size() * kTreeBytesPerByte;
  const auto budget = Budget(8 * one + one / 2);
  std::vector<std::function<void()>> posted;
  const auto post = [&posted](std::function<void()> call) {
    posted.push_back(std::move(call));
  };
  SyntaxCache idle(budget, post);
  SyntaxCache busy(budget, post);
  const auto open = [&](SyntaxCache& cache, int i) {
    cache.Update(Document("file:///" + std::to_string(i) + ".py", text));
    for (const auto& call : std::exchange(posted, {})) call();
    EXPECT_LE(budget->held_bytes(), budget->limit_bytes());
  };
  for (int i = 0; i < 10; ++i) open(idle, i);
  EXPECT_GE(idle.num_documents(), 7U);
  for (int i = 0; i < 10; ++i) open(busy, i);
  EXPECT_EQ(idle.num_documents(), 1U);
  EXPECT_GE(busy.num_documents(), 6U);
  for (int i = 0; i < 10; ++i) {
    busy.Close("file:///" + std::to_string(i) + ".py");
  }
  EXPECT_EQ(budget->held_bytes(), one);
}

TEST(SyntaxCacheTest, WhoEndsIsNotAskedAnyMore) {
  const std::string text = ManyFunctions(10);
  const size_t one = text.size() * kTreeBytesPerByte;
  std::vector<std::function<void()>> posted;
  const auto budget = Budget(2 * one + one / 2);
  SyntaxCache busy(budget);
  {
    SyntaxCache ending(budget, [&posted](std::function<void()> call) {
      posted.push_back(std::move(call));
    });
    ending.Update(Document("file:///a.py", text));
    ending.Update(Document("file:///b.py", text));
    busy.Update(Document("file:///c.py", text));
  }
  ASSERT_EQ(posted.size(), 1U);
  posted[0]();
  EXPECT_EQ(budget->held_bytes(), one);
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
