// SPDX-License-Identifier: Apache-2.0
// What is chosen of the largest logits is what is chosen of all.
#include "engine/run/next_logits.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <random>
#include <vector>

#include "engine/run/beginning.h"
#include "engine/run/generation.h"
#include "engine/run/sampler.h"
#include "simd/elementwise.h"

namespace krait::engine {
namespace {

constexpr float kInfinity = std::numeric_limits<float>::infinity();

// The `count` largest of all, as a device lists them.
TopLogits TopOf(const std::vector<float>& all, size_t count) {
  std::vector<TokenLogit> possible;
  NextLogits(all).AppendPossible(&possible);
  std::ranges::sort(possible, Likelier);
  TopLogits top;
  top.log_sum = simd::LogSumExp(all.data(), all.size());
  for (const auto& [id, logit] :
       std::span(possible).first(std::min(count, possible.size()))) {
    top.ids.push_back(id);
    top.values.push_back(logit);
  }
  return top;
}

class NextLogitsTest : public testing::Test {
 protected:
  // Many are equal, as those of few values are, and some impossible.
  std::vector<float> Logits(size_t size) {
    std::vector<float> logits(size);
    for (float& logit : logits) {
      logit = std::round(normal_(random_) * 20) / 8;
      if (Below(20) == 0) logit = -kInfinity;
    }
    return logits;
  }
  size_t Below(size_t limit) {
    return std::uniform_int_distribution<size_t>(0, limit - 1)(random_);
  }

  std::mt19937 random_{11};
  std::normal_distribution<float> normal_;
};

TEST_F(NextLogitsTest, TheLargestAreWhatAllHave) {
  const std::vector<float> all = {0, 3, -kInfinity, 3, 1};
  const TopLogits top = TopOf(all, 3);
  EXPECT_EQ(top.ids, (std::vector<TokenId>{1, 3, 4}));
  const NextLogits next(top);
  EXPECT_FALSE(next.has_all());
  EXPECT_TRUE(next.Has(3));
  EXPECT_FALSE(next.Has(4));
  EXPECT_FALSE(next.Has(0));
  EXPECT_TRUE(NextLogits(all).Has(0));
  EXPECT_EQ(next.Likeliest().id, 1U);
  EXPECT_EQ(next.LogitOf(4), 1);
  EXPECT_EQ(next.LogSum(), NextLogits(all).LogSum());
}

// With the same seed, and with any options, to the last token.
TEST_F(NextLogitsTest, ASamplerPicksTheSame) {
  size_t lists = 0;
  for (int round = 0; round < 400; ++round) {
    const SamplerOptions options{
        .temperature = Below(3) == 0 ? 0 : 0.3F + static_cast<float>(Below(4)),
        .top_k = Below(60),
        .top_p = Below(2) == 0 ? 1 : 0.7F,
        .min_p = Below(2) == 0 ? 0 : 0.05F,
        .repetition_penalty = std::vector<float>{0.8F, 1, 1, 1.1F, 3}[Below(5)],
        .repetition_window = Below(20),
        .seed = Below(1000)};
    Sampler of_all(options);
    Sampler of_top(options);
    const size_t vocab = 1 + Below(300);
    for (int token = 0; token < 30; ++token) {
      std::vector<float> logits = Logits(vocab);
      logits[Below(vocab)] = 1;  // one at least is possible
      const size_t needed = of_top.NeededTop();
      const auto expected = of_all.Sample(logits);
      ASSERT_TRUE(expected);
      if (needed == 0) {
        ASSERT_EQ(of_top.Sample(logits), expected);
        continue;
      }
      ++lists;
      const TopLogits top = TopOf(logits, needed);
      ASSERT_EQ(of_top.Sample(NextLogits(top)), expected)
          << "needed " << needed << ", temperature " << options.temperature
          << ", penalty " << options.repetition_penalty;
    }
  }
  EXPECT_GT(lists, 5000U);
}

TEST_F(NextLogitsTest, SamplersSayWhatTheyNeed) {
  const auto needed = [](const SamplerOptions& options) {
    return Sampler(options).NeededTop();
  };
  EXPECT_EQ(needed({}), 1U);
  EXPECT_EQ(needed({.top_k = 40}), 1U);
  EXPECT_EQ(needed({.temperature = 1, .top_k = 40}), 40U);
  EXPECT_EQ(needed({.temperature = 1, .top_k = 40, .top_p = 0.5F}), 40U);
  EXPECT_EQ(needed({.temperature = 1}), 0U);
  EXPECT_EQ(needed({.temperature = 1, .min_p = 0.5F}), 0U);
  EXPECT_EQ(needed({.repetition_penalty = 0.9F}), 0U);
  Sampler penalised({.repetition_penalty = 1.5F, .repetition_window = 2});
  for (const size_t expected : {1U, 2U, 3U, 3U}) {
    EXPECT_EQ(penalised.NeededTop(), expected);
    ASSERT_TRUE(penalised.Sample(std::vector<float>{1, 2, 3, 4}));
  }
}

class TokenPickerTopTest : public NextLogitsTest {
 protected:
  void SetUp() override {
    auto model = Model::Load(KRAIT_TEST_DATA "/models/llama-tiny/hf");
    ASSERT_TRUE(model) << model.error().message;
    model_ = *model;
    options_ = {.max_tokens = 50, .ignore_end_of_sequence = true};
  }

  size_t Needed() const { return TokenPicker(*model_, options_).NeededTop(); }

  std::shared_ptr<const Model> model_;
  GenerateOptions options_;
};

TEST_F(TokenPickerTopTest, PickersSayWhatTheyNeed) {
  EXPECT_EQ(Needed(), 1U);
  options_.likeliest = 20;
  EXPECT_EQ(Needed(), 20U);
  options_.likeliest = kMaxTopLogits;
  EXPECT_EQ(Needed(), kMaxTopLogits);
  options_.likeliest = kMaxTopLogits + 1;
  EXPECT_EQ(Needed(), 0U);
  options_.likeliest = 3;
  options_.first_rank = 5;
  EXPECT_EQ(Needed(), 6U);
  options_.first_rank = 0;
  options_.sampler = {.temperature = 1, .top_k = 50};
  EXPECT_EQ(Needed(), 50U);
  options_.sampler.top_k = 0;
  EXPECT_EQ(Needed(), 0U);
}

TEST_F(TokenPickerTopTest, AlternativesRankTheFirstTokenOnly) {
  options_.first_rank = 5;
  TokenPicker picker(*model_, options_);
  const TopLogits top = TopOf({9, 8, 7, 6, 5, 4, 3, 2}, 6);
  ASSERT_FALSE(picker.Pick(NextLogits(top)));
  EXPECT_EQ(picker.generation().tokens, (std::vector<TokenId>{5}));
  EXPECT_EQ(picker.NeededTop(), 1U);
}

TEST_F(TokenPickerTopTest, WhatIsHalfTypedWantsAllUntilItIsDone) {
  // llama-tiny has no tokenizer: one that has lends it.
  const auto with_tokenizer =
      Model::Load(KRAIT_TEST_DATA "/models/llama3-tiny/gguf/model-f32.gguf");
  ASSERT_TRUE(with_tokenizer) << with_tokenizer.error().message;
  const Tokenizer& tokenizer = (*with_tokenizer)->tokenizer();
  TokenId letter = 0;
  while (tokenizer.TokenBytes(letter) != "a") ++letter;
  Beginning beginning(tokenizer, "a");
  options_.beginning = &beginning;
  TokenPicker picker(*model_, options_);
  EXPECT_EQ(picker.NeededTop(), 0U);
  beginning.Accept(letter);
  EXPECT_EQ(picker.NeededTop(), 1U);
}

// Tokens, and what is told of them, one after the other.
TEST_F(TokenPickerTopTest, APickerTellsTheSame) {
  options_.likeliest = 7;
  options_.sampler = {.temperature = 0.8F, .top_k = 30, .top_p = 0.9F};
  std::vector<float> told[2];
  for (size_t which = 0; which < 2; ++which) {
    random_.seed(5);
    normal_.reset();
    options_.on_token = [&](TokenId, float logprob) {
      told[which].push_back(logprob);
      return true;
    };
    TokenPicker picker(*model_, options_);
    for (bool done = false; !done;) {
      const std::vector<float> all = Logits(500);
      const TopLogits top = TopOf(all, picker.NeededTop());
      done = picker.Pick(which == 0 ? NextLogits(all) : NextLogits(top))
                 .has_value();
      for (const LikelyToken& likely : picker.likeliest()) {
        told[which].push_back(static_cast<float>(likely.id));
        told[which].push_back(likely.logprob);
      }
    }
  }
  EXPECT_EQ(told[0].size(), 50U * 15);
  EXPECT_EQ(told[1], told[0]);
}

}  // namespace
}  // namespace krait::engine
