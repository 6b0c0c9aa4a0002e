// SPDX-License-Identifier: Apache-2.0
#include "daemon/tools/eval/text_score.h"

#include <gtest/gtest.h>

#include <cmath>
#include <memory>
#include <string>
#include <vector>

#include "engine/arch/model.h"
#include "engine/run/session.h"

namespace krait::daemon {
namespace {

class TextScoreTest : public testing::Test {
 protected:
  TextScoreTest() : pool_(engine::PlanThreads(1)) {
    auto model = engine::Model::Load(KRAIT_DEFAULT_MODEL);
    EXPECT_TRUE(model) << model.error().message;
    if (!model) return;
    model_ = *model;
    session_ = std::make_unique<engine::Session>(model_, pool_);
  }

  engine::WorkerPool pool_;
  std::shared_ptr<const engine::Model> model_;
  std::unique_ptr<engine::Session> session_;
};

std::string ManyLines() {
  std::string text;
  for (int i = 0; i < 120; ++i) {
    text += "  total += values[" + std::to_string(i) + "];\n";
  }
  return text;
}

TEST_F(TextScoreTest, SumsEveryTokenOfATextOverSeveralBatches) {
  ASSERT_NE(session_, nullptr);
  const std::string text = ManyLines();
  const auto score = ScoreText(text, *session_);
  ASSERT_TRUE(score) << score.error().message;
  EXPECT_EQ(score->texts, 1U);
  EXPECT_EQ(score->bytes, text.size());

  std::vector<engine::TokenId> ids = {*model_->tokenizer().special().bos};
  const auto encoded = model_->tokenizer().Encode(text);
  ids.insert(ids.end(), encoded.begin(), encoded.end());
  EXPECT_EQ(score->tokens, encoded.size());
  ASSERT_GT(encoded.size(), 3 * engine::Model::kMaxBatch);
  session_->Reset();
  std::vector<float> logits;
  ASSERT_TRUE(session_->PrefillAllLogits(ids, &logits));
  const size_t vocab = model_->hyperparameters().vocab;
  double nats = 0;
  for (size_t i = 0; i < encoded.size(); ++i) {
    const float* row = &logits[i * vocab];
    double sum = 0;
    for (size_t id = 0; id < vocab; ++id) {
      sum += std::exp(static_cast<double>(row[id]));
    }
    nats += std::log(sum) - static_cast<double>(row[encoded[i]]);
  }
  EXPECT_NEAR(score->nats, nats, 1e-6 * nats);
}

TEST_F(TextScoreTest, CodeIsLessOfASurpriseThanNoise) {
  ASSERT_NE(session_, nullptr);
  const auto code = ScoreText(ManyLines(), *session_);
  const auto noise = ScoreText("\x01q\x7f~\x1e%Zx\\;'@#j", *session_);
  ASSERT_TRUE(code && noise);
  EXPECT_LT(code->BitsPerByte(), 1.5);
  EXPECT_GT(noise->BitsPerByte(), 3);
  TextScore both = *code;
  both.Add(*noise);
  EXPECT_GT(both.BitsPerByte(), code->BitsPerByte());
  EXPECT_LT(both.BitsPerByte(), noise->BitsPerByte());
}

TEST_F(TextScoreTest, NoTextHasNoBits) {
  ASSERT_NE(session_, nullptr);
  const auto score = ScoreText("", *session_);
  ASSERT_TRUE(score);
  EXPECT_EQ(score->tokens, 0U);
  EXPECT_EQ(score->BitsPerByte(), 0);
}

}  // namespace
}  // namespace krait::daemon
