// SPDX-License-Identifier: Apache-2.0
#include "daemon/repository/search.h"

#include <string>
#include <vector>

#include "daemon/repository/indexer.h"
#include "tests/daemon/repository/repository_testing.h"

namespace krait::repository {
namespace {

class SearchTest : public RepositoryTest {
 protected:
  std::vector<Passage> Find(const std::string& question, size_t most = 10,
                            Wanted wanted = Wanted::kAnything) {
    const auto index = folder_ / "state" / "repo.index";
    EXPECT_TRUE(UpdateIndex({.index = index, .root = root_}));
    auto searcher = Searcher::Open(index);
    EXPECT_TRUE(searcher);
    auto found = searcher->Find(question, most, Ranking::kBoth, wanted);
    EXPECT_TRUE(found);
    return found ? *found : std::vector<Passage>();
  }
};

TEST_F(SearchTest, ADeclarationComesBeforeItsUses) {
  Write("use.py",
        "from lib import *\n\n\ndef main():\n    read_settings()\n"
        "    read_settings()\n    other(read_settings)\n");
  Write("lib.py",
        "# Reads what the user has set.\n"
        "def read_settings():\n    return {}\n");
  for (const char* const question :
       {"read_settings", "readSettings", "where is read_settings defined"}) {
    const auto found = Find(question);
    ASSERT_GE(found.size(), 2U) << question;
    EXPECT_EQ(found[0].path, "lib.py") << question;
  }
}

TEST_F(SearchTest, RareWordsCountMore) {
  for (size_t i = 0; i < 30; ++i) {
    Write("common" + std::to_string(i) + ".txt", "open the file again\n");
  }
  Write("rare.txt", "a file of checksums\n");
  const auto found = Find("the file with checksums");
  ASSERT_FALSE(found.empty());
  EXPECT_EQ(found[0].path, "rare.txt");
}

TEST_F(SearchTest, GivesAsManyAsAreWantedTheBestFirst) {
  for (size_t i = 0; i < 30; ++i) {
    Write("f" + std::to_string(i) + ".txt", "alpha\n");
  }
  const auto found = Find("alpha", 7);
  ASSERT_EQ(found.size(), 7U);
  for (size_t i = 1; i < found.size(); ++i) {
    EXPECT_GE(found[i - 1].score, found[i].score);
  }
  EXPECT_TRUE(Find("").empty());
  EXPECT_TRUE(Find("the of and").empty());
}

TEST_F(SearchTest, ReadsThePassageAsItIsNow) {
  Write("a.txt", "one alpha\ntwo\n");
  const auto found = Find("alpha");
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(ReadPassage(root_, found[0]), "one alpha\ntwo\n");
  Write("a.txt", "short\n");
  EXPECT_EQ(ReadPassage(root_, found[0]), "short\n");
  std::filesystem::remove(root_ / "a.txt");
  EXPECT_EQ(ReadPassage(root_, found[0]), "");
}

TEST_F(SearchTest, WhatSpeaksOftenOfATermIsMoreAboutIt) {
  const std::string others = "grain stone water wheel miller village\n";
  Write("once.txt", "the turbine " + others);
  Write("often.txt", "turbine turbine turbine " + others);
  const auto found = Find("turbine");
  ASSERT_EQ(found.size(), 2U);
  EXPECT_EQ(found[0].path, "often.txt");
  EXPECT_GT(found[0].score, found[1].score);
}

TEST_F(SearchTest, WhoWantsCodeHasFunctionsFirst) {
  Write("notes.md", "# Notes\n\nHow the turbine is stopped: stop turbine.\n");
  Write("a.py", "def halt(x):\n    stop(turbine, x)\n");
  const auto index = folder_ / "a.index";
  ASSERT_TRUE(UpdateIndex({.index = index, .root = root_}));
  auto searcher = Searcher::Open(index);
  ASSERT_TRUE(searcher);
  const auto code =
      searcher->Find("stop the turbine", 2, Ranking::kWords, Wanted::kCode);
  const auto anything = searcher->Find("stop the turbine", 2, Ranking::kWords);
  ASSERT_TRUE(code && anything);
  ASSERT_EQ(code->size(), 2U);
  EXPECT_EQ(code->front().path, "a.py");
  EXPECT_NE(anything->front().score, code->front().score);
}

TEST_F(SearchTest, WhoWritesANameFindsWhatHasIt) {
  Write("store.h",
        "#include <vector>\n\n"
        "class LIB_API Store {\n public:\n  Store();\n  int Get(int key);\n"
        "  int Put(int key);\n};\n");
  Write("store.cc",
        "#include \"store.h\"\n\nStore::Store() {}\n\n"
        "LIB_INLINE std::string Store::Get(int key) {\n"
        "  return get(this, store, get(key, store));\n}\n");
  Write("use.cc",
        "void Use() {\n  Store store;\n  store.Get(store.Get(1));\n"
        "  Store other;\n}\n");
  const auto found = Find("Get", 10, Wanted::kCode);
  ASSERT_FALSE(found.empty());
  EXPECT_EQ(found[0].name, "Get");
  EXPECT_EQ(found[0].container, "Store");
  const auto classes = Find("store", 10, Wanted::kCode);
  ASSERT_FALSE(classes.empty());
  EXPECT_EQ(classes[0].name, "Store");
  EXPECT_EQ(classes[0].kind, grammars::SymbolKind::kClass);
  EXPECT_EQ(classes[0].begin_line, 3U);
}

TEST_F(SearchTest, FunctionsOfExamplesComeAfterOthers) {
  const std::string function = "def stop_turbine(x):\n    turbine(x)\n";
  for (const char* const path : {"docs/a.py", "examples/a.py", "src/a.py"}) {
    Write(path, function);
  }
  const auto found = Find("how to stop a turbine", 10, Wanted::kCode);
  ASSERT_EQ(found.size(), 3U);
  EXPECT_EQ(found[0].path, "src/a.py");
  EXPECT_GT(found[0].score, found[1].score);
}

TEST_F(SearchTest, WithoutAnIndexItSaysSo) {
  const auto searcher = Searcher::Open(folder_ / "none.index");
  ASSERT_FALSE(searcher);
  EXPECT_EQ(searcher.error().code, base::ErrorCode::kNotFound);
}

}  // namespace
}  // namespace krait::repository
