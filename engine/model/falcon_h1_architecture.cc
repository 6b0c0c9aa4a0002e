// SPDX-License-Identifier: Apache-2.0
// Falcon-H1: in each layer Mamba-2 and attention side by side, behind them a
// SwiGLU. In a directory of Hugging Face's what each of them takes and gives
// has factors; a GGUF file has them in its weights.

#include <array>
#include <string_view>

#include "engine/file/field_reader.h"
#include "engine/file/gguf_keys.h"
#include "engine/model/architecture.h"
#include "engine/model/attention_fields.h"
#include "engine/model/mamba2_fields.h"
#include "engine/model/mamba2_names.h"

namespace krait::engine {
namespace {

constexpr LayerKind kLayer{.mixer = MixerKind::kParallel,
                           .feed_forward = FeedForwardKind::kSwiGlu};

void ReadGguf(GgufKeys* read, Hyperparameters* hparams) {
  hparams->layer_pattern = {kLayer};
  ReadGgufAttention(read, hparams);
  hparams->attention.rope_pairing = simd::RopePairing::kHalfSplit;
  ReadGgufMamba2(read, &hparams->mamba2);
}

// Hugging Face ----------------------------------------------------------------

float Factor(FieldReader* read, std::string_view key) {
  return static_cast<float>(read->Float(key, 1.0));
}

void ReadFactors(FieldReader* read, Hyperparameters* hparams) {
  hparams->embedding_scale = Factor(read, "embedding_multiplier");
  hparams->logits_scale = Factor(read, "lm_head_multiplier");

  AttentionShape& attention = hparams->attention;
  const float attention_in = Factor(read, "attention_in_multiplier");
  attention.q_scale = attention_in;
  attention.k_scale = attention_in * Factor(read, "key_multiplier");
  attention.v_scale = attention_in;
  attention.output_scale = Factor(read, "attention_out_multiplier");

  Mamba2Shape& mamba2 = hparams->mamba2;
  mamba2.input_scales = read->Floats<5>("ssm_multipliers", 1.0F);
  for (float& scale : mamba2.input_scales) {
    scale *= Factor(read, "ssm_in_multiplier");
  }
  mamba2.output_scale = Factor(read, "ssm_out_multiplier");

  const auto mlp = read->Floats<2>("mlp_multipliers", 1.0F);
  hparams->swiglu_gate_scale = mlp[0];
  hparams->swiglu_output_scale = mlp[1];
}

void ReadMamba2(FieldReader* read, Hyperparameters* hparams) {
  Mamba2Shape& shape = hparams->mamba2;
  shape.heads = read->Size("mamba_n_heads");
  shape.head_dim = read->Size("mamba_d_head");
  shape.state = read->Size("mamba_d_state");
  shape.groups = read->Size("mamba_n_groups");
  shape.conv_width = read->Size("mamba_d_conv");
  ReadHfExpansion(read, "mamba_expand", hparams);
  shape.d_inner = read->Size("mamba_d_ssm", shape.d_inner);
  shape.has_norm = read->Bool("mamba_rms_norm", false);
  // GGUF cannot say that the norm comes before the gate.
  if (shape.has_norm) read->Only("mamba_norm_before_gate", false);
  read->Only("mamba_conv_bias", true);
  read->Only("mamba_proj_bias", false);
}

void ReadHf(FieldReader* read, Hyperparameters* hparams) {
  hparams->layer_pattern = {kLayer};
  AttentionShape& attention = hparams->attention;
  attention.heads = read->Size("num_attention_heads");
  attention.kv_heads = read->Size("num_key_value_heads");
  ReadHfAttention(read, hparams);
  ReadMamba2(read, hparams);
  ReadFactors(read, hparams);
  read->Only("projectors_bias", false);
}

constexpr HfModelType kHfTypes[] = {
    {"falcon_h1", "FalconH1ForCausalLM", ReadHf}};

constexpr Rename kGlobals[] = {
    {"model.embed_tokens", "token_embd"},
    {"model.final_layernorm", "output_norm"},
    {"lm_head", "output"},
};
constexpr Rename kModules[] = {
    {"input_layernorm", "attn_norm"},
    {"pre_ff_layernorm", "ffn_norm"},
    {"self_attn.q_proj", "attn_q"},
    {"self_attn.k_proj", "attn_k"},
    {"self_attn.v_proj", "attn_v"},
    {"self_attn.o_proj", "attn_output"},
    {"mamba.in_proj", "ssm_in"},
    {"mamba.out_proj", "ssm_out"},
    {"mamba.conv1d", "ssm_conv1d"},
    {"mamba.norm", "ssm_norm"},
    {"feed_forward.gate_proj", "ffn_gate"},
    {"feed_forward.up_proj", "ffn_up"},
    {"feed_forward.down_proj", "ffn_down"},
};

}  // namespace

extern constinit const ArchitectureInfo kFalconH1Architecture = {
    .architecture = Architecture::kFalconH1,
    .name = "falcon-h1",
    .read_gguf = ReadGguf,
    .hf_types = kHfTypes,
    .naming = {.layers = "model.layers.",
               .globals = kGlobals,
               .modules = kModules,
               .parameters = kHybridParameters},
    .ssm_norm_is_optional = true,
};

}  // namespace krait::engine
