// SPDX-License-Identifier: Apache-2.0
// Granite (3, and 4 without H): Llama's layers and four factors.

#include "engine/file/field_reader.h"
#include "engine/file/gguf_keys.h"
#include "engine/model/architecture.h"
#include "engine/model/attention_fields.h"
#include "engine/model/granite_fields.h"
#include "engine/model/llama_names.h"

namespace krait::engine {
namespace {

constexpr LayerKind kLayer{.mixer = MixerKind::kAttention,
                           .feed_forward = FeedForwardKind::kSwiGlu};

void ReadGguf(GgufKeys* read, Hyperparameters* hparams) {
  hparams->layer_pattern = {kLayer};
  ReadGgufAttention(read, hparams);
  hparams->attention.rope_pairing = simd::RopePairing::kAdjacent;
  ReadGgufGraniteFactors(read, hparams);
  if (read->Size("expert_count", 0) != 0) read->NotYet("experts in granite");
}

void ReadHf(FieldReader* read, Hyperparameters* hparams) {
  hparams->layer_pattern = {kLayer};
  AttentionShape& shape = hparams->attention;
  shape.heads = read->Size("num_attention_heads");
  shape.kv_heads = read->Size("num_key_value_heads");
  ReadHfAttention(read, hparams);
  ReadHfGraniteFactors(read, hparams);
  read->Only("attention_bias", false);
  read->Only("mlp_bias", false);
}

constexpr HfModelType kHfTypes[] = {{"granite", "GraniteForCausalLM", ReadHf}};

}  // namespace

extern constinit const ArchitectureInfo kGraniteArchitecture = {
    .architecture = Architecture::kGranite,
    .name = "granite",
    .read_gguf = ReadGguf,
    .hf_types = kHfTypes,
    .naming = kLlamaNames,
};

}  // namespace krait::engine
