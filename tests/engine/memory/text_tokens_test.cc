// SPDX-License-Identifier: Apache-2.0
#include "engine/memory/text_tokens.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "tests/engine/memory/test_tokenizers.h"

namespace krait::engine {
namespace {

// The default model's vocabulary, or one that joins newlines and indentation.
class TextTokensTest : public testing::Test {
 protected:
  void SetUp() override { SetVocabulary(false); }
  void SetVocabulary(bool joins) {
    tokenizer_ = joins ? LoadJoiningTokenizer() : LoadDefaultTokenizer();
    ASSERT_NE(tokenizer_, nullptr);
    forms_.emplace(*tokenizer_);
    ASSERT_EQ(forms_->newline_begins_line(), joins);
  }

  TextTokensPtr Make(const std::string& text,
                     const TextTokens* earlier = nullptr) const {
    return std::make_shared<const TextTokens>(text, *forms_, earlier);
  }

  static void ExpectSame(const TextTokens& a, const TextTokens& b) {
    ASSERT_EQ(a.text(), b.text());
    const TokenView in_a = a.tokens();
    const TokenView in_b = b.tokens();
    ASSERT_TRUE(std::ranges::equal(in_a.tokens, in_b.tokens)) << a.text();
    ASSERT_TRUE(std::ranges::equal(in_a.plain, in_b.plain)) << a.text();
    ASSERT_TRUE(std::ranges::equal(in_a.marks, in_b.marks)) << a.text();
    ASSERT_TRUE(std::ranges::equal(in_a.letters, in_b.letters)) << a.text();
    ASSERT_EQ(a.lines(), b.lines());
    for (size_t line = 0; line <= a.lines(); ++line) {
      ASSERT_EQ(a.LineBegin(line), b.LineBegin(line));
      ASSERT_EQ(a.FirstToken(line), b.FirstToken(line));
    }
  }

  std::unique_ptr<Tokenizer> tokenizer_;
  std::optional<TokenForms> forms_;
  std::mt19937 random_{3};
};

TEST_F(TextTokensTest, EachLineIsTokenisedOnItsOwn) {
  const auto tokens = Make("int a;\n\n  b = 1;");
  ASSERT_EQ(tokens->lines(), 3U);
  const auto second = tokenizer_->Encode("  b = 1;", DummyPrefix::kNone);
  EXPECT_TRUE(std::ranges::equal(
      tokens->tokens().From(tokens->FirstToken(2)).tokens, second));
  EXPECT_EQ(tokens->LineOf(0), 0U);
  EXPECT_EQ(tokens->LineOf(6), 0U);
  EXPECT_EQ(tokens->LineOf(7), 1U);
  EXPECT_EQ(tokens->LineOf(8), 2U);
  EXPECT_EQ(tokens->LineOf(16), 2U);
}

TEST_F(TextTokensTest, ANewlineBeginsALineWhereIndentationJoinsIt) {
  SetVocabulary(true);
  const auto tokens = Make("int a;\n\n  b = 1;");
  ASSERT_EQ(tokens->lines(), 3U);
  const auto last = tokenizer_->Encode("\n  b = 1;", DummyPrefix::kNone);
  EXPECT_TRUE(std::ranges::equal(
      tokens->tokens().From(tokens->FirstToken(2)).tokens, last));
  EXPECT_EQ(tokens->LineOf(6), 0U);
  EXPECT_EQ(tokens->LineOf(7), 1U);
  EXPECT_EQ(tokens->LineOf(8), 2U);
  EXPECT_EQ(tokens->LineBegin(1), 6U);
  EXPECT_EQ(tokens->LineBegin(2), 7U);
  EXPECT_EQ(Make("\n")->FirstToken(1), 0U);
}

class TextTokensOfBothTest : public TextTokensTest,
                             public testing::WithParamInterface<bool> {
 protected:
  void SetUp() override { SetVocabulary(GetParam()); }
};

INSTANTIATE_TEST_SUITE_P(Vocabularies, TextTokensOfBothTest, testing::Bool(),
                         [](const auto& joins) {
                           return joins.param ? "Joining" : "Default";
                         });

TEST_P(TextTokensOfBothTest, BehindTheLastNewlineIsALine) {
  EXPECT_EQ(Make("")->lines(), 1U);
  EXPECT_EQ(Make("a\n")->lines(), 2U);
  EXPECT_EQ(Make("a\n")->LineOf(2), 1U);
  EXPECT_EQ(Make("a")->lines(), 1U);
}

TEST_P(TextTokensOfBothTest, ALineThatNobodyWroteHasNone) {
  const std::string line(TextTokens::kMaxLineBytes + 1, 'x');
  const auto tokens = Make(line + "\nlast");
  ASSERT_EQ(tokens->lines(), 2U);
  EXPECT_EQ(tokens->FirstToken(1), 0U);
  EXPECT_GT(tokens->tokens().size(), 0U);
  EXPECT_GT(Make(line.substr(2) + "\nlast")->FirstToken(1), 0U);
}

TEST_P(TextTokensOfBothTest, AnEditGivesWhatTheWholeTextGives) {
  const std::vector<std::string> parts = {
      "def f(x):", "\n", "\n\n", "    ", "\t",     "return x", " ",
      "\r\n",      "é",  "\xff", "// ",  "0x1F\n", "世界",     "a"};
  std::string text;
  TextTokensPtr earlier;
  for (size_t step = 0; step < 1500; ++step) {
    const size_t at = random_() % (text.size() + 1);
    switch (random_() % 5) {
      case 0:
        text.erase(at, random_() % 30);
        break;
      case 1:  // what is there again
        text.insert(at, text.substr(random_() % (text.size() + 1), 40));
        break;
      default:
        text.insert(at, parts[random_() % parts.size()]);
    }
    auto tokens = Make(text, earlier.get());
    ASSERT_NO_FATAL_FAILURE(ExpectSame(*tokens, *Make(text))) << step;
    earlier = std::move(tokens);
  }
}

TEST_P(TextTokensOfBothTest, AnotherTextGivesItsOwnTokens) {
  const std::vector<std::string> texts = {
      "", "\n", "a\n", "a", "a\nb\n", "b\na\n", "\n\n\n", "\n\n", "a\nb"};
  for (const std::string& before : texts) {
    const auto earlier = Make(before);
    for (const std::string& after : texts) {
      ExpectSame(*Make(after, earlier.get()), *Make(after));
    }
  }
}

TEST_F(TextTokensTest, EachTokenIsFoundByItsFirstLetter) {
  for (const char first : {'r', '(', '0', '\n', '_'}) {
    const auto letter = static_cast<uint8_t>(first);
    const auto beginning = forms_->BeginningWith(first);
    EXPECT_FALSE(beginning.empty());
    for (const TokenId id : beginning) EXPECT_EQ(forms_->Letter(id), letter);
    const auto all = static_cast<TokenId>(tokenizer_->vocab_size());
    size_t found = 0;
    for (TokenId id = 0; id < all; ++id) found += forms_->Letter(id) == letter;
    EXPECT_EQ(found, beginning.size());
  }
}

TEST_F(TextTokensTest, TokensThatSayTheSameHaveOnePlainForm) {
  const auto one = [&](const char* text) {
    const auto ids = tokenizer_->Encode(text, DummyPrefix::kNone);
    EXPECT_EQ(ids.size(), 1U) << text;
    return ids.front();
  };
  EXPECT_EQ(forms_->Plain(one(" return")), forms_->Plain(one("return")));
  EXPECT_EQ(forms_->Plain(one("    ")), forms_->Plain(one("        ")));
  EXPECT_NE(forms_->Plain(one("    ")), forms_->Plain(one("\n")));
  EXPECT_EQ(forms_->Spaced(one("return")), one(" return"));
  EXPECT_EQ(forms_->Mark(one(" return")), forms_->Mark(one("return")));
  SetVocabulary(true);
  EXPECT_EQ(forms_->Plain(one("\n   ")), one("\n"));
  EXPECT_EQ(forms_->Plain(one("\n       ")), one("\n"));
  EXPECT_NE(forms_->Plain(one("   ")), one("\n"));
}

}  // namespace
}  // namespace krait::engine
