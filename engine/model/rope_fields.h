// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_ENGINE_MODEL_ROPE_FIELDS_H_
#define KRAIT_ENGINE_MODEL_ROPE_FIELDS_H_

#include <vector>

#include "engine/error.h"
#include "engine/model/hyperparameters.h"

namespace krait::engine {

class FieldReader;
class GgufKeys;
class ModelFile;

// Read how positions rotate queries and keys: base, and how a longer context
// than that of training divides the frequencies (rope_dim must be known). Kinds
// that are computed otherwise are refused.
//   GGUF          rope.freq_base, rope.scaling.*
//   Hugging Face  rope_theta beside rope_scaling, or, since Transformers 5,
//                 rope_parameters
void ReadGgufRope(GgufKeys* read, AttentionShape* shape);
void ReadHfRope(FieldReader* read, AttentionShape* shape);

// The tensor in which GGUF keeps divisors that no key describes.
inline constexpr const char* kRopeDivisorsTensor = "rope_freqs.weight";

// Reads that tensor into `shape`; nothing to do for a file without it. It is
// there as CheckTensors wants it.
Status ReadRopeDivisors(const ModelFile& file, AttentionShape* shape);

// Llama 3's way to a longer context: long waves are stretched by `factor`,
// short ones kept, and those between in part. Lengths are in tokens.
struct Llama3Rope {
  double factor = 1;
  double low_freq_factor = 1;
  double high_freq_factor = 4;
  double original_length = 8192;
};

// Returns its divisors, [rope_dim / 2]. Source: Transformers,
// modeling_rope_utils, "llama3".
std::vector<float> Llama3Divisors(const Llama3Rope& rope,
                                  const AttentionShape& shape);

}  // namespace krait::engine

#endif  // KRAIT_ENGINE_MODEL_ROPE_FIELDS_H_
