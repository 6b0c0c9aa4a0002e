// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_ENGINE_MODEL_ARCHITECTURE_H_
#define KRAIT_ENGINE_MODEL_ARCHITECTURE_H_

#include <span>
#include <string>
#include <string_view>

#include "engine/model/hyperparameters.h"

namespace krait::engine {

class FieldReader;
class GgufKeys;

// What Hugging Face calls what GGUF calls `to`.
struct Rename {
  std::string_view from;
  std::string_view to;
};

// Hugging Face's names of an architecture's tensors.
struct HfNaming {
  std::string_view layers;          // before a layer's number
  std::span<const Rename> globals;  // modules outside of the layers
  std::span<const Rename> modules;  // of a layer; ".weight" or ".bias" follows
  std::span<const Rename> parameters = {};  // of a layer, whole names
  // Before the number of an expert of a layer, and the modules behind it.
  std::string_view experts = {};
  std::span<const Rename> expert_modules = {};
  std::string_view prefix = {};  // that some put before every name
};

// A kind of model by Hugging Face's names, and how to read what its
// config.json says of the layers.
struct HfModelType {
  std::string_view model_type;  // "llama"
  std::string_view class_name;  // "LlamaForCausalLM"
  void (*read)(FieldReader* read, Hyperparameters* hparams);
  // Whether the embedding is the output head where nothing is said of it.
  bool is_tied = false;
};

// All that is special to one architecture: a row. What it is computed with
// follows from the kinds of layers that reading gives
// (Hyperparameters::layer_pattern).
struct ArchitectureInfo {
  Architecture architecture;
  std::string_view name;  // GGUF's general.architecture
  // Reads the keys below "{name}." that say how the layers are made. Both
  // readers set layer_pattern, and refuse what would be computed differently.
  void (*read_gguf)(GgufKeys* read, Hyperparameters* hparams);
  std::span<const HfModelType> hf_types;
  HfNaming naming;
  // Beginnings of the names of a layer's tensors that change nothing.
  std::span<const std::string_view> harmless = {};
  // Whether a GGUF file may lack the norm behind a Mamba-2 layer's gate.
  bool ssm_norm_is_optional = false;
};

// Each architecture that krait runs.
std::span<const ArchitectureInfo* const> Architectures();
const ArchitectureInfo& InfoOf(Architecture architecture);

// For messages: GGUF's names ("mamba2 or llama") and Hugging Face's classes.
std::string ArchitectureNames();
std::string HfClassNames();

}  // namespace krait::engine

#endif  // KRAIT_ENGINE_MODEL_ARCHITECTURE_H_
