// SPDX-License-Identifier: Apache-2.0
// Generation by the largest logits that a device finds: what comes out is what
// all of its logits give, token by token.

#include "engine/layers/top_logits.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "engine/arch/decoder.h"
#include "engine/arch/device_model.h"
#include "engine/run/generation.h"
#include "engine/run/session.h"
#include "engine/vulkan/device_head.h"
#include "simd/elementwise.h"
#include "tests/engine/run/parted_model.h"
#include "tests/engine/vulkan/kernels_fixture.h"

namespace krait::engine::vulkan {
namespace {

// What the device's sum of exponentials may be off by.
constexpr float kSumTolerance = 1e-4F;

// What a generation told, and how often its device brought the largest only.
struct Told {
  std::vector<TokenId> tokens;
  std::vector<float> logprobs;
  std::vector<LikelyToken> likeliest;
  size_t lists = 0;
};

class DeviceTopLogitsTest : public DeviceTest {
 protected:
  std::shared_ptr<const Model> Load(const std::string& path) {
    auto loaded = Model::LoadFile(path);
    EXPECT_TRUE(loaded) << loaded.error().message;
    if (!loaded) return nullptr;
    auto model = DeviceModel::Create(std::move(*loaded), device_);
    EXPECT_TRUE(model) << model.error().message;
    return model ? *model : nullptr;
  }

  static std::vector<TokenId> Tokens(const Model& model, size_t count) {
    std::vector<TokenId> tokens(count);
    for (size_t i = 0; i < count; ++i) {
      tokens[i] =
          static_cast<TokenId>((i * 7919 + 13) % model.hyperparameters().vocab);
    }
    return tokens;
  }

  Told Run(const std::shared_ptr<const Model>& model, GenerateOptions options,
           bool takes_all) {
    Told told;
    options.ignore_end_of_sequence = true;
    options.on_token = [&told](TokenId token, float logprob) {
      told.tokens.push_back(token);
      told.logprobs.push_back(logprob);
      return true;
    };
    Session session(model, pool_);
    EXPECT_TRUE(session.Prefill(Tokens(*model, 20)));
    TokenPicker picker(*model, options);
    while (!picker.Pick(session.next())) {
      told.likeliest.insert(told.likeliest.end(), picker.likeliest().begin(),
                            picker.likeliest().end());
      session.Decode(told.tokens.back(), takes_all ? 0 : picker.NeededTop());
      if (!session.next().has_all()) ++told.lists;
    }
    return told;
  }

  void ExpectSame(const std::shared_ptr<const Model>& model,
                  const GenerateOptions& options) {
    const Told expected = Run(model, options, /*takes_all=*/true);
    const Told told = Run(model, options, /*takes_all=*/false);
    EXPECT_EQ(expected.lists, 0U);
    EXPECT_EQ(told.lists, options.max_tokens - 1);
    EXPECT_EQ(told.tokens, expected.tokens);
    ASSERT_EQ(told.logprobs.size(), expected.logprobs.size());
    for (size_t i = 0; i < told.logprobs.size(); ++i) {
      EXPECT_NEAR(told.logprobs[i], expected.logprobs[i], kSumTolerance);
    }
    ASSERT_EQ(told.likeliest.size(), expected.likeliest.size());
    for (size_t i = 0; i < told.likeliest.size(); ++i) {
      EXPECT_EQ(told.likeliest[i].id, expected.likeliest[i].id);
      EXPECT_NEAR(told.likeliest[i].logprob, expected.likeliest[i].logprob,
                  kSumTolerance);
    }
  }

  WorkerPool pool_{PlanThreads(1)};
};

TEST_F(DeviceTopLogitsTest, GenerationsAreThoseOfAllLogits) {
  const std::string data = KRAIT_TEST_DATA "/models/";
  for (const std::string& path :
       {data + "llama-tiny/hf", data + "mamba2-tiny/hf",
        data + "granite-h-tiny/hf", std::string(KRAIT_DEFAULT_MODEL)}) {
    SCOPED_TRACE(path);
    const auto model = Load(path);
    ASSERT_NE(model, nullptr);
    ExpectSame(model, {.max_tokens = 10, .likeliest = 20});
    ExpectSame(model, {.sampler = {.repetition_penalty = 1.3F},
                       .max_tokens = 16,
                       .likeliest = 1});
    for (const uint64_t seed : {1U, 2U}) {
      ExpectSame(model, {.sampler = {.temperature = 1.5F,
                                     .top_k = 64,
                                     .top_p = 0.95F,
                                     .min_p = 0.01F,
                                     .repetition_penalty = 1.1F,
                                     .repetition_window = 32,
                                     .seed = seed},
                         .max_tokens = 10,
                         .likeliest = 5});
    }
  }
}

TEST_F(DeviceTopLogitsTest, EachOfABatchGetsWhatItWants) {
  const auto model = Load(KRAIT_TEST_DATA "/models/mamba1-tiny/hf");
  ASSERT_NE(model, nullptr);
  // More than the device computes the logits of at once.
  const std::vector<size_t> enough = {0, 1, 40, 0, 0, 128, 2, 0, 1, 0,
                                      5, 0, 0,  9, 0, 0,   1, 3, 0, 0};
  const auto tokens = Tokens(*model, enough.size());
  const std::shared_ptr<Executor> executor = model->NewExecutor(pool_);
  std::vector<std::unique_ptr<Session>> sessions;
  std::vector<std::unique_ptr<Session>> alone;
  std::vector<DecodeFeed> batch;
  for (size_t i = 0; i < enough.size(); ++i) {
    for (auto* const of : {&sessions, &alone}) {
      of->push_back(std::make_unique<Session>(model, executor));
      ASSERT_TRUE(of->back()->Prefill(Tokens(*model, 1 + i)));
    }
    batch.push_back({.session = sessions.back().get(),
                     .token = tokens[i],
                     .enough = enough[i]});
  }
  DecodeBatch(batch);
  for (size_t i = 0; i < enough.size(); ++i) {
    SCOPED_TRACE(i);
    alone[i]->Decode(tokens[i]);
    const std::span<const float> all = alone[i]->logits();
    const NextLogits next = sessions[i]->next();
    ASSERT_EQ(next.has_all(), enough[i] == 0);
    ASSERT_TRUE(next.Has(enough[i]));
    if (next.has_all()) {
      EXPECT_TRUE(std::ranges::equal(next.all(), all));
      continue;
    }
    std::vector<TokenLogit> listed;
    next.AppendPossible(&listed);
    EXPECT_EQ(listed.size(), enough[i]);
    for (const auto& [id, logit] : listed) EXPECT_EQ(logit, all[id]);
    EXPECT_EQ(listed[0].id, NextLogits(all).Likeliest().id);
    EXPECT_NEAR(next.LogSum(), NextLogits(all).LogSum(), kSumTolerance);
    // And alone the same bits.
    Session single(model, executor);
    ASSERT_TRUE(single.Prefill(Tokens(*model, 1 + i)));
    single.Decode(tokens[i], enough[i]);
    EXPECT_EQ(single.next().LogSum(), next.LogSum());
    // A fork has what its original has, and the next prompt has all.
    Session fork(model, executor);
    fork.CopyFrom(single);
    EXPECT_EQ(fork.next().LogSum(), next.LogSum());
    ASSERT_TRUE(fork.Prefill(tokens));
    EXPECT_TRUE(fork.next().has_all());
  }
}

// The head is that of the last part: a device's finds the largest, the
// processor's has all at hand.
TEST_F(DeviceTopLogitsTest, OfAModelInPartsTheLastOneDecides) {
  const std::string path = KRAIT_TEST_DATA "/models/llama-tiny/hf";
  const size_t counts[] = {1};
  for (const bool ends_on_device : {false, true}) {
    const auto model = MakeParted(
        LoadFileForParts(path), counts,
        [&](const ModelFile& file, const PartShape& shape, size_t i) {
          if ((i == 1) != ends_on_device) return Decoder::Create(file, shape);
          return DeviceModel::CreatePart(file, shape, device_, {});
        });
    ASSERT_NE(model, nullptr);
    const GenerateOptions options{.max_tokens = 12, .likeliest = 3};
    const Told told = Run(model, options, /*takes_all=*/false);
    EXPECT_EQ(told.lists, ends_on_device ? 11U : 0U);
    EXPECT_EQ(told.tokens, Run(model, options, /*takes_all=*/true).tokens);
  }
}

class DeviceHeadTest : public KernelsTest {};

// Logits that are not finite come as they are, whatever would be enough.
TEST_F(DeviceHeadTest, WhatIsNotFiniteComesAsItIs) {
  constexpr size_t kRows = 20;
  Hyperparameters hparams;
  hparams.d_model = 32;
  hparams.vocab = 3000;
  hparams.layer_pattern = {{}};
  ASSERT_TRUE(kernels_->Prepare(simd::WeightType::kF32));
  const std::vector<float> weights = Random(hparams.vocab * hparams.d_model);
  const auto head = DeviceHead::Create(
      {.norm = Put(std::vector<float>(hparams.d_model, 1)).address,
       .output = {.address = Put(weights).address,
                  .rows = hparams.vocab,
                  .cols = hparams.d_model},
       .eps = 1e-5F},
      kernels_->pipelines());
  ASSERT_TRUE(head) << head.error().message;
  DeviceScratch scratch(hparams, kRows, /*with_processor=*/false, device_);
  std::vector<float> u = Random(kRows * hparams.d_model);
  u[3 * hparams.d_model] = std::numeric_limits<float>::quiet_NaN();
  u[18 * hparams.d_model + 5] = std::numeric_limits<float>::quiet_NaN();
  transfers_->Upload(std::as_bytes(std::span(u)), scratch.u_array);
  std::vector<std::vector<float>> all(kRows);
  std::vector<TopLogits> top(kRows);
  std::vector<LogitsTarget> targets(kRows);
  for (size_t row = 0; row < kRows; ++row) {
    all[row].resize(hparams.vocab, -77);
    targets[row] = {.all = all[row].data(),
                    .enough = row % 3 == 1 ? 0U : 10U,
                    .top = &top[row]};
  }
  const DeviceBatch batch{.pass = Pass::kDecode,
                          .tokens = kRows,
                          .kernels = *kernels_,
                          .commands = *scratch.commands,
                          .buffers = scratch,
                          .rows = 0,
                          .angles = 0};
  scratch.commands->Begin();
  (*head)->Run(batch, 0, targets);
  for (size_t row = 0; row < kRows; ++row) {
    SCOPED_TRACE(row);
    const bool is_broken = row == 3 || row == 18;
    const bool is_listed = row % 3 != 1 && !is_broken;
    EXPECT_EQ(top[row].ids.size(), is_listed ? 10U : 0U);
    EXPECT_EQ(all[row][0] == -77, is_listed);
    EXPECT_EQ(std::isnan(all[row][2999]), is_broken);
  }
}

}  // namespace
}  // namespace krait::engine::vulkan
