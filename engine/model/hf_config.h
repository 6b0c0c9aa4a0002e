// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_ENGINE_MODEL_HF_CONFIG_H_
#define KRAIT_ENGINE_MODEL_HF_CONFIG_H_

#include <cstddef>
#include <filesystem>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/error.h"
#include "engine/model/hyperparameters.h"

namespace krait::engine {

// What a Hugging Face config.json, or Mistral's params.json, says.
struct HfConfig {
  // As in the file: CheckHyperparameters is still to be called.
  Hyperparameters hparams;
  // The output head is the embedding: lm_head.weight is not to be used.
  bool tied = false;
  // Rows of the embedding are the vocabulary rounded up to a multiple of this.
  size_t vocab_multiple = 1;
  // The Mamba-2 shape is to be taken from the tensors; only `groups` is set.
  bool shape_from_tensors = false;
  // Fields and their values as JSON, for people.
  std::vector<std::pair<std::string, std::string>> fields;
};

// Parses config.json of one of the classes of architecture.h. Everything that
// krait would compute differently is refused: other activations, biases, scaled
// rotary embeddings, experts.
Result<HfConfig> ParseHfConfig(std::string_view json, const std::string& name);

// Parses params.json of Mistral's own layout; Mamba-2 only.
Result<HfConfig> ParseMistralParams(std::string_view json,
                                    const std::string& name);

}  // namespace krait::engine

#endif  // KRAIT_ENGINE_MODEL_HF_CONFIG_H_
