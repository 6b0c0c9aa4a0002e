// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_SIMD_NORM_H_
#define KRAIT_SIMD_NORM_H_

#include <cstddef>

namespace krait::simd {

// y = x / sqrt(mean(x^2) + eps) * weight, over n elements. `y` may be `x`.
void RmsNorm(const float* x, const float* weight, size_t n, float eps,
             float* y);

// y = (x - mean(x)) / sqrt(variance(x) + eps) * weight + bias, over n elements.
// `y` may be `x`. Source: Ba et al. 2016.
void LayerNorm(const float* x, const float* weight, const float* bias, size_t n,
               float eps, float* y);

// The gated RMSNorm of Mamba-2 with norm_before_gate = false: first
// g = x * SiLU(z), then RMSNorm over each of `groups` groups of n / groups
// elements, times weight[n]. `y` may be `x`. Source: state-spaces/mamba,
// layernorm_gated.py, rms_norm_ref with group_size = n / groups.
void GatedGroupRmsNorm(const float* x, const float* z, const float* weight,
                       size_t n, size_t groups, float eps, float* y);

}  // namespace krait::simd

#endif  // KRAIT_SIMD_NORM_H_
