// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_SIMD_CONV1D_H_
#define KRAIT_SIMD_CONV1D_H_

#include <cstddef>

namespace krait::simd {

// Depthwise causal convolution followed by SiLU, as in Mamba, for channels
// [channel_begin, channel_end) of `channels`:
//   y[t, c] = SiLU(bias[c] + sum_k weight[k, c] * in[t - (width - 1) + k, c])
// where in[t] for t < 0 is the window: the last width - 1 inputs of the tokens
// before, oldest first.
//   x       [tokens, channels] with row stride x_stride floats
//   weight  [width, channels]  (transposed to channels-last at load)
//   bias    [channels], or nullptr for none
//   window  [width - 1, channels], replaced by the last width - 1 inputs
//   y       [tokens, channels] with row stride y_stride floats; may be x when
//           the strides are equal
// width >= 1. tokens == 1 is the decode step.
struct CausalConv1d {
  size_t channels = 0;
  size_t width = 0;
  const float* weight = nullptr;
  const float* bias = nullptr;
};
void CausalConv1dSilu(const CausalConv1d& conv, size_t channel_begin,
                      size_t channel_end, size_t tokens, const float* x,
                      size_t x_stride, float* window, float* y,
                      size_t y_stride);

}  // namespace krait::simd

#endif  // KRAIT_SIMD_CONV1D_H_
