// SPDX-License-Identifier: Apache-2.0
// Qwen2 and 2.5, among them Qwen2.5-Coder: Llama's layers with biases at q, k
// and v, and rotary pairs of half a head's distance in GGUF, too.

#include "engine/file/field_reader.h"
#include "engine/model/architecture.h"
#include "engine/model/attention_fields.h"
#include "engine/model/llama_names.h"

namespace krait::engine {
namespace {

constexpr LayerKind kLayer{.mixer = MixerKind::kAttention,
                           .feed_forward = FeedForwardKind::kSwiGlu};

void ReadGguf(GgufKeys* read, Hyperparameters* hparams) {
  hparams->layer_pattern = {kLayer};
  ReadGgufAttention(read, hparams);
  hparams->attention.rope_pairing = simd::RopePairing::kHalfSplit;
  hparams->attention.has_biases = true;
}

void ReadHf(FieldReader* read, Hyperparameters* hparams) {
  hparams->layer_pattern = {kLayer};
  AttentionShape& shape = hparams->attention;
  shape.heads = read->Size("num_attention_heads");
  shape.kv_heads = read->Size("num_key_value_heads");
  shape.has_biases = true;
  ReadHfAttention(read, hparams);
  // Without this, sliding_window and max_window_layers mean nothing.
  read->Only("use_sliding_window", false);
}

constexpr HfModelType kHfTypes[] = {{"qwen2", "Qwen2ForCausalLM", ReadHf}};

}  // namespace

extern constinit const ArchitectureInfo kQwen2Architecture = {
    .architecture = Architecture::kQwen2,
    .name = "qwen2",
    .read_gguf = ReadGguf,
    .hf_types = kHfTypes,
    .naming = kLlamaNames,
};

}  // namespace krait::engine
