// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_ENGINE_MODEL_HF_NAMES_H_
#define KRAIT_ENGINE_MODEL_HF_NAMES_H_

#include <string>
#include <string_view>

#include "engine/model/hyperparameters.h"

namespace krait::engine {

// Returns GGUF's name of a tensor that Hugging Face or Mistral name `name`:
// "model.layers.3.mlp.up_proj.weight" is "blk.3.ffn_up.weight". Empty for
// names that neither of the architecture's layouts has.
std::string CanonicalTensorName(Architecture architecture,
                                std::string_view name);

// Whether a tensor that CanonicalTensorName does not know changes nothing of
// what the model says: it is of no layer and of no module that is known, or
// can be computed from the configuration (rotary frequencies). Others (a norm
// of queries, an adapter, the scales of packed weights) change the result.
bool CanLeaveOutTensor(Architecture architecture, std::string_view name);

}  // namespace krait::engine

#endif  // KRAIT_ENGINE_MODEL_HF_NAMES_H_
