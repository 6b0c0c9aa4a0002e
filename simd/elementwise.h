// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_SIMD_ELEMENTWISE_H_
#define KRAIT_SIMD_ELEMENTWISE_H_

#include <cstddef>

namespace krait::simd {

// y = x * sigmoid(x). `y` may be `x`.
void Silu(const float* x, size_t n, float* y);

// y = SiLU(gate) * up (SwiGLU). `y` may be either input.
void SiluMul(const float* gate, const float* up, size_t n, float* y);

// y = log(1 + exp(x)), and x itself above 20. `y` may be `x`.
void Softplus(const float* x, size_t n, float* y);

// y = x * Phi(x), where Phi is the normal distribution's (GELU, not its
// approximation by tanh): off by 3e-7 * |x| at most. `y` may be `x`.
void Gelu(const float* x, size_t n, float* y);

// y += x.
void Add(const float* x, size_t n, float* y);

// x *= factor.
void Scale(float factor, size_t n, float* x);

// x = softmax(scale * x), stable for any finite input; n >= 1.
void Softmax(float scale, size_t n, float* x);

// Returns the index of the largest element, the first one of equals; NaNs are
// never the largest, and among nothing but NaNs it is 0. n >= 1.
size_t ArgMax(const float* x, size_t n);

// Returns log(sum_i exp(x[i])), NaN if one of them is; n >= 1.
float LogSumExp(const float* x, size_t n);

}  // namespace krait::simd

#endif  // KRAIT_SIMD_ELEMENTWISE_H_
