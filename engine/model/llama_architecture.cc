// SPDX-License-Identifier: Apache-2.0
// The Llama family (Llama, Mistral, TinyLlama): attention and SwiGLU in each
// layer, or, in Mixtral, a mixture of SwiGLU experts.

#include "engine/file/field_reader.h"
#include "engine/file/gguf_keys.h"
#include "engine/model/architecture.h"
#include "engine/model/attention_fields.h"
#include "engine/model/llama_names.h"

namespace krait::engine {
namespace {

constexpr LayerKind kLayer{.mixer = MixerKind::kAttention,
                           .feed_forward = FeedForwardKind::kSwiGlu};

constexpr LayerKind kSparseLayer{.mixer = MixerKind::kAttention,
                                 .feed_forward = FeedForwardKind::kExperts};

// GGUF ------------------------------------------------------------------------

void ReadGguf(GgufKeys* read, Hyperparameters* hparams) {
  hparams->experts.count = read->Size("expert_count", 0);
  const bool sparse = hparams->experts.count > 0;
  hparams->layer_pattern = {sparse ? kSparseLayer : kLayer};
  if (sparse) hparams->experts.used = read->Size("expert_used_count");
  ReadGgufAttention(read, hparams);
  AttentionShape& shape = hparams->attention;
  shape.rope_pairing = simd::RopePairing::kAdjacent;
  shape.sliding_window = read->Size("attention.sliding_window", 0);
}

// Hugging Face ----------------------------------------------------------------

void RefuseBiases(FieldReader* read) {
  read->Only("attention_bias", false);
  read->Only("mlp_bias", false);
}

void ReadHfLlama(FieldReader* read, Hyperparameters* hparams) {
  hparams->layer_pattern = {kLayer};
  AttentionShape& shape = hparams->attention;
  shape.heads = read->Size("num_attention_heads");
  // Only Llama's early configurations go without kv heads.
  shape.kv_heads = read->Size("num_key_value_heads", shape.heads);
  ReadHfAttention(read, hparams);
  RefuseBiases(read);
}

void ReadHfMistral(FieldReader* read, Hyperparameters* hparams) {
  hparams->layer_pattern = {kLayer};
  AttentionShape& shape = hparams->attention;
  shape.heads = read->Size("num_attention_heads");
  shape.kv_heads = read->Size("num_key_value_heads");
  ReadHfAttention(read, hparams);
  // An absent window is the first Mistral's; null means none.
  const bool absent =
      read->fields().object()["sliding_window"].error() != simdjson::SUCCESS;
  shape.sliding_window = read->Size("sliding_window", absent ? 4096 : 0);
  RefuseBiases(read);
}

void ReadHfMixtral(FieldReader* read, Hyperparameters* hparams) {
  ReadHfMistral(read, hparams);
  hparams->layer_pattern = {kSparseLayer};
  hparams->experts.count = read->Size("num_local_experts");
  hparams->experts.used = read->Size("num_experts_per_tok");
}

constexpr HfModelType kHfTypes[] = {
    {"llama", "LlamaForCausalLM", ReadHfLlama},
    {"mistral", "MistralForCausalLM", ReadHfMistral},
    {"mixtral", "MixtralForCausalLM", ReadHfMixtral},
};

// Rotary frequencies that old converters wrote down.
constexpr std::string_view kHarmless[] = {"attn_rot_embd"};

}  // namespace

extern constinit const ArchitectureInfo kLlamaArchitecture = {
    .architecture = Architecture::kLlama,
    .name = "llama",
    .read_gguf = ReadGguf,
    .hf_types = kHfTypes,
    .naming = kLlamaNames,
    .harmless = kHarmless,
};

}  // namespace krait::engine
