// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_SIMD_ROPE_H_
#define KRAIT_SIMD_ROPE_H_

#include <cstddef>
#include <cstdint>
#include <span>

namespace krait::simd {

// Which two elements of a head are rotated together.
enum class RopePairing : uint8_t {
  kAdjacent,   // (2i, 2i+1): GGUF `llama`, mistral-inference
  kHalfSplit,  // (i, i + dim/2): Hugging Face
};

// Fills cos and sin, one per frequency, for one position: angle_i = position *
// frequency_i, computed in double so that large positions keep their precision.
void RopeAngles(uint64_t position, std::span<const double> frequencies,
                float* cos, float* sin);

// Rotates the first `dim` elements of each of `heads` heads of `head_dim`
// elements in place. `dim` is even and <= head_dim.
void Rope(RopePairing pairing, const float* cos, const float* sin, size_t heads,
          size_t head_dim, size_t dim, float* x);

}  // namespace krait::simd

#endif  // KRAIT_SIMD_ROPE_H_
