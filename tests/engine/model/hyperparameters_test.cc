// SPDX-License-Identifier: Apache-2.0
#include "engine/model/hyperparameters.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <limits>
#include <string>

#include "engine/model/model_file.h"

namespace krait::engine {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

Hyperparameters Common(Architecture architecture, LayerKind layer) {
  Hyperparameters h;
  h.architecture = architecture;
  h.vocab = 100;
  h.d_model = 64;
  h.layers = 2;
  h.layer_pattern = {layer};
  return h;
}

void ExpectMamba2(const std::function<void(Hyperparameters*)>& change,
                  const std::string& message) {
  Hyperparameters h = Common(Architecture::kMamba2, {});
  h.mamba2 = {.d_inner = 128,
              .heads = 8,
              .head_dim = 16,
              .state = 16,
              .groups = 2,
              .conv_width = 4};
  change(&h);
  const Status status = CheckHyperparameters(h, "file");
  EXPECT_EQ(status.has_value(), message.empty());
  if (status) return;
  EXPECT_THAT(status.error().message, StartsWith("file: "));
  EXPECT_THAT(status.error().message, HasSubstr(message));
}

void ExpectLlama(const std::function<void(Hyperparameters*)>& change,
                 const std::string& message) {
  Hyperparameters h =
      Common(Architecture::kLlama, {.mixer = MixerKind::kAttention,
                                    .feed_forward = FeedForwardKind::kSwiGlu});
  h.attention.heads = 4;
  h.attention.kv_heads = 2;
  h.attention.head_dim = 16;
  h.d_ff = 128;
  h.attention.rope_dim = 16;
  change(&h);
  const Status status = CheckHyperparameters(h, "file");
  EXPECT_EQ(status.has_value(), message.empty());
  if (status) return;
  EXPECT_THAT(status.error().message, StartsWith("file: "));
  EXPECT_THAT(status.error().message, HasSubstr(message));
}

TEST(HyperparametersTest, GoodOnesPassWhateverTheContextLength) {
  using H = Hyperparameters;
  ExpectMamba2([](H*) {}, "");
  ExpectMamba2([](H* h) { h->context_length = 0xFFFFFFFF; }, "");
  ExpectLlama([](H*) {}, "");
  ExpectLlama([](H* h) { h->attention.rope_dim = 8; }, "");
}

TEST(HyperparametersTest, RefusesZeroAbsurdAndNonFinite) {
  using H = Hyperparameters;
  ExpectMamba2([](H* h) { h->vocab = 0; }, "vocab");
  ExpectMamba2([](H* h) { h->layers = 0; }, "layers");
  ExpectMamba2([](H* h) { h->layers = 5000; }, "layers");
  ExpectMamba2([](H* h) { h->d_model = size_t{1} << 40; }, "d_model");
  ExpectMamba2([](H* h) { h->norm_eps = 0; }, "positive number, found 0");
  ExpectMamba2(
      [](H* h) { h->norm_eps = std::numeric_limits<float>::quiet_NaN(); },
      "positive number, found nan");
  ExpectMamba2([](H* h) { h->file_token = 100; }, "krait.file_token_id");
}

TEST(HyperparametersTest, Mamba2sHeadsMakeItsWidthAndGroupsDivideThem) {
  using H = Hyperparameters;
  ExpectMamba2([](H* h) { h->mamba2.d_inner = 130; },
               "8 heads of 16 do not make d_inner");
  ExpectMamba2([](H* h) { h->mamba2.groups = 3; },
               "3 groups do not divide 8 heads");
  ExpectMamba2([](H* h) { h->mamba2.conv_width = 1; }, "conv_width");
  ExpectMamba2([](H* h) { h->mamba2.state = 0; }, "state");
}

TEST(HyperparametersTest, LlamasKvHeadsDivideItsHeadsAndRotationIsEven) {
  using H = Hyperparameters;
  ExpectLlama([](H* h) { h->attention.kv_heads = 3; },
              "3 do not divide 4 heads");
  ExpectLlama([](H* h) { h->attention.kv_heads = 8; },
              "8 do not divide 4 heads");
  ExpectLlama([](H* h) { h->attention.rope_dim = 7; },
              "an even number, found 7");
  ExpectLlama([](H* h) { h->attention.rope_dim = 18; }, "expected 2 to 16");
  ExpectLlama([](H* h) { h->attention.rope_base = 0; }, "rope base");
  ExpectLlama([](H* h) { h->d_ff = 0; }, "d_ff");
}

TEST(HyperparametersTest, ATokenUsesSomeOfTheExperts) {
  using H = Hyperparameters;
  const auto expect = [](size_t count, size_t used, const std::string& what) {
    ExpectLlama(
        [&](H* h) {
          h->layer_pattern = {{.mixer = MixerKind::kAttention,
                               .feed_forward = FeedForwardKind::kExperts}};
          h->experts = {.count = count, .used = used};
        },
        what);
  };
  expect(8, 2, "");
  expect(8, 8, "");
  expect(8, 0, "expert_used_count");
  expect(8, 9, "expected 1 to 8, found 9");
  expect(0, 0, "expert_count");
  expect(100'000, 2, "expert_count");
}

TEST(HyperparametersTest, LayersOfEachKindAreCountedAndAllShapesChecked) {
  Hyperparameters h = Common(Architecture::kMamba2, {});
  h.layers = 8;
  const LayerKind attention{.mixer = MixerKind::kAttention};
  h.layer_pattern = {{}, {}, attention};  // 0 0 1 0 0 1 0 0
  EXPECT_EQ(h.CountLayers(MixerKind::kMamba2), 6U);
  EXPECT_EQ(h.CountLayers(MixerKind::kAttention), 2U);
  EXPECT_EQ(h.KindOf(5).mixer, MixerKind::kAttention);
  EXPECT_EQ(h.KindOf(6).mixer, MixerKind::kMamba2);
  h.mamba2 = {.d_inner = 128,
              .heads = 8,
              .head_dim = 16,
              .state = 16,
              .groups = 2,
              .conv_width = 4};
  const Status status = CheckHyperparameters(h, "file");
  ASSERT_FALSE(status);
  EXPECT_THAT(status.error().message, HasSubstr("attention.head_count"));
  h.layers = 2;  // of which none is attention
  EXPECT_EQ(h.CountLayers(MixerKind::kAttention), 0U);
  EXPECT_TRUE(CheckHyperparameters(h, "file"));
  h.layer_pattern.clear();
  EXPECT_FALSE(CheckHyperparameters(h, "file"));
}

}  // namespace
}  // namespace krait::engine
