// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_ENGINE_MODEL_QUANTISED_TYPES_H_
#define KRAIT_ENGINE_MODEL_QUANTISED_TYPES_H_

#include <cstddef>
#include <cstdint>

#include "engine/file/tensor.h"

namespace krait::engine {

// The rules by which files of "one" type mix several, as llama.cpp's
// quantisation has them.

// Returns `wanted`, or what stands in for it where a row of `cols` is not whole
// blocks: a type with blocks of 32 and about as many bits, or F16.
TensorType TypeForRows(TensorType wanted, size_t cols);

// Returns the type of the output head (or of the embedding, where it serves as
// head) of a model whose other matrices are of `type`: Q6_K for those with
// fewer bits, as the head matters most.
TensorType OutputType(TensorType type);

// Returns the value of `general.file_type` for a model of that type.
uint32_t GgufFileType(TensorType type);

}  // namespace krait::engine

#endif  // KRAIT_ENGINE_MODEL_QUANTISED_TYPES_H_
