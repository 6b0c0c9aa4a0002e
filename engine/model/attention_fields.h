// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_ENGINE_MODEL_ATTENTION_FIELDS_H_
#define KRAIT_ENGINE_MODEL_ATTENTION_FIELDS_H_

#include "engine/model/hyperparameters.h"

namespace krait::engine {

class FieldReader;
class GgufKeys;

// Read what layers of attention and SwiGLU are made of, for all architectures
// that have them: heads, head_dim, rope, d_ff. Windows and biases are left to
// each.

void ReadGgufAttention(GgufKeys* read, Hyperparameters* hparams);

// Of Hugging Face's config.json; how many KV heads there are without a field
// for it, the caller knows.
void ReadHfAttention(FieldReader* read, Hyperparameters* hparams);

}  // namespace krait::engine

#endif  // KRAIT_ENGINE_MODEL_ATTENTION_FIELDS_H_
