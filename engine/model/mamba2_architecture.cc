// SPDX-License-Identifier: Apache-2.0
// Mamba-2 (Dao and Gu 2024): a mixer in each layer and no feed-forward.

#include <optional>

#include "engine/file/field_reader.h"
#include "engine/file/gguf_keys.h"
#include "engine/model/architecture.h"
#include "engine/model/mamba2_fields.h"

namespace krait::engine {
namespace {

constexpr LayerKind kLayer{.mixer = MixerKind::kMamba2};

void ReadGguf(GgufKeys* read, Hyperparameters* hparams) {
  hparams->layer_pattern = {kLayer};
  ReadGgufMamba2(read, &hparams->mamba2);
  if (read->Bool("ssm.dt_b_c_rms")) read->NotYet(read->Name("ssm.dt_b_c_rms"));
}

bool IsInfinity(const simdjson::dom::element& element) {
  std::string_view word;
  if (element.get(word) != simdjson::SUCCESS) {
    simdjson::dom::object object;
    if (element.get(object) != simdjson::SUCCESS ||
        object.at_key("__float__").get(word) != simdjson::SUCCESS) {
      return false;
    }
  }
  return word == "Infinity";
}

// Limits of dt other than [0, infinity] would have to be applied.
void CheckTimeStepLimit(FieldReader* read) {
  constexpr std::string_view kKey = "time_step_limit";
  const std::optional<simdjson::dom::element> element =
      read->fields().Find(kKey);
  if (!element) return;
  simdjson::dom::array array;
  if (element->get(array) != simdjson::SUCCESS || array.size() != 2) {
    read->Fail(read->fields().Mismatch(kKey, "an array of two numbers"));
    return;
  }
  double low = 0;
  simdjson::dom::element high;
  if (array.at(0).get(low) != simdjson::SUCCESS || low != 0.0 ||
      array.at(1).get(high) != simdjson::SUCCESS || !IsInfinity(high)) {
    read->NotYet("a time_step_limit other than [0, Infinity]");
  }
}

void ReadHf(FieldReader* read, Hyperparameters* hparams) {
  hparams->layer_pattern = {kLayer};
  Mamba2Shape& shape = hparams->mamba2;
  shape.heads = read->Size("num_heads");
  shape.head_dim = read->Size("head_dim");
  shape.state = read->Size("state_size");
  shape.groups = read->Size("n_groups");
  shape.conv_width = read->Size("conv_kernel");
  hparams->norm_eps = static_cast<float>(read->Float("layer_norm_epsilon"));
  ReadHfExpansion(read, "expand", hparams);
  read->Only("use_bias", false);
  read->Only("use_conv_bias", true);
  read->Only("rms_norm", true);
  CheckTimeStepLimit(read);
}

constexpr HfModelType kHfTypes[] = {{"mamba2", "Mamba2ForCausalLM", ReadHf}};

constexpr Rename kGlobals[] = {
    {"backbone.embeddings", "token_embd"},
    {"backbone.embedding", "token_embd"},  // mamba_ssm, and so Mistral
    {"backbone.norm_f", "output_norm"},
    {"lm_head", "output"},
};
constexpr Rename kModules[] = {
    {"norm", "attn_norm"},         {"mixer.in_proj", "ssm_in"},
    {"mixer.out_proj", "ssm_out"}, {"mixer.conv1d", "ssm_conv1d"},
    {"mixer.norm", "ssm_norm"},
};
constexpr Rename kParameters[] = {
    {"mixer.dt_bias", "ssm_dt.bias"},
    {"mixer.A_log", "ssm_a"},
    {"mixer.D", "ssm_d"},
};

}  // namespace

extern constinit const ArchitectureInfo kMamba2Architecture = {
    .architecture = Architecture::kMamba2,
    .name = "mamba2",
    .read_gguf = ReadGguf,
    .hf_types = kHfTypes,
    .naming = {.layers = "backbone.layers.",
               .globals = kGlobals,
               .modules = kModules,
               .parameters = kParameters,
               .prefix = "model."},  // Mistral's, before all of mamba_ssm's
};

}  // namespace krait::engine
