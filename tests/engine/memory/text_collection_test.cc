// SPDX-License-Identifier: Apache-2.0
#include "engine/memory/text_collection.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <optional>
#include <random>
#include <set>
#include <stop_token>
#include <string>
#include <vector>

#include "engine/memory/text_tokens.h"
#include "tests/engine/memory/test_tokenizers.h"

namespace krait::engine {
namespace {

class TextCollectionTest : public testing::Test {
 protected:
  void SetUp() override {
    tokenizer_ = LoadDefaultTokenizer();
    ASSERT_NE(tokenizer_, nullptr);
    forms_.emplace(*tokenizer_);
  }

  TextCollectionPtr Collect(const std::vector<std::string>& texts,
                            size_t most_tokens = 1'000'000) const {
    TextCollection::Builder builder(*forms_, most_tokens);
    for (size_t i = 0; i < texts.size(); ++i) {
      if (!builder.Add("t" + std::to_string(i), texts[i])) break;
    }
    return builder.Build();
  }

  std::vector<TokenId> PlainOf(const std::string& text) const {
    const TextTokens tokens(text, *forms_, nullptr);
    const auto plain = tokens.tokens().plain;
    return {plain.begin(), plain.end()};
  }

  // Some words, repeated so that long matches are common.
  std::string RandomText(size_t words) {
    const std::vector<std::string> some = {"self.", "value", " = ", "get(",
                                           "x",     ")\n",   "  ",  "return "};
    std::string text;
    for (size_t i = 0; i < words; ++i) text += some[random_() % some.size()];
    return text;
  }

  std::unique_ptr<Tokenizer> tokenizer_;
  std::optional<TokenForms> forms_;
  std::mt19937_64 random_{1};
};

// By the definition: all places, all lengths.
TEST_F(TextCollectionTest, FindsThePlacesBehindTheLastTokens) {
  std::vector<std::string> texts;
  for (size_t i = 0; i < 20; ++i) texts.push_back(RandomText(i * 20));
  const auto collection = Collect(texts);
  ASSERT_EQ(collection->texts(), texts.size());
  for (size_t query = 0; query < 200; ++query) {
    const std::vector<TokenId> past = PlainOf(RandomText(12));
    if (past.empty()) continue;
    const auto ranges = collection->Find(past, 10);
    for (size_t length = 1; length <= 10 && length <= past.size(); ++length) {
      size_t expected = 0;
      for (const std::string& text : texts) {
        const std::vector<TokenId> ids = PlainOf(text);
        for (size_t at = length; at < ids.size(); ++at) {
          expected +=
              std::equal(past.end() - static_cast<ptrdiff_t>(length),
                         past.end(),
                         ids.begin() + static_cast<ptrdiff_t>(at - length))
                  ? size_t{1}
                  : 0;
        }
      }
      const size_t found =
          length <= ranges.size() ? ranges[length - 1].size() : 0;
      ASSERT_EQ(found, expected) << length;
    }
  }
}

TEST_F(TextCollectionTest, NoMatchReachesFromOneTextIntoAnother) {
  const auto collection = Collect({"alpha beta\n", "gamma delta\n"});
  const auto ranges = collection->Find(PlainOf("beta\ngamma"), 8);
  ASSERT_GE(ranges.size(), 1U);
  for (uint32_t rank = ranges.back().begin; rank < ranges.back().end; ++rank) {
    const auto text = collection->TextAt(collection->Place(rank));
    EXPECT_EQ(text.begin, collection->PlacesOf("t1").begin);
  }
  EXPECT_LT(ranges.size(), PlainOf("beta\ngamma").size());
}

// By a vocabulary that has tokens for a line's end and the blanks behind it.
TEST_F(TextCollectionTest, TextsAreLinesOrWholes) {
  const auto tokenizer = Tokenizer::FromFile(
      KRAIT_TEST_DATA "/tokenizers/neox1024/tokenizer.json");
  ASSERT_TRUE(tokenizer) << tokenizer.error().message;
  const TokenForms forms(**tokenizer);
  const std::string text = "if x:\n        return 1\n\n\n        y = 2\n";
  const auto whole = (*tokenizer)->Encode(text, DummyPrefix::kNone);
  const TextTokens by_line(text, forms, nullptr);
  const auto lines = by_line.tokens().tokens;
  ASSERT_FALSE(std::ranges::equal(whole, lines));
  TextCollection::Builder of_lines(forms, 1000);
  TextCollection::Builder of_texts(forms, 1000,
                                   TextCollection::Tokens::kOfTexts);
  ASSERT_TRUE(of_lines.Add("t", text));
  ASSERT_TRUE(of_texts.Add("t", text));
  const auto collected_lines = of_lines.Build();
  const auto collected_whole = of_texts.Build();
  EXPECT_TRUE(std::ranges::equal(collected_lines->TextAt(1).tokens, lines));
  EXPECT_TRUE(std::ranges::equal(collected_whole->TextAt(1).tokens, whole));
}

TEST_F(TextCollectionTest, KnowsWhereEachTextLies) {
  const auto collection = Collect({"one\n", "", "three = 3\n"});
  std::set<uint32_t> begins;
  for (size_t i = 0; i < 3; ++i) {
    const auto places = collection->PlacesOf("t" + std::to_string(i));
    begins.insert(places.begin);
    for (uint32_t at = places.begin; at < places.end; ++at) {
      const auto text = collection->TextAt(at);
      EXPECT_EQ(text.begin, places.begin);
      EXPECT_EQ(text.tokens.size(), places.size());
    }
  }
  EXPECT_EQ(begins.size(), 3U);
  EXPECT_EQ(collection->PlacesOf("t1").size(), 0U);
  EXPECT_EQ(collection->PlacesOf("other").size(), 0U);
}

// Not those below it, nor of one whose name begins alike.
TEST_F(TextCollectionTest, KnowsWhichTextsLieInAFolder) {
  TextCollection::Builder builder(*forms_, 1000);
  const std::vector<std::string> names = {
      "b.py",   "src/z.py",     "a.py",     "src/deep/x.py",
      "src.py", "src-old/y.py", "src/a.py", "other/z.py"};
  for (const std::string& name : names) builder.Add(name, "x = 1\n");
  const RememberedCollection collection{.texts = builder.Build()};
  const auto names_in = [&](std::string_view folder) {
    const RememberedCollection of_folder{
        .texts = collection.texts,
        .nearby = collection.texts->PlacesIn(folder)};
    std::vector<std::string> found;
    for (const std::string& name : names) {
      const auto places = collection.texts->PlacesOf(name);
      const bool is_near = of_folder.IsNear(places.begin);
      EXPECT_EQ(of_folder.IsNear(places.end - 1), is_near);
      EXPECT_FALSE(of_folder.IsNear(places.end));  // a gap
      if (is_near) found.push_back(name);
    }
    return found;
  };
  using testing::ElementsAre;
  EXPECT_THAT(names_in(""), ElementsAre("b.py", "a.py", "src.py"));
  EXPECT_THAT(names_in("src"), ElementsAre("src/z.py", "src/a.py"));
  EXPECT_THAT(names_in("src/deep"), ElementsAre("src/deep/x.py"));
  EXPECT_THAT(names_in("sr"), testing::IsEmpty());
}

TEST_F(TextCollectionTest, TakesNoTextThatIsTooMuch) {
  const auto collection = Collect({"a b c\n", RandomText(500), "d\n"}, 100);
  EXPECT_EQ(collection->texts(), 1U);
  EXPECT_LE(collection->tokens().size(), 100U);
}

TEST_F(TextCollectionTest, NothingIsFoundInNothing) {
  const auto collection = Collect({});
  EXPECT_EQ(collection->texts(), 0U);
  EXPECT_TRUE(collection->Find(PlainOf("a b"), 8).empty());
  EXPECT_TRUE(collection->Find({}, 8).empty());
}

TEST_F(TextCollectionTest, AStopEndsTheSorting) {
  TextCollection::Builder builder(*forms_, 1000);
  EXPECT_TRUE(builder.Add("t", "a b\n"));
  std::stop_source stop;
  stop.request_stop();
  EXPECT_EQ(builder.Build(stop.get_token()), nullptr);
}

}  // namespace
}  // namespace krait::engine
