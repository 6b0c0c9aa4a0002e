// SPDX-License-Identifier: Apache-2.0
#include "engine/memory/text_memory.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <memory>
#include <random>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "engine/memory/usual_weights.h"
#include "tests/engine/memory/test_tokenizers.h"

namespace krait::engine {
namespace {

// What is said by the places that match with at least so many tokens.
using Counts = std::map<TokenId, uint32_t>;
using Votes = std::map<std::pair<size_t, bool>, Counts>;  // by length, other

class TextMemoryTest : public testing::Test {
 protected:
  void SetUp() override {
    tokenizer_ = LoadDefaultTokenizer();
    ASSERT_NE(tokenizer_, nullptr);
    forms_.emplace(*tokenizer_);
    weights_.lengths = {0, 1, 2, 4};
    weights_.bias = {-2, -1, 0, 1};
    weights_.features = {0.1F, 1, -1, 0.5F, 0.2F, 0.3F, -0.5F};
    logits_.resize(tokenizer_->vocab_size());
    std::normal_distribution<float> normal(0, 2);
    for (float& logit : logits_) logit = normal(random_);
  }

  std::vector<TokenId> Encode(const std::string& text) const {
    return tokenizer_->Encode(text, DummyPrefix::kNone);
  }
  TextTokensPtr Tokens(const std::string& text) const {
    return std::make_shared<const TextTokens>(text, *forms_, nullptr);
  }
  std::vector<TokenId> IdsOf(const std::string& text) const {
    const TextTokensPtr tokens = Tokens(text);
    const std::span<const TokenId> ids = tokens->tokens().tokens;
    return {ids.begin(), ids.end()};
  }
  // A memory at the end of `line`, a line of `before` + `line` + `after`.
  TextMemory At(const std::string& before, const std::string& line,
                const std::string& after,
                const std::vector<std::string>& others = {}) const {
    const auto text = Tokens(before + line + after);
    std::vector<TextTokensPtr> other_tokens;
    for (const std::string& other : others) {
      other_tokens.push_back(Tokens(other));
    }
    return {*forms_,      weights_,
            text,         text->LineOf(before.size()),
            Encode(line), std::move(other_tokens)};
  }

  // The same by the definition: all texts, all places, all lengths.
  Votes Expected(const std::vector<TokenId>& past,
                 const std::vector<std::vector<TokenId>>& texts,
                 size_t first_other) const {
    Votes votes;
    for (size_t t = 0; t < texts.size(); ++t) {
      const auto& text = texts[t];
      for (size_t at = 1; at < text.size(); ++at) {
        size_t same = 0;
        while (same < at && same < past.size() &&
               forms_->Plain(text[at - 1 - same]) ==
                   forms_->Plain(past[past.size() - 1 - same])) {
          ++same;
        }
        if (same == 0) continue;
        for (size_t i = 0; i < weights_.lengths.size(); ++i) {
          if (same < weights_.lengths[i]) continue;
          ++votes[{i, t >= first_other}][text[at]];
        }
      }
    }
    return votes;
  }

  // Those of `all` that say more than the next longer ones.
  static Votes WithoutRepeats(const Votes& all) {
    Votes votes;
    for (const auto& [key, counts] : all) {
      bool repeated = false;
      for (const auto& [longer, longer_counts] : all) {
        repeated |= longer.second == key.second && longer.first > key.first &&
                    longer_counts == counts;
      }
      if (!repeated) votes[key] = counts;
    }
    return votes;
  }

  void ExpectVotes(const TextMemory& memory, const Votes& expected) const {
    ASSERT_EQ(memory.votes().size(), expected.size());
    for (const MemoryVote& vote : memory.votes()) {
      const auto found =
          expected.find({vote.length, vote.scope != MemoryScope::kDocument});
      ASSERT_NE(found, expected.end()) << vote.length;
      uint32_t count = 0;
      uint32_t most = 0;
      for (const auto& [token, times] : found->second) {
        EXPECT_EQ(memory.CountOf(vote, token), times);
        count += times;
        most = std::max(most, times);
      }
      EXPECT_EQ(vote.count, count);
      EXPECT_EQ(vote.most, most);
      EXPECT_EQ(found->second.at(vote.likeliest), most);
    }
  }

  // The mixture by its definition, from the shortest match up.
  std::vector<double> Mixed(const TextMemory& memory) const {
    double sum = 0;
    for (const float logit : logits_) sum += std::exp(double{logit});
    std::vector<double> mixed;
    for (const float logit : logits_) {
      mixed.push_back(std::exp(double{logit}) / sum);
    }
    const auto& votes = memory.votes();
    for (auto vote = votes.rbegin(); vote != votes.rend(); ++vote) {
      double score = double{weights_.bias[vote->length]};
      for (size_t i = 0; i < kMemoryFeatures; ++i) {
        score += double{weights_.features[i]} * double{vote->features[i]};
      }
      const double weight = 1 / (1 + std::exp(-score));
      for (TokenId id = 0; id < mixed.size(); ++id) {
        mixed[id] = (1 - weight) * mixed[id] +
                    weight * memory.CountOf(*vote, id) / vote->count;
      }
    }
    return mixed;
  }

  std::unique_ptr<Tokenizer> tokenizer_;
  std::optional<TokenForms> forms_;
  MemoryWeights weights_;
  std::vector<float> logits_;
  std::mt19937 random_{5};
};

TEST_F(TextMemoryTest, WithoutAMatchTheModelSpeaksAlone) {
  TextMemory empty = At("", "", "");
  EXPECT_EQ(empty.Mix(logits_, "").data(), logits_.data());
  TextMemory nothing = At("alpha beta\n", "gamma", "\ndelta\n");
  EXPECT_EQ(nothing.Mix(logits_, "").data(), logits_.data());
  TextMemory typed = At("alpha beta\n", "", "");
  EXPECT_EQ(typed.Mix(logits_, "gam").data(), logits_.data());
}

// Words are found by a byte of each, which others have, too.
TEST_F(TextMemoryTest, ADifferentWordWithTheSameMarkIsNoMatch) {
  std::map<uint8_t, std::string> of_mark;
  size_t pairs = 0;
  const auto vocab = static_cast<TokenId>(tokenizer_->vocab_size());
  for (TokenId id = 0; id < vocab && pairs < 20; ++id) {
    const std::string word(tokenizer_->TokenBytes(id));
    const bool is_word = !word.empty() && std::ranges::all_of(word, [](char c) {
      return c >= 'a' && c <= 'z';
    });
    if (!is_word || Encode(word) != std::vector<TokenId>{id}) continue;
    const auto [other, is_first] = of_mark.insert({forms_->Mark(id), word});
    if (is_first) continue;
    ++pairs;
    TextMemory memory = At(other->second + " = 1\n", word, "\n");
    EXPECT_EQ(memory.Mix(logits_, "").data(), logits_.data())
        << word << " and " << other->second;
  }
  EXPECT_EQ(pairs, 20U);
}

TEST_F(TextMemoryTest, SaysWhatFollowedTheSameWords) {
  const std::string line = "  self._registry.append(handler_table)\n";
  weights_.bias = {3, 3, 3, 3};
  for (const bool behind : {false, true}) {
    TextMemory memory =
        behind ? At("", "  self", "x\n" + line) : At(line, "  self", "x\n");
    std::string said;
    for (size_t i = 0; i < 30 && !said.ends_with('\n'); ++i) {
      const auto mixed = memory.Mix(logits_, "");
      const auto best =
          static_cast<TokenId>(std::ranges::max_element(mixed) - mixed.begin());
      memory.Accept(best);
      said += tokenizer_->TokenBytes(best);
    }
    EXPECT_EQ(said, "._registry.append(handler_table)\n");
  }
}

// The rest of the line at hand is what is to be found.
TEST_F(TextMemoryTest, TheRestOfTheLineIsNotLookedAt) {
  TextMemory memory = At("one\n", "alpha", " beta alpha beta\nalpha gamma\n");
  memory.Mix(logits_, "");
  ASSERT_FALSE(memory.votes().empty());
  for (const MemoryVote& vote : memory.votes()) EXPECT_EQ(vote.count, 1U);
}

TEST_F(TextMemoryTest, EqualsTheDefinitionOnRandomTexts) {
  const std::vector<std::string> words = {"a",   " b", "(c", ")", "\n",
                                          "  d", " a", "\n", "e", "0"};
  const auto random_text = [&](size_t size) {
    std::string text;
    for (size_t i = 0; i < size; ++i) text += words[random_() % words.size()];
    return text;
  };
  for (size_t round = 0; round < 60; ++round) {
    const std::string before = random_text(60) + "\n";
    const std::string after = random_text(60);
    const std::string other = random_text(40);
    TextMemory memory = At(before, "a b", "x\n" + after, {other});
    std::vector<TokenId> past = IdsOf(before);
    for (const TokenId token : Encode("a b")) past.push_back(token);
    const std::vector<TokenId> behind = IdsOf(after);
    const std::vector<TokenId> others = IdsOf(other);
    for (size_t step = 0; step < 4; ++step) {
      const auto mixed = memory.Mix(logits_, "");
      ExpectVotes(memory,
                  WithoutRepeats(Expected(past, {past, behind, others}, 2)));
      const auto expected = Mixed(memory);
      double sum = 0;
      for (size_t id = 0; id < mixed.size(); ++id) {
        ASSERT_NEAR(std::exp(mixed[id]), expected[id], 1e-5);
        sum += std::exp(double{mixed[id]});
      }
      EXPECT_NEAR(sum, 1, 1e-4);
      const TokenId next = past[random_() % past.size()];
      memory.Accept(next);
      past.push_back(next);
    }
  }
}

// The same texts one by one, or collected, are worth the same.
TEST_F(TextMemoryTest, ACollectionSaysWhatItsTextsSay) {
  const std::vector<std::string> words = {"get",    "(x", ")",  "\n", " value",
                                          " get_x", ".",  "\n", "0",  " ="};
  const auto random_text = [&](size_t size) {
    std::string text;
    for (size_t i = 0; i < size; ++i) text += words[random_() % words.size()];
    return text + "\n";
  };
  for (size_t round = 0; round < 60; ++round) {
    const std::vector<std::string> texts = {random_text(80), random_text(40)};
    const std::string before = random_text(20) + "\n";
    TextMemory one_by_one = At(before, "get", "x\n", texts);
    TextCollection::Builder builder(*forms_, 100'000);
    for (const std::string& text : texts) builder.Add(text, text);
    // What is left out does not count, wherever it lies.
    builder.Add("left out", "get.get(x) = 0\nget_x.0\n");
    const auto collection = builder.Build();
    const auto text = Tokens(before + "getx\n");
    TextMemory collected(
        *forms_, weights_, text, text->LineOf(before.size()), Encode("get"), {},
        {.texts = collection, .left_out = {collection->PlacesOf("left out")}});
    for (size_t step = 0; step < 6; ++step) {
      const std::string typed = step % 2 == 0 ? "" : " va";
      const auto expected = one_by_one.Mix(logits_, typed);
      const auto found = collected.Mix(logits_, typed);
      ASSERT_EQ(one_by_one.votes().size(), collected.votes().size());
      for (size_t i = 0; i < one_by_one.votes().size(); ++i) {
        const MemoryVote& a = one_by_one.votes()[i];
        const MemoryVote& b = collected.votes()[i];
        EXPECT_EQ(a.length, b.length);
        EXPECT_EQ(a.count, b.count);
        EXPECT_EQ(a.likeliest, b.likeliest);
        EXPECT_EQ(a.scope == MemoryScope::kDocument,
                  b.scope == MemoryScope::kDocument);
      }
      for (size_t id = 0; id < expected.size(); ++id) {
        ASSERT_NEAR(expected[id], found[id], 1e-4);
      }
      const auto ids = Encode(texts[0]);
      const TokenId next = ids[random_() % ids.size()];
      one_by_one.Accept(next);
      collected.Accept(next);
    }
  }
}

// At each length what lies nearby speaks before the rest.
TEST_F(TextMemoryTest, WhatIsNearInACollectionIsAScopeOfItsOwn) {
  TextCollection::Builder builder(*forms_, 1000);
  builder.Add("near/a", "alpha beta\n");
  builder.Add("far/a", "alpha gamma\nalpha gamma\n");
  const auto collection = builder.Build();
  const auto document = Tokens("alpha\n");
  TextMemory memory(
      *forms_, weights_, document, 0, Encode("alpha"), {},
      {.texts = collection, .nearby = collection->PlacesIn("near")});
  memory.Mix(logits_, "");
  ASSERT_EQ(memory.votes().size(), 2U);
  EXPECT_EQ(memory.votes()[0].scope, MemoryScope::kFolder);
  EXPECT_EQ(memory.votes()[0].likeliest, Encode(" beta").front());
  EXPECT_EQ(memory.votes()[1].scope, MemoryScope::kRepository);
  EXPECT_EQ(memory.votes()[1].count, 2U);
}

// However many there are.
TEST_F(TextMemoryTest, OfACollectionAsManyPlacesCountAsOfAText) {
  std::string text;
  for (size_t i = 0; i < 20 * TextMemory::kMostPlaces; ++i) text += "f ( x )\n";
  TextCollection::Builder builder(*forms_, 1'000'000);
  ASSERT_TRUE(builder.Add("t", text));
  const auto document = Tokens("f (\n");
  TextMemory memory(*forms_, weights_, document, 0, Encode("f ("), {},
                    {.texts = builder.Build()});
  memory.Mix(logits_, "");
  ASSERT_FALSE(memory.votes().empty());
  EXPECT_EQ(memory.votes().back().scope, MemoryScope::kRepository);
  EXPECT_LE(memory.votes().back().count, TextMemory::kMostPlaces);
  EXPECT_GT(memory.votes().back().count, TextMemory::kMostPlaces / 2);
  memory.Mix(logits_, " x");
  EXPECT_LE(memory.votes().back().count, TextMemory::kMostPlaces);
}

TEST_F(TextMemoryTest, AWordThatIsBegunIsFoundBehindAnyBlank) {
  const std::string text = "x = _convert_other(y)\n_convert_other = 1\n";
  for (const std::string typed : {"_conv", " _conv", "_convert_o"}) {
    TextMemory memory = At(text, "", "\n");
    memory.Mix(logits_, typed);
    ASSERT_FALSE(memory.votes().empty()) << typed;
    EXPECT_EQ(memory.votes().back().count, 2U) << typed;
    const std::string found(
        tokenizer_->TokenBytes(memory.votes().back().likeliest));
    EXPECT_TRUE(found.starts_with(typed) || typed.starts_with(found)) << found;
  }
}

TEST_F(TextMemoryTest, AWordIsNotLookedForWithinAnother) {
  TextMemory memory = At("my_registry = 1\nregistered = 2\n", "", "\n");
  memory.Mix(logits_, "reg");
  ASSERT_EQ(memory.votes().size(), 1U);
  EXPECT_EQ(memory.votes()[0].count, 1U);
}

TEST_F(TextMemoryTest, BlanksThatAreTypedMayBeginAWord) {
  const auto spaced = Encode(" return").front();
  TextMemory memory = At("if x: return 1\n", "if x:", "\n");
  std::vector<float> restricted(logits_.size(),
                                -std::numeric_limits<float>::infinity());
  restricted[spaced] = 0;
  const auto mixed = memory.Mix(restricted, " ");
  ASSERT_FALSE(memory.votes().empty());
  EXPECT_EQ(memory.votes()[0].likeliest, spaced);
  EXPECT_NEAR(mixed[spaced], 0, 1e-5);
}

// Where a newline is one token with the indentation behind it, that is found as
// what is typed of it, and at a line's end.
TEST(TextMemoryOfJoinedLinesTest, SaysHowTheNextLineIsIndented) {
  const auto tokenizer = LoadJoiningTokenizer();
  ASSERT_NE(tokenizer, nullptr);
  const TokenForms forms(*tokenizer);
  const MemoryWeights weights{.lengths = {1, 2}, .bias = {0, 0}};
  const std::string earlier = "for a in b:\n        total += a\n";
  const auto text = std::make_shared<const TextTokens>(
      earlier + "for a in b:\nx\n", forms, nullptr);
  const std::string line = "\nfor a in b:";
  TextMemory memory(forms, weights, text, text->LineOf(earlier.size()),
                    tokenizer->Encode(line, DummyPrefix::kNone), {});
  const std::vector<float> logits(tokenizer->vocab_size(), 0);
  for (const char* typed : {"\n", "", "\n  "}) {
    memory.Mix(logits, typed);
    ASSERT_FALSE(memory.votes().empty()) << typed;
    EXPECT_EQ(tokenizer->TokenBytes(memory.votes()[0].likeliest), "\n       ");
  }
}

TEST(UsualMemoryWeightsTest, AreThoseOfSmallModels) {
  const MemoryWeights usual = UsualMemoryWeights();
  EXPECT_EQ(usual.lengths.size(), usual.bias.size());
  EXPECT_LE(usual.lengths.back(), TextMemory::kMaxLength);
  EXPECT_TRUE(std::ranges::is_sorted(usual.lengths));
  constexpr uint64_t kSmall = 135'000'000;
  constexpr uint64_t kLarge = 1'500'000'000;
  EXPECT_TRUE(WeightsWithoutOwn(MemoryMixing::kSmall, kSmall));
  EXPECT_FALSE(WeightsWithoutOwn(MemoryMixing::kSmall, kLarge));
  EXPECT_TRUE(WeightsWithoutOwn(MemoryMixing::kAlways, kLarge));
  EXPECT_FALSE(WeightsWithoutOwn(MemoryMixing::kNever, kSmall));
}

// Tokens that may not come are not voted for.
TEST_F(TextMemoryTest, WhatIsRuledOutStaysSo) {
  TextMemory memory = At("alpha beta\n", "alpha", "\n");
  std::vector<float> restricted = logits_;
  const TokenId beta = Encode(" beta").front();
  restricted[beta] = -std::numeric_limits<float>::infinity();
  const auto mixed = memory.Mix(restricted, "");
  EXPECT_FALSE(std::isfinite(mixed[beta]));
}

// Of what stands everywhere the nearest counts, and far off what matches well.
TEST_F(TextMemoryTest, FarPlacesCountIfTheyMatchWell) {
  const std::string far = "if all ( alpha , beta ) == gamma\n";
  std::string text = far;
  for (size_t i = 0; i < 3 * TextMemory::kMostPlaces; ++i) text += "f ( x )\n";
  TextMemory memory = At(text, "if all ( alpha , beta )", "\n");
  memory.Mix(logits_, "");
  ASSERT_GE(memory.votes().size(), 2U);
  const TokenId next = Encode(" ==").front();
  EXPECT_EQ(memory.CountOf(memory.votes().front(), next), 1U);
  EXPECT_EQ(memory.votes().front().count, 1U);
  EXPECT_LE(memory.votes().back().count, TextMemory::kMostPlaces + 1);
}

TEST_F(TextMemoryTest, FarPlacesOfABegunWordCountIfTheyMatchWell) {
  for (const bool behind : {false, true}) {
    const std::string far = "if all ( alpha , beta ) gamma\n";
    std::string near;
    for (size_t i = 0; i < 3 * TextMemory::kMostPlaces; ++i)
      near += "f gamma\n";
    const std::string line = "if all ( alpha , beta )";
    TextMemory memory =
        behind ? At("", line, "\n" + near + far) : At(far + near, line, "\n");
    memory.Mix(logits_, " gam");
    ASSERT_GE(memory.votes().size(), 2U) << behind;
    EXPECT_EQ(memory.votes().front().count, 1U) << behind;
    EXPECT_EQ(memory.votes().back().count, TextMemory::kMostPlaces + 1)
        << behind;
  }
}

TEST_F(TextMemoryTest, BrokenLogitsAreLeftAsTheyAre) {
  TextMemory memory = At("alpha beta\n", "alpha", "\n");
  const std::vector<float> broken(logits_.size(),
                                  std::numeric_limits<float>::quiet_NaN());
  EXPECT_EQ(memory.Mix(broken, "").data(), broken.data());
}

}  // namespace
}  // namespace krait::engine
