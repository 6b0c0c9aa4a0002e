// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_ENGINE_MODEL_LLAMA_NAMES_H_
#define KRAIT_ENGINE_MODEL_LLAMA_NAMES_H_

#include "engine/model/architecture.h"

namespace krait::engine {

// Hugging Face's names of tensors in Llama and in the many that followed it.
inline constexpr Rename kLlamaGlobals[] = {
    {"model.embed_tokens", "token_embd"},
    {"model.norm", "output_norm"},
    {"lm_head", "output"},
};
inline constexpr Rename kLlamaModules[] = {
    {"input_layernorm", "attn_norm"}, {"post_attention_layernorm", "ffn_norm"},
    {"self_attn.q_proj", "attn_q"},   {"self_attn.k_proj", "attn_k"},
    {"self_attn.v_proj", "attn_v"},   {"self_attn.o_proj", "attn_output"},
    {"mlp.gate_proj", "ffn_gate"},    {"mlp.up_proj", "ffn_up"},
    {"mlp.down_proj", "ffn_down"},    {"block_sparse_moe.gate", "ffn_gate_inp"},
};
inline constexpr Rename kMixtralExpertModules[] = {
    {"w1", "ffn_gate"}, {"w3", "ffn_up"}, {"w2", "ffn_down"}};
inline constexpr HfNaming kLlamaNames = {
    .layers = "model.layers.",
    .globals = kLlamaGlobals,
    .modules = kLlamaModules,
    .experts = "block_sparse_moe.experts.",
    .expert_modules = kMixtralExpertModules};

}  // namespace krait::engine

#endif  // KRAIT_ENGINE_MODEL_LLAMA_NAMES_H_
