// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_ENGINE_MODEL_MAMBA2_FIELDS_H_
#define KRAIT_ENGINE_MODEL_MAMBA2_FIELDS_H_

#include <string_view>

#include "engine/model/hyperparameters.h"

namespace krait::engine {

class FieldReader;
class GgufKeys;

// Read what Mamba-2 layers are made of, for all architectures that have them.

// The keys ssm.*.
void ReadGgufMamba2(GgufKeys* read, Mamba2Shape* shape);

// Hugging Face's configurations have names of their own for the rest; this is
// the field that says how many times wider than d_model d_inner is.
void ReadHfExpansion(FieldReader* read, std::string_view key,
                     Hyperparameters* hparams);

}  // namespace krait::engine

#endif  // KRAIT_ENGINE_MODEL_MAMBA2_FIELDS_H_
