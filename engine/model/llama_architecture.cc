// SPDX-License-Identifier: Apache-2.0
// The Llama family (Llama, Mistral, TinyLlama): attention and SwiGLU in each
// layer.

#include <fmt/format.h>

#include <optional>
#include <string>

#include "engine/file/field_reader.h"
#include "engine/file/gguf_keys.h"
#include "engine/file/printable.h"
#include "engine/model/architecture.h"

namespace krait::engine {
namespace {

constexpr LayerKind kLayer{.mixer = MixerKind::kAttention,
                           .feed_forward = FeedForwardKind::kSwiGlu};

// GGUF ------------------------------------------------------------------------

void CheckNoRopeScaling(GgufKeys* read) {
  const std::string scaling = read->String("rope.scaling.type", "none");
  if (scaling != "none") {
    read->NotYet(fmt::format("rope scaling '{}'", Printable(scaling)));
  }
  for (const char* key : {"rope.scaling.factor", "rope.scale_linear"}) {
    if (read->Float(key, 1.0) != 1.0) read->NotYet(read->Name(key));
  }
}

size_t ReadHeadDim(GgufKeys* read, size_t d_model, size_t heads) {
  const size_t key_length = read->Size("attention.key_length", 0);
  if (key_length != 0 || heads == 0) return key_length;
  if (d_model % heads != 0) {
    read->Fail(ErrorCode::kBadFile,
               fmt::format("key '{}': {} heads do not divide "
                           "embedding_length {}",
                           read->Name("attention.head_count"), heads, d_model));
  }
  return d_model / heads;
}

void ReadGguf(GgufKeys* read, Hyperparameters* hparams) {
  hparams->layer_pattern = {kLayer};
  AttentionShape& shape = hparams->attention;
  const size_t experts = read->Size("expert_count", 0);
  if (experts > 0) {
    read->NotYet(fmt::format("mixture of experts ({} is {})",
                             read->Name("expert_count"), experts));
  }
  shape.heads = read->Size("attention.head_count");
  shape.kv_heads = read->Size("attention.head_count_kv", shape.heads);
  hparams->d_ff = read->Size("feed_forward_length");
  shape.head_dim = ReadHeadDim(read, hparams->d_model, shape.heads);
  if (read->Size("attention.value_length", shape.head_dim) != shape.head_dim) {
    read->NotYet(fmt::format("{} that differs from key_length",
                             read->Name("attention.value_length")));
  }
  shape.rope_dim = read->Size("rope.dimension_count", shape.head_dim);
  shape.rope_base = read->Float("rope.freq_base", 10000.0);
  shape.rope_pairing = simd::RopePairing::kAdjacent;
  shape.sliding_window = read->Size("attention.sliding_window", 0);
  CheckNoRopeScaling(read);
}

// Hugging Face ----------------------------------------------------------------

// Transformers 5 writes rope_parameters, earlier versions rope_theta beside a
// rope_scaling that is null or names a kind of scaling.
void ReadRope(FieldReader* read, AttentionShape* shape) {
  shape->rope_pairing = simd::RopePairing::kHalfSplit;
  shape->rope_base = read->Float("rope_theta", 10000.0);
  for (const char* key : {"rope_parameters", "rope_scaling"}) {
    const std::optional<JsonFields> fields = read->Object(key);
    if (!fields) continue;
    FieldReader rope(*fields);
    const std::string kind =
        rope.String("rope_type", rope.String("type", "default"));
    if (kind != "default") {
      rope.NotYet(fmt::format("{} of type '{}'", key, Printable(kind)));
    }
    shape->rope_base = rope.Float("rope_theta", shape->rope_base);
    if (rope.Float("partial_rotary_factor", 1.0) != 1.0) {
      rope.NotYet("a partial_rotary_factor other than 1");
    }
    if (!rope.status()) read->Fail(rope.status().error());
  }
}

// All but the KV heads and the window, which the caller knows.
void ReadCommon(FieldReader* read, Hyperparameters* hparams) {
  hparams->layer_pattern = {kLayer};
  AttentionShape& shape = hparams->attention;
  hparams->d_ff = read->Size("intermediate_size");
  shape.head_dim = read->Size("head_dim", 0);
  if (shape.head_dim == 0 && shape.heads != 0) {
    if (hparams->d_model % shape.heads != 0) {
      read->Fail(read->fields().Wrong(
          "num_attention_heads",
          fmt::format("{} heads do not divide hidden_size {}", shape.heads,
                      hparams->d_model)));
    }
    shape.head_dim = hparams->d_model / shape.heads;
  }
  hparams->norm_eps = static_cast<float>(read->Float("rms_norm_eps"));
  ReadRope(read, &shape);
  shape.rope_dim = shape.head_dim;
}

void RefuseBiases(FieldReader* read) {
  read->Only("attention_bias", false);
  read->Only("mlp_bias", false);
}

void ReadHfLlama(FieldReader* read, Hyperparameters* hparams) {
  AttentionShape& shape = hparams->attention;
  shape.heads = read->Size("num_attention_heads");
  // Only Llama's early configurations go without kv heads.
  shape.kv_heads = read->Size("num_key_value_heads", shape.heads);
  ReadCommon(read, hparams);
  RefuseBiases(read);
}

void ReadHfMistral(FieldReader* read, Hyperparameters* hparams) {
  AttentionShape& shape = hparams->attention;
  shape.heads = read->Size("num_attention_heads");
  shape.kv_heads = read->Size("num_key_value_heads");
  ReadCommon(read, hparams);
  // An absent window is the first Mistral's; null means none.
  const bool absent =
      read->fields().object()["sliding_window"].error() != simdjson::SUCCESS;
  shape.sliding_window = read->Size("sliding_window", absent ? 4096 : 0);
  RefuseBiases(read);
}

constexpr HfModelType kHfTypes[] = {
    {"llama", "LlamaForCausalLM", ReadHfLlama},
    {"mistral", "MistralForCausalLM", ReadHfMistral},
};

constexpr Rename kGlobals[] = {
    {"model.embed_tokens", "token_embd"},
    {"model.norm", "output_norm"},
    {"lm_head", "output"},
};
constexpr Rename kModules[] = {
    {"input_layernorm", "attn_norm"}, {"post_attention_layernorm", "ffn_norm"},
    {"self_attn.q_proj", "attn_q"},   {"self_attn.k_proj", "attn_k"},
    {"self_attn.v_proj", "attn_v"},   {"self_attn.o_proj", "attn_output"},
    {"mlp.gate_proj", "ffn_gate"},    {"mlp.up_proj", "ffn_up"},
    {"mlp.down_proj", "ffn_down"},
};

// Rotary frequencies that old converters wrote down.
constexpr std::string_view kHarmless[] = {"attn_rot_embd"};

}  // namespace

extern constinit const ArchitectureInfo kLlamaArchitecture = {
    .architecture = Architecture::kLlama,
    .name = "llama",
    .read_gguf = ReadGguf,
    .hf_types = kHfTypes,
    .naming = {.layers = "model.layers.",
               .globals = kGlobals,
               .modules = kModules},
    .harmless = kHarmless,
};

}  // namespace krait::engine
