// SPDX-License-Identifier: Apache-2.0
// Mamba (Gu and Dao 2023): a mixer in each layer and no feed-forward.

#include <string_view>

#include "engine/file/field_reader.h"
#include "engine/file/gguf_keys.h"
#include "engine/model/architecture.h"

namespace krait::engine {
namespace {

constexpr LayerKind kLayer{.mixer = MixerKind::kMamba1};

void ReadGguf(GgufKeys* read, Hyperparameters* hparams) {
  hparams->layer_pattern = {kLayer};
  Mamba1Shape& shape = hparams->mamba1;
  shape.conv_width = read->Size("ssm.conv_kernel");
  shape.d_inner = read->Size("ssm.inner_size");
  shape.state = read->Size("ssm.state_size");
  shape.dt_rank = read->Size("ssm.time_step_rank");
  // Falcon-Mamba's norms of dt, B and C.
  if (read->Bool("ssm.dt_b_c_rms")) read->NotYet(read->Name("ssm.dt_b_c_rms"));
}

// A number, or "auto": d_model / 16, rounded up.
size_t ReadTimeStepRank(FieldReader* read, size_t d_model) {
  constexpr std::string_view kKey = "time_step_rank";
  const auto element = read->fields().Find(kKey);
  std::string_view word;
  const bool is_word = element && element->get(word) == simdjson::SUCCESS;
  if (!is_word) return read->Size(kKey);
  if (word != "auto") {
    read->Fail(read->fields().Mismatch(kKey, "a number or 'auto'"));
  }
  return d_model / 16 + (d_model % 16 == 0 ? 0 : 1);
}

void ReadHf(FieldReader* read, Hyperparameters* hparams) {
  hparams->layer_pattern = {kLayer};
  Mamba1Shape& shape = hparams->mamba1;
  shape.d_inner = read->Size("intermediate_size");
  shape.state = read->Size("state_size");
  shape.dt_rank = ReadTimeStepRank(read, hparams->d_model);
  shape.conv_width = read->Size("conv_kernel");
  hparams->norm_eps = static_cast<float>(read->Float("layer_norm_epsilon"));
  read->Only("use_bias", false);
  read->Only("use_conv_bias", true);
}

constexpr HfModelType kHfTypes[] = {
    {"mamba", "MambaForCausalLM", ReadHf, /*is_tied=*/true}};

constexpr Rename kGlobals[] = {
    {"backbone.embeddings", "token_embd"},
    {"backbone.embedding", "token_embd"},  // mamba_ssm
    {"backbone.norm_f", "output_norm"},
    {"lm_head", "output"},
};
constexpr Rename kModules[] = {
    {"norm", "attn_norm"},          {"mixer.in_proj", "ssm_in"},
    {"mixer.conv1d", "ssm_conv1d"}, {"mixer.x_proj", "ssm_x"},
    {"mixer.dt_proj", "ssm_dt"},    {"mixer.out_proj", "ssm_out"},
};
constexpr Rename kParameters[] = {
    {"mixer.A_log", "ssm_a"},
    {"mixer.D", "ssm_d"},
};

}  // namespace

extern constinit const ArchitectureInfo kMamba1Architecture = {
    .architecture = Architecture::kMamba1,
    .name = "mamba",
    .read_gguf = ReadGguf,
    .hf_types = kHfTypes,
    .naming = {.layers = "backbone.layers.",
               .globals = kGlobals,
               .modules = kModules,
               .parameters = kParameters},
};

}  // namespace krait::engine
