// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_SIMD_ACTIVATIONS_H_
#define KRAIT_SIMD_ACTIVATIONS_H_

#include <cstddef>
#include <cstdint>

#include "simd/weights.h"

namespace krait::simd {

// Elements of a block of kQ8 activations.
inline constexpr size_t kQ8BlockSize = 32;

// A packed batch of `tokens` vectors of `cols` elements; points into a buffer
// of ActivationBytes(). Valid as long as that buffer.
struct ActivationView {
  ActivationFormat format = ActivationFormat::kF32;
  size_t tokens = 0;
  size_t cols = 0;
  const float* f32 = nullptr;  // [tokens, cols]            (kF32)
  const int8_t* q8 = nullptr;  // [tokens, q8_stride]       (kQ8)
  // Bytes from a token to the next, a multiple of 64 that does not map several
  // tokens to the same cache sets. What lies behind `cols` may be read, too.
  size_t q8_stride = 0;
  const float* scales = nullptr;  // [tokens, cols / 32]       (kQ8)
  // The sum of a block's quants: what turns unsigned x signed dot products into
  // signed ones; and that of its first 16.
  const int32_t* sums = nullptr;       // [tokens, cols / 32]  (kQ8)
  const int32_t* half_sums = nullptr;  // [tokens, cols / 32]  (kQ8)
  // scale * sum: what a weight's offset or minimum meets.
  const float* scaled_sums = nullptr;  // [tokens, cols / 32]  (kQ8)
  // Scales and scaled sums of half blocks, for formats with scales of 16. Two
  // neighbours have the same scale.
  const float* half_scales = nullptr;       // [tokens, cols / 16]  (kQ8)
  const float* scaled_half_sums = nullptr;  // [tokens, cols / 16]  (kQ8)
};

// Returns the bytes that PackActivations needs, a multiple of 64.
size_t ActivationBytes(ActivationFormat format, size_t tokens, size_t cols);

// Packs x[tokens, cols] (row stride `stride` floats) into `buffer`, which is
// 64-byte aligned and of ActivationBytes() bytes. For kF32 with stride == cols
// nothing is copied: the view points to `x`, which must then outlive it.
// kQ8: scale = max|x| / 127 per block of 32, round to nearest even; `cols` is
// a multiple of 32. Non-finite inputs give finite quants and a NaN scale.
ActivationView PackActivations(const float* x, size_t tokens, size_t cols,
                               size_t stride, ActivationFormat format,
                               void* buffer);

// The same for rows [token_begin, token_end) only, so that several threads can
// fill one buffer. Returns the view of the whole batch.
ActivationView PackActivationRows(const float* x, size_t tokens, size_t cols,
                                  size_t stride, ActivationFormat format,
                                  size_t token_begin, size_t token_end,
                                  void* buffer);

}  // namespace krait::simd

#endif  // KRAIT_SIMD_ACTIVATIONS_H_
