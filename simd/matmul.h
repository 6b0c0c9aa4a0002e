// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_SIMD_MATMUL_H_
#define KRAIT_SIMD_MATMUL_H_

#include <cstddef>

#include "simd/activations.h"
#include "simd/weights.h"

namespace krait::simd {

// The products below take these pairs of weights and activations: kF32, kF16
// or kBF16 with kF32; kBF16 with kBF16; kQ8_0 with kQ8. In all, a row's result
// does not depend, bit for bit, on [row_begin, row_end), nor a token's on the
// other tokens of its batch or on their number: threads and batches do not
// show. MatVec and MatMul round differently from each other.

// One token: y[r] = sum_c W[r, c] * x[c] for r in [row_begin, row_end).
// `y` is indexed by absolute row. Streams the weights once, straight from the
// model file's layout: bound by memory bandwidth. `x.tokens` is 1.
void MatVec(const WeightView& w, size_t row_begin, size_t row_end,
            const ActivationView& x, float* y);

// A few tokens at once: y[t][r] = sum_c W[r, c] * x[t, c], for all tokens t and
// r in [row_begin, row_end), each token's bits those that MatVec gives. Reads
// the weights once for all of them: while that is what takes the time, a second
// token is almost free.
void MatVecs(const WeightView& w, size_t row_begin, size_t row_end,
             const ActivationView& x, float* const* y);

// Rows of W are handled in panels of this many (two at a time with AVX-512);
// split work between threads at multiples of it.
inline constexpr size_t kMatMulPanelRows = 16;

// Returns the bytes of scratch that one thread needs in MatMul (repacked
// weights and a tile of tokens; below 400 KiB whatever the shape), a multiple
// of 64.
size_t MatMulScratchBytes(const WeightView& w, ActivationFormat format);

// Many tokens: y[t * y_stride + r] = sum_c W[r, c] * x[t, c] for all tokens t
// and r in [row_begin, row_end). Each panel of rows is repacked once into
// `scratch` (64-byte aligned, one per thread) and used for all tokens: bound by
// arithmetic. That a token does not depend on its batch is why resuming a
// prefill elsewhere gives the same state.
void MatMul(const WeightView& w, size_t row_begin, size_t row_end,
            const ActivationView& x, float* y, size_t y_stride, void* scratch);

// Returns sum_i a[i] * b[i] in float32 (attention scores, tests).
float Dot(const float* a, const float* b, size_t n);

// y[i] += a * x[i].
void Axpy(float a, const float* x, size_t n, float* y);

}  // namespace krait::simd

#endif  // KRAIT_SIMD_MATMUL_H_
