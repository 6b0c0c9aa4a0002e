// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_SIMD_MATMUL_H_
#define KRAIT_SIMD_MATMUL_H_

#include <cstddef>

#include "simd/activations.h"
#include "simd/weights.h"

namespace krait::simd {

// The products below take activations in the form that the weights' format asks
// for (WeightFormat::activations). A row's result does not depend, bit for bit,
// on [row_begin, row_end), nor a token's on the other tokens of its batch or on
// their number: threads and batches do not show. MatVecs and MatMul round
// differently from each other.

// A few tokens at once: y[t][r] = sum_c W[r, c] * x[t, c], for all tokens t and
// r in [row_begin, row_end); `y` is indexed by absolute row. Streams the
// weights once for all of them, straight from the model file's layout: bound by
// memory bandwidth, so that a second token is almost free.
void MatVecs(const WeightView& w, size_t row_begin, size_t row_end,
             const ActivationView& x, float* const* y);

// Rows of W are handled in panels of this many (two at a time with AVX-512);
// split work between threads at multiples of it.
inline constexpr size_t kMatMulPanelRows = 16;

// Returns the bytes of scratch that one thread needs in MatMul (repacked
// weights and a tile of tokens; below 450 KiB whatever the shape), a multiple
// of 64.
size_t MatMulScratchBytes(ActivationFormat format);

// Many tokens: y[t * y_stride + r] = sum_c W[r, c] * x[t, c] for all tokens t
// and r in [row_begin, row_end). Each panel of rows is repacked once into
// `scratch` (64-byte aligned, one per thread) and used for all tokens: bound by
// arithmetic. That a token does not depend on its batch is why resuming a
// prefill elsewhere gives the same state.
void MatMul(const WeightView& w, size_t row_begin, size_t row_end,
            const ActivationView& x, float* y, size_t y_stride, void* scratch);

}  // namespace krait::simd

#endif  // KRAIT_SIMD_MATMUL_H_
