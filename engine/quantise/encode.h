// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_ENGINE_QUANTISE_ENCODE_H_
#define KRAIT_ENGINE_QUANTISE_ENCODE_H_

#include <cstddef>
#include <cstdint>
#include <span>

#include "engine/file/tensor.h"

namespace krait::engine {

// Whether Encode() knows the type: all that run.
bool CanEncode(TensorType type);

// Writes a row in the format `type`; its length is whole blocks, `out` as long
// as they are. Weights are finite. What is rounded is chosen for a small mean
// squared error.
void Encode(TensorType type, std::span<const float> row, std::byte* out);

// Returns IEEE binary16 of `value`, to nearest even; infinity beyond its range.
uint16_t ToHalf(float value);
// Returns the value of finite binary16 bits.
float FromHalf(uint16_t bits);

}  // namespace krait::engine

#endif  // KRAIT_ENGINE_QUANTISE_ENCODE_H_
