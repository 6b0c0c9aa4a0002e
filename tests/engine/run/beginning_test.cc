// SPDX-License-Identifier: Apache-2.0
#include "engine/run/beginning.h"

#include <gtest/gtest.h>

#include <cmath>
#include <memory>
#include <random>
#include <string>

#include "engine/run/generation.h"
#include "engine/run/session.h"

namespace krait::engine {
namespace {

class BeginningTest : public testing::Test {
 protected:
  void SetUp() override {
    auto model = Model::Load(KRAIT_DEFAULT_MODEL);
    ASSERT_TRUE(model) << model.error().message;
    model_ = *model;
    logits_.resize(model_->hyperparameters().vocab, 1.0F);
  }
  const Tokenizer& tokenizer() const { return model_->tokenizer(); }

  std::shared_ptr<const Model> model_;
  std::vector<float> logits_;
};

TEST_F(BeginningTest, WithoutTextEverythingMayBeSaid) {
  Beginning none;
  EXPECT_TRUE(none.done());
  EXPECT_EQ(none.Restrict(logits_).data(), logits_.data());
}

TEST_F(BeginningTest, OnlyWhatGoesOnWithTheTextMayBeSaid) {
  Beginning beginning(tokenizer(), "retu");
  const std::span<const float> restricted = beginning.Restrict(logits_);
  size_t allowed = 0;
  for (TokenId id = 0; id < restricted.size(); ++id) {
    if (!std::isfinite(restricted[id])) continue;
    const std::string bytes(tokenizer().TokenBytes(id));
    EXPECT_TRUE(bytes.starts_with("retu") ||
                std::string("retu").starts_with(bytes))
        << bytes;
    ++allowed;
  }
  EXPECT_GT(allowed, 1U);
}

TEST_F(BeginningTest, TheTextIsUsedUpTokenByToken) {
  Beginning beginning(tokenizer(), "retu");
  const auto r = tokenizer().Encode("re", DummyPrefix::kNone);
  ASSERT_EQ(r.size(), 1U);
  EXPECT_EQ(beginning.Accept(r[0]), 2U);
  EXPECT_FALSE(beginning.done());
  const auto whole = tokenizer().Encode("turn", DummyPrefix::kNone);
  EXPECT_EQ(beginning.Accept(whole[0]),
            std::min<size_t>(2, tokenizer().TokenBytes(whole[0]).size()));
}

TEST_F(BeginningTest, WhatNoTokenGoesOnWithIsGivenUp) {
  Beginning beginning(tokenizer(), std::string(1, '\xC0'));
  std::vector<float> none;  // a vocabulary of no tokens
  EXPECT_TRUE(beginning.Restrict(none).empty());
  EXPECT_TRUE(beginning.done());
}

TEST_F(BeginningTest, GenerationsBeginWithAnyText) {
  WorkerPool pool(PlanThreads(2));
  const auto prompt = tokenizer().Encode("def f(x):\n    ", DummyPrefix::kNone);
  for (const std::string text : {"ret", " ", "x", "\xC3", "zqj", "é", "  #"}) {
    Session session(model_, pool);
    ASSERT_TRUE(session.Prefill(prompt));
    Beginning beginning(tokenizer(), text);
    std::string said;
    GenerateOptions options{.max_tokens = 10};
    options.beginning = &beginning;
    options.on_token = [&](TokenId token, float logprob) {
      EXPECT_TRUE(std::isfinite(logprob));
      said += tokenizer().TokenBytes(token);
      beginning.Accept(token);
      return true;
    };
    Generate(session, options);
    EXPECT_TRUE(said.starts_with(text)) << text << " -> " << said;
  }
}

}  // namespace
}  // namespace krait::engine
