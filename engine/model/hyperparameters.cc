// SPDX-License-Identifier: Apache-2.0
#include "engine/model/hyperparameters.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <string_view>
#include <utility>

namespace krait::engine {
namespace {

// Far above any model, and low enough that no product of three overflows.
constexpr size_t kMaxVocab = size_t{1} << 24;
constexpr size_t kMaxWidth = size_t{1} << 20;
constexpr size_t kMaxLayers = 4096;
constexpr size_t kMaxState = size_t{1} << 16;
constexpr size_t kMaxConvWidth = 64;
constexpr size_t kMaxExperts = 1024;
constexpr size_t kMaxWindow = size_t{1} << 32;

// Checks one thing after the other and keeps the first that is wrong.
class Checker {
 public:
  explicit Checker(const std::string& file) : file_(file) {}

  // `field` is named as in the glossary, then as GGUF and Hugging Face do.
  void Range(std::string_view field, size_t value, size_t low, size_t high) {
    That(value >= low && value <= high,
         fmt::format("{}: expected {} to {}, found {}", field, low, high,
                     value));
  }
  void Positive(std::string_view field, double value) {
    That(std::isfinite(value) && value > 0,
         fmt::format("{}: expected a positive number, found {}", field, value));
  }
  void That(bool good, const std::string& message) {
    if (!good && status_) {
      status_ =
          MakeError(ErrorCode::kBadFile, fmt::format("{}: {}", file_, message));
    }
  }
  bool good() const { return status_.has_value(); }
  const Status& status() const { return status_; }

 private:
  const std::string& file_;
  Status status_;
};

void CheckMamba1(const Mamba1Shape& shape, Checker* check) {
  check->Range("d_inner (ssm.inner_size, intermediate_size)", shape.d_inner, 1,
               kMaxWidth);
  check->Range("state (ssm.state_size)", shape.state, 1, kMaxState);
  check->Range("dt_rank (ssm.time_step_rank)", shape.dt_rank, 1, kMaxWidth);
  check->Range("conv_width (ssm.conv_kernel)", shape.conv_width, 2,
               kMaxConvWidth);
}

void CheckMamba2(const Mamba2Shape& shape, Checker* check) {
  check->Range("d_inner (ssm.inner_size)", shape.d_inner, 1, kMaxWidth);
  check->Range("heads (ssm.time_step_rank, num_heads)", shape.heads, 1,
               kMaxWidth);
  check->Range("head_dim", shape.head_dim, 1, kMaxWidth);
  check->Range("state (ssm.state_size)", shape.state, 1, kMaxState);
  check->Range("groups (ssm.group_count, n_groups)", shape.groups, 1,
               kMaxWidth);
  check->Range("conv_width (ssm.conv_kernel)", shape.conv_width, 2,
               kMaxConvWidth);
  if (!check->good()) return;
  check->That(
      shape.heads * shape.head_dim == shape.d_inner,
      fmt::format("{} heads of {} do not make d_inner (ssm.inner_size) {}",
                  shape.heads, shape.head_dim, shape.d_inner));
  check->That(shape.heads % shape.groups == 0,
              fmt::format("groups (ssm.group_count, n_groups): {} groups do "
                          "not divide {} heads",
                          shape.groups, shape.heads));
}

void CheckAttention(const AttentionShape& shape, Checker* check) {
  check->Range("heads (attention.head_count, num_attention_heads)", shape.heads,
               1, kMaxWidth);
  check->Range("kv_heads (attention.head_count_kv, num_key_value_heads)",
               shape.kv_heads, 1, kMaxWidth);
  check->Range("head_dim (attention.key_length)", shape.head_dim, 2, kMaxWidth);
  check->Range("rope.dimension_count", shape.rope_dim, shape.rotates ? 2 : 0,
               shape.rotates ? shape.head_dim : 0);
  check->Positive("rope base (rope.freq_base, rope_theta)", shape.rope_base);
  check->That(std::isfinite(shape.scale) && shape.scale >= 0,
              fmt::format("attention.scale (attention_multiplier): expected a "
                          "positive number, found {}",
                          shape.scale));
  check->Range("sliding_window", shape.sliding_window, 0, kMaxWindow);
  if (!check->good()) return;
  check->That(shape.heads % shape.kv_heads == 0,
              fmt::format("kv_heads (attention.head_count_kv, "
                          "num_key_value_heads): {} do not divide {} heads",
                          shape.kv_heads, shape.heads));
  check->That(shape.rope_dim % 2 == 0,
              fmt::format("rope.dimension_count: expected an even number, "
                          "found {}",
                          shape.rope_dim));
  check->Range("heads * head_dim", shape.heads * shape.head_dim, 1, kMaxWidth);
}

}  // namespace

bool Hyperparameters::Has(FeedForwardKind feed_forward) const {
  for (size_t layer = 0; layer < std::min(layers, layer_pattern.size());
       ++layer) {
    if (layer_pattern[layer].feed_forward == feed_forward) return true;
  }
  return false;
}

size_t Hyperparameters::CountLayers(MixerKind mixer) const {
  size_t count = 0;
  // How often the pattern has the kind, and so the layers.
  for (size_t i = 0; i < std::min(layers, layer_pattern.size()); ++i) {
    if (!layer_pattern[i].Has(mixer)) continue;
    count += (layers - i - 1) / layer_pattern.size() + 1;
  }
  return count;
}

Hyperparameters Hyperparameters::Part(const LayerRange& range) const {
  Hyperparameters part = *this;
  part.layers = range.count;
  part.first_layer = first_layer + range.first;
  part.layer_pattern.clear();
  for (size_t layer = range.first; layer < range.end(); ++layer) {
    part.layer_pattern.push_back(KindOf(layer));
  }
  return part;
}

Status CheckHyperparameters(const Hyperparameters& hparams,
                            const std::string& file) {
  Checker check(file);
  check.Range("vocab (vocab_size)", hparams.vocab, 1, kMaxVocab);
  check.Range("d_model (embedding_length, hidden_size)", hparams.d_model, 1,
              kMaxWidth);
  check.Range("layers (block_count, num_hidden_layers)", hparams.layers, 1,
              kMaxLayers);
  check.Positive("norm epsilon (layer_norm_rms_epsilon, rms_norm_eps)",
                 static_cast<double>(hparams.norm_eps));
  if (hparams.file_token) {
    check.Range("krait.file_token_id", *hparams.file_token, 0,
                hparams.vocab - 1);
  }
  check.Range("kinds of layers", hparams.layer_pattern.size(), 1, kMaxLayers);
  if (hparams.Has(MixerKind::kMamba1)) CheckMamba1(hparams.mamba1, &check);
  if (hparams.Has(MixerKind::kMamba2)) CheckMamba2(hparams.mamba2, &check);
  // Their states would be of two shapes (RecurrentLayout).
  check.That(
      !hparams.Has(MixerKind::kMamba1) || !hparams.Has(MixerKind::kMamba2),
      "layers of Mamba-1 and of Mamba-2 in one model");
  if (hparams.Has(MixerKind::kAttention)) {
    CheckAttention(hparams.attention, &check);
  }
  for (const auto& [field, scale] :
       {std::pair("embedding_scale (embedding_multiplier)",
                  hparams.embedding_scale),
        std::pair("residual_scale (residual_multiplier)",
                  hparams.residual_scale),
        std::pair("logits_scale", hparams.logits_scale),
        std::pair("attention_in_multiplier", hparams.attention.q_scale),
        std::pair("key_multiplier", hparams.attention.k_scale),
        std::pair("attention_out_multiplier", hparams.attention.output_scale),
        std::pair("ssm_out_multiplier", hparams.mamba2.output_scale),
        std::pair("mlp_multipliers", hparams.swiglu_gate_scale),
        std::pair("mlp_multipliers", hparams.swiglu_output_scale)}) {
    check.Positive(field, static_cast<double>(scale));
  }
  for (const float scale : hparams.mamba2.input_scales) {
    check.Positive("ssm_multipliers", static_cast<double>(scale));
  }
  if (hparams.Has(FeedForwardKind::kExperts)) {
    const ExpertsShape& experts = hparams.experts;
    check.Range("experts (expert_count, num_local_experts)", experts.count, 1,
                kMaxExperts);
    check.Range("experts of a token (expert_used_count, num_experts_per_tok)",
                experts.used, 1, experts.count);
    check.Range("expert_shared_feed_forward_length (shared_intermediate_size)",
                experts.shared_d_ff, 0, kMaxWidth);
  }
  if (hparams.Has(FeedForwardKind::kSwiGlu) ||
      hparams.Has(FeedForwardKind::kExperts)) {
    check.Range("d_ff (feed_forward_length, intermediate_size)", hparams.d_ff,
                1, kMaxWidth);
  }
  return check.status();
}

}  // namespace krait::engine
