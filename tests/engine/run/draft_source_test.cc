// SPDX-License-Identifier: Apache-2.0
#include "engine/run/draft_source.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>
#include <memory>
#include <numeric>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "tests/engine/memory/test_tokenizers.h"

namespace krait::engine {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

TEST(DraftSourceTest, GuessesWhatFollowedTheSameTokens) {
  DraftSource source({1, 2, 3, 4, 5, 9, 2});
  EXPECT_THAT(source.Guess(7).tokens, IsEmpty());  // one token is too few
  source.Append(3);
  const DraftGuess guess = source.Guess(3);
  EXPECT_THAT(guess.tokens, ElementsAre(4, 5, 9));
  EXPECT_EQ(guess.match, 2U);
}

TEST(DraftSourceTest, PrefersTheLongerMatchAndThenTheNearer) {
  const DraftSource longer({7, 1, 2, 50, 1, 2, 60, 7, 1, 2});
  EXPECT_THAT(longer.Guess(1).tokens, ElementsAre(50));
  EXPECT_EQ(longer.Guess(1).match, 3U);
  const DraftSource nearer({1, 2, 50, 1, 2, 60, 1, 2});
  EXPECT_THAT(nearer.Guess(1).tokens, ElementsAre(60));
}

TEST(DraftSourceTest, GuessesNoMoreThanIsAskedForOrFollows) {
  const DraftSource source({1, 2, 3, 1, 2});
  EXPECT_THAT(source.Guess(2).tokens, ElementsAre(3, 1));
  EXPECT_THAT(source.Guess(9).tokens, ElementsAre(3, 1, 2));
  EXPECT_THAT(source.Guess(0).tokens, IsEmpty());
}

TEST(DraftSourceTest, GoesOnWithWhatRepeatsItself) {
  const DraftSource source({5, 5, 5, 5});
  EXPECT_THAT(source.Guess(4).tokens, ElementsAre(5));
}

TEST(DraftSourceTest, CountsAMatchUpToItsLimit) {
  std::vector<TokenId> twice(60);
  std::iota(twice.begin(), twice.begin() + 30, 0);
  std::iota(twice.begin() + 30, twice.end(), 0);
  EXPECT_EQ(DraftSource(twice).Guess(1).match, DraftSource::kMostMatch);
}

TEST(DraftSourceTest, KnowsNothingOfNothing) {
  EXPECT_THAT(DraftSource().Guess(4).tokens, IsEmpty());
  EXPECT_THAT(DraftSource({1}).Guess(4).tokens, IsEmpty());
}

// With texts as tokens, each of a few.
class DraftsOfTextsTest : public testing::Test {
 protected:
  static constexpr size_t kMany = 100;

  void SetUp() override {
    tokenizer_ = LoadDefaultTokenizer();
    ASSERT_NE(tokenizer_, nullptr);
    forms_.emplace(*tokenizer_);
  }

  // The texts are t0, t1 and so on.
  RememberedCollection Collect(const std::vector<std::string>& texts) const {
    TextCollection::Builder builder(*forms_, 1000,
                                    TextCollection::Tokens::kOfTexts);
    for (size_t i = 0; i < texts.size(); ++i) {
      EXPECT_TRUE(builder.Add("t" + std::to_string(i), texts[i]));
    }
    return {.texts = builder.Build()};
  }
  std::vector<TokenId> Ids(const std::string& text) const {
    return tokenizer_->Encode(text, DummyPrefix::kNone);
  }
  std::string Text(const DraftGuess& guess) const {
    std::string text;
    for (const TokenId token : guess.tokens) {
      text += tokenizer_->TokenBytes(token);
    }
    return text;
  }
  // What is guessed after `said`.
  std::string Guess(const std::string& said,
                    RememberedCollection collection) const {
    const DraftSource source(Ids(said), std::move(collection));
    return Text(source.Guess(kMany));
  }

  std::unique_ptr<Tokenizer> tokenizer_;
  std::optional<TokenForms> forms_;
};

TEST_F(DraftsOfTextsTest, GuessesWhatFollowedAsFarAsTheText) {
  const auto collection = Collect({"red = open(name)\n", "blue = 1\n"});
  EXPECT_EQ(Guess("red = open", collection), "(name)\n");
  EXPECT_EQ(Guess("x\n\nred = open", collection), "(name)\n");
  EXPECT_EQ(Guess("red = open(name)\n", collection), "");
  EXPECT_EQ(Guess("something else", collection), "");
  EXPECT_EQ(Guess("", collection), "");
  EXPECT_EQ(Guess("red = open", {}), "");
  const DraftSource source(Ids("red = open"), collection);
  EXPECT_EQ(source.Guess(1).tokens.size(), 1U);
  EXPECT_EQ(source.Guess(0).tokens.size(), 0U);
  EXPECT_EQ(source.Guess(1).match, Ids("red = open").size());
}

TEST_F(DraftsOfTextsTest, TheLongestMatchCounts) {
  const auto collection =
      Collect({"red value = 1;\n", "red value = 1;\n", "blue value = 2;\n"});
  EXPECT_EQ(Guess("blue value =", collection), " 2;\n");
  EXPECT_EQ(Guess("green value =", collection), " 1;\n");
}

TEST_F(DraftsOfTextsTest, OfSeveralPlacesTheCommonestTokensCountOneByOne) {
  EXPECT_EQ(Guess("value =", Collect({"value = 1;\n", "value = 2;\n",
                                      "value = 2, x\n", "value = 2, y\n"})),
            " 2, x\n");
  std::vector<std::string> many(3 * DraftSource::kMostPlaces, "value = 2;\n");
  for (size_t i = 0; i < DraftSource::kMostPlaces; ++i) {
    many[2 * i] = "value = 1;\n";
  }
  EXPECT_EQ(Guess("value =", Collect(many)), " 2;\n");
}

TEST_F(DraftsOfTextsTest, WhatIsLeftOutDoesNotCount) {
  auto collection = Collect({"red value = 1;\n", "blue value = 2;\n"});
  EXPECT_EQ(Guess("red value =", collection), " 1;\n");
  collection.left_out.push_back(collection.texts->PlacesOf("t0"));
  EXPECT_EQ(Guess("red value =", collection), " 2;\n");
  collection.left_out.push_back(collection.texts->PlacesOf("t1"));
  EXPECT_EQ(Guess("red value =", collection), "");
}

TEST_F(DraftsOfTextsTest, WhatWasSaidWinsUnlessItMatchesLess) {
  const std::string said = "value = 9;\nvalue =";
  EXPECT_EQ(Guess(said, Collect({"value = 1;\n"})), " 9;\nvalue =");
  EXPECT_EQ(Guess(said, Collect({"x = 9;\nvalue = 1;\n"})), " 1;\n");
  // Many tokens are as good as more.
  std::string lines;
  for (size_t i = 0; i < DraftSource::kMostMatch; ++i) {
    lines += std::to_string(i) + "\n";
  }
  EXPECT_EQ(
      Guess(lines + "y\nz\n" + lines, Collect({"z\n" + lines + "other\n"})),
      "y\nz\n" + lines);
}

TEST_F(DraftsOfTextsTest, MatchesWhateverTheBlanks) {
  const auto collection = Collect({"if a:\n\tvalue = 1\n"});
  const std::vector<TokenId> said = Ids("if a:\n    value =");
  const DraftSource source(said, collection);
  EXPECT_EQ(Text(source.Guess(kMany)), " 1\n");
  EXPECT_EQ(source.Guess(kMany).match, said.size());
}

TEST_F(DraftsOfTextsTest, ATokenThatNoTextHasEndsAMatch) {
  const auto collection = Collect({"red = open(name)\n"});
  std::vector<TokenId> ids = Ids("red = open");
  ids.insert(ids.begin(), std::numeric_limits<TokenId>::max());
  EXPECT_EQ(Text(DraftSource(ids, collection).Guess(kMany)), "(name)\n");
  ids.push_back(std::numeric_limits<TokenId>::max());
  EXPECT_EQ(Text(DraftSource(ids, collection).Guess(kMany)), "");
}

}  // namespace
}  // namespace krait::engine
