// SPDX-License-Identifier: Apache-2.0
// Granite 4.0 H: Mamba-2 layers and, here and there, attention without rotary
// positions; behind each a SwiGLU, or a mixture of experts beside one that all
// tokens use; and four factors.

#include <fmt/format.h>

#include <string>
#include <string_view>
#include <vector>

#include "engine/file/field_reader.h"
#include "engine/file/gguf_keys.h"
#include "engine/file/printable.h"
#include "engine/model/architecture.h"
#include "engine/model/granite_fields.h"
#include "engine/model/llama_names.h"
#include "engine/model/mamba2_fields.h"
#include "engine/model/mamba2_names.h"

namespace krait::engine {
namespace {

LayerKind KindOf(bool attends, const Hyperparameters& hparams) {
  return {.mixer = attends ? MixerKind::kAttention : MixerKind::kMamba2,
          .feed_forward = hparams.experts.count > 0 ? FeedForwardKind::kExperts
                                                    : FeedForwardKind::kSwiGlu};
}

void SetAttention(Hyperparameters* hparams) {
  AttentionShape& attention = hparams->attention;
  attention.rotates = false;
  if (attention.head_dim == 0 && attention.heads != 0) {
    attention.head_dim = hparams->d_model / attention.heads;
  }
}

// GGUF ------------------------------------------------------------------------

// One entry a layer: its KV heads, 0 without attention.
void ReadLayers(const std::vector<size_t>& kv_heads, GgufKeys* read,
                Hyperparameters* hparams) {
  constexpr std::string_view kKey = "attention.head_count_kv";
  if (read->status() && kv_heads.size() != hparams->layers) {
    read->Fail(ErrorCode::kBadFile,
               fmt::format("key '{}': expected one number for each of the {} "
                           "layers, found {}",
                           read->Name(kKey), hparams->layers, kv_heads.size()));
  }
  for (const size_t heads : kv_heads) {
    hparams->layer_pattern.push_back(KindOf(heads > 0, *hparams));
    if (heads == 0) continue;
    size_t& known = hparams->attention.kv_heads;
    if (known != 0 && known != heads) {
      read->NotYet(fmt::format("{} that differ", read->Name(kKey)));
    }
    known = heads;
  }
}

void ReadExperts(GgufKeys* read, Hyperparameters* hparams) {
  const size_t shared = read->Size("expert_shared_feed_forward_length", 0);
  ExpertsShape& experts = hparams->experts;
  experts.count = read->Size("expert_count", 0);
  hparams->d_ff = read->Size("feed_forward_length");
  if (experts.count > 0) {
    experts.used = read->Size("expert_used_count");
    experts.shared_d_ff = shared;
  } else if (shared != 0) {
    hparams->d_ff = shared;  // the one that all tokens use is the only one
  }
}

void ReadGguf(GgufKeys* read, Hyperparameters* hparams) {
  ReadGgufMamba2(read, &hparams->mamba2);
  AttentionShape& attention = hparams->attention;
  attention.heads = read->Size("attention.head_count");
  attention.head_dim = read->Size("attention.key_length", 0);
  ReadGgufGraniteFactors(read, hparams);
  // Without this key llama.cpp rotates.
  if (!read->Has("rope.scaling.finetuned") ||
      read->Bool("rope.scaling.finetuned")) {
    read->NotYet("rotary positions in granitehybrid");
  }
  ReadExperts(read, hparams);
  ReadLayers(read->Sizes("attention.head_count_kv"), read, hparams);
  SetAttention(hparams);
}

// Hugging Face ----------------------------------------------------------------

// The kinds of layers by name.
void ReadLayerTypes(FieldReader* read, Hyperparameters* hparams) {
  constexpr std::string_view kKey = "layer_types";
  simdjson::dom::array names;
  const auto element = read->fields().Find(kKey);
  if (!element || element->get(names) != simdjson::SUCCESS ||
      names.size() != hparams->layers) {
    read->Fail(
        read->fields().Mismatch(kKey, "an array with a string for each layer"));
    return;
  }
  for (const simdjson::dom::element name : names) {
    std::string_view text;
    if (name.get(text) != simdjson::SUCCESS ||
        (text != "mamba" && text != "attention")) {
      read->NotYet(fmt::format("layer type '{}'", Printable(text)));
      return;
    }
    hparams->layer_pattern.push_back(KindOf(text == "attention", *hparams));
  }
}

void ReadHf(FieldReader* read, Hyperparameters* hparams) {
  Mamba2Shape& mamba2 = hparams->mamba2;
  mamba2.heads = read->Size("mamba_n_heads");
  mamba2.state = read->Size("mamba_d_state");
  mamba2.groups = read->Size("mamba_n_groups");
  mamba2.conv_width = read->Size("mamba_d_conv");
  ReadHfExpansion(read, "mamba_expand", hparams);
  if (mamba2.heads != 0) mamba2.head_dim = mamba2.d_inner / mamba2.heads;
  AttentionShape& attention = hparams->attention;
  attention.heads = read->Size("num_attention_heads");
  attention.kv_heads = read->Size("num_key_value_heads");
  hparams->norm_eps = static_cast<float>(read->Float("rms_norm_eps"));
  ReadHfGraniteFactors(read, hparams);
  hparams->experts.count = read->Size("num_local_experts", 0);
  hparams->d_ff = read->Size("shared_intermediate_size");
  if (hparams->experts.count > 0) {
    hparams->experts.used = read->Size("num_experts_per_tok");
    hparams->experts.shared_d_ff = hparams->d_ff;
    hparams->d_ff = read->Size("intermediate_size");
  }
  const std::string positions = read->String("position_embedding_type", "rope");
  if (positions != "nope") {
    read->NotYet(
        fmt::format("position_embedding_type '{}'", Printable(positions)));
  }
  read->Only("attention_bias", false);
  read->Only("mamba_conv_bias", true);
  read->Only("mamba_proj_bias", false);
  ReadLayerTypes(read, hparams);
  SetAttention(hparams);
}

constexpr HfModelType kHfTypes[] = {
    {"granitemoehybrid", "GraniteMoeHybridForCausalLM", ReadHf}};

constexpr Rename kModules[] = {
    {"input_layernorm", "attn_norm"},
    {"post_attention_layernorm", "ffn_norm"},
    {"self_attn.q_proj", "attn_q"},
    {"self_attn.k_proj", "attn_k"},
    {"self_attn.v_proj", "attn_v"},
    {"self_attn.o_proj", "attn_output"},
    {"mamba.in_proj", "ssm_in"},
    {"mamba.out_proj", "ssm_out"},
    {"mamba.conv1d", "ssm_conv1d"},
    {"mamba.norm", "ssm_norm"},
    {"shared_mlp.input_linear", "ffn_gate_up_shexp"},
    {"shared_mlp.output_linear", "ffn_down_shexp"},
    {"block_sparse_moe.router.layer", "ffn_gate_inp"},
    {"block_sparse_moe.input_linear", "ffn_gate_up_exps"},
    {"block_sparse_moe.output_linear", "ffn_down_exps"},
};

}  // namespace

extern constinit const ArchitectureInfo kGraniteHybridArchitecture = {
    .architecture = Architecture::kGraniteHybrid,
    .name = "granitehybrid",
    .read_gguf = ReadGguf,
    .hf_types = kHfTypes,
    .naming = {.layers = "model.layers.",
               .globals = kLlamaGlobals,
               .modules = kModules,
               .parameters = kHybridParameters},
};

}  // namespace krait::engine
