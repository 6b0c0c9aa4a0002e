// SPDX-License-Identifier: Apache-2.0
#include "engine/tokenizer/pre_tokenizer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <random>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "tests/cpu_clock.h"

namespace krait::engine {
namespace {

using testing::ElementsAre;
using Words = std::vector<std::string>;

Words Split(std::vector<SplitRule> rules, const std::string& text) {
  std::vector<size_t> ends;
  PreTokenizer(std::move(rules)).Split(text, &ends);
  Words words;
  size_t begin = 0;
  for (const size_t end : ends) {
    words.push_back(text.substr(begin, end - begin));
    begin = end;
  }
  return words;
}

TEST(PreTokenizerTest, SplitsAsGpt2) {
  const auto split = [](const std::string& t) {
    return Split({SplitRule::kGpt2}, t);
  };
  EXPECT_THAT(split("it's we'LL we'll"),
              ElementsAre("it", "'s", " we", "'", "LL", " we", "'ll"));
  EXPECT_THAT(split("a  b   "), ElementsAre("a", " ", " b", "   "));
  EXPECT_THAT(split("x\n\n  y"), ElementsAre("x", "\n\n ", " y"));
  EXPECT_THAT(split("x\ny"), ElementsAre("x", "\n", "y"));
  EXPECT_THAT(split("a1b22 333"), ElementsAre("a", "1", "b", "22", " 333"));
  EXPECT_THAT(split("f(x)->y"), ElementsAre("f", "(", "x", ")->", "y"));
  EXPECT_THAT(split(" ... 日本 é"), ElementsAre(" ...", " 日本", " é"));
  EXPECT_THAT(split("\xFF\xFE a"), ElementsAre("\xFF\xFE", " a"));
  EXPECT_THAT(split(""), ElementsAre());
}

TEST(PreTokenizerTest, SplitsAsLlama3) {
  const auto split = [](const std::string& t) {
    return Split({SplitRule::kLlama3}, t);
  };
  EXPECT_THAT(split("IT'S (foo"), ElementsAre("IT", "'S", " (", "foo"));
  EXPECT_THAT(split("(foo"), ElementsAre("(foo"));
  EXPECT_THAT(split("12345"), ElementsAre("123", "45"));
  EXPECT_THAT(split("};\n\n  x"), ElementsAre("};\n\n", " ", " x"));
  EXPECT_THAT(split("a \n \n b"), ElementsAre("a", " \n \n", " b"));
}

TEST(PreTokenizerTest, SplitsAsTekken) {
  const auto split = [](const std::string& t) {
    return Split({SplitRule::kTekken}, t);
  };
  EXPECT_THAT(split("camelCase HTTPServer"),
              ElementsAre("camel", "Case", " HTTPServer"));
  EXPECT_THAT(split("AあB"), ElementsAre("Aあ", "B"));
  EXPECT_THAT(split("123"), ElementsAre("1", "2", "3"));
  EXPECT_THAT(split("a//\n/b"), ElementsAre("a", "//\n/", "b"));
  EXPECT_THAT(split("\u0301AB"), ElementsAre("\u0301", "AB"));
}

TEST(PreTokenizerTest, AppliesRulesOneAfterTheOther) {
  EXPECT_THAT(Split({SplitRule::kDigits, SplitRule::kGpt2}, "x = 12"),
              ElementsAre("x", " =", " ", "1", "2"));
  const auto rules = FindGgufPreTokenizer("deepseek-coder");
  ASSERT_TRUE(rules);
  EXPECT_THAT(
      Split({SplitRule::kNewlines, SplitRule::kSpaceLetters,
             SplitRule::kSpacePunctuation, SplitRule::kCjk, SplitRule::kDigits},
            "def f(x):\n  y=12"),
      ElementsAre("def", " f", "(", "x", "):", "\n", " ", " y", "=", "1", "2"));
}

TEST(PreTokenizerTest, KnowsNamesAndPatterns) {
  EXPECT_TRUE(FindGgufPreTokenizer("gpt-2"));
  EXPECT_FALSE(FindGgufPreTokenizer("gpt-2")->adds_bos);
  EXPECT_TRUE(FindGgufPreTokenizer("llama-bpe")->whole_words_first);
  EXPECT_FALSE(FindGgufPreTokenizer("dbrx")->whole_words_first);
  EXPECT_FALSE(FindGgufPreTokenizer("quantum"));
  EXPECT_EQ(PreTokenizer::RuleOfPattern("\\p{N}"), SplitRule::kDigits);
  EXPECT_FALSE(PreTokenizer::RuleOfPattern(".*"));
}

// Those that models of the families have, and others that cut alike.
TEST(PreTokenizerTest, NamesThatMeanTheSameCutAlike) {
  const std::vector<std::vector<std::string>> alike = {
      {"qwen2", "stablelm2", "hunyuan", "deepseek-r1-qwen"},
      {"llama3", "llama-v3", "llama-bpe", "falcon3", "falcon-h1", "pixtral",
       "midm-2.0", "lfm2"},
      {"dbrx", "smaug-bpe"},
      {"starcoder", "refact", "smollm", "command-r", "codeshell", "exaone",
       "minerva-7b", "mellum2"},
      {"gpt-2", "phi-2", "mellum", "gigachat", "modern-bert", "jina-v2-code"}};
  constexpr std::string_view kText =
      "it's 12345 a_bCd, \"e\u0301t\u00e9\";\r\n\n  x = {1};\t// \u4e2d 7\n";
  std::set<std::vector<size_t>> cuts;
  for (const auto& names : alike) {
    const auto first = FindGgufPreTokenizer(names[0]);
    ASSERT_TRUE(first) << names[0];
    std::vector<size_t> expected;
    first->rules.Split(kText, &expected);
    cuts.insert(expected);
    for (const std::string& name : names) {
      const auto other = FindGgufPreTokenizer(name);
      ASSERT_TRUE(other) << name;
      std::vector<size_t> ends;
      other->rules.Split(kText, &ends);
      EXPECT_EQ(ends, expected) << name;
      EXPECT_EQ(other->whole_words_first, first->whole_words_first) << name;
    }
  }
  for (const std::string name :
       {"qwen35", "seed-coder", "tekken", "deepseek-coder"}) {
    const auto own = FindGgufPreTokenizer(name);
    ASSERT_TRUE(own) << name;
    std::vector<size_t> ends;
    own->rules.Split(kText, &ends);
    cuts.insert(ends);
  }
  EXPECT_EQ(cuts.size(), 8U);  // Llama 3's and dbrx's rules are the same
}

// Whatever the text, the words are not empty, and together they are the text.
TEST(PreTokenizerTest, CutsAnyTextCompletely) {
  std::mt19937 random(3);
  const std::string alphabet[] = {"a",  "B", "1",  " ",  "\n", "\r", "'",
                                  "s",  "/", "é",  "日", "́",   "ǅ",  "\xFF",
                                  "\t", "_", "　", "½",  "😀",  "+"};
  for (const auto rule :
       {SplitRule::kGpt2, SplitRule::kLlama3, SplitRule::kQwen2,
        SplitRule::kTekken, SplitRule::kDigits, SplitRule::kNewlines,
        SplitRule::kSpaceLetters, SplitRule::kSpacePunctuation,
        SplitRule::kCjk}) {
    for (int i = 0; i < 500; ++i) {
      std::string text;
      for (size_t n = random() % 24; n > 0; --n) {
        text += alphabet[random() % std::size(alphabet)];
      }
      std::string joined;
      for (const std::string& word : Split({rule}, text)) {
        ASSERT_FALSE(word.empty());
        joined += word;
      }
      ASSERT_EQ(joined, text);
    }
  }
}

TEST(PreTokenizerTest, TakesLinearTimeForHostileText) {
  const auto start = CpuClock::now();
  for (const auto rule : {SplitRule::kGpt2, SplitRule::kLlama3,
                          SplitRule::kTekken, SplitRule::kSpaceLetters}) {
    for (const char* unit : {" ", "\n", "A", "a", "\n ", "A1", "'", "あA"}) {
      std::string text;
      while (text.size() < (1 << 19)) text += unit;
      EXPECT_FALSE(Split({rule}, text + "x").empty());
    }
  }
  const std::chrono::duration<double> seconds = CpuClock::now() - start;
  EXPECT_LT(seconds.count(), 20.0);
}

}  // namespace
}  // namespace krait::engine
