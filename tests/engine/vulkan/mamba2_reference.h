// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_TESTS_ENGINE_VULKAN_MAMBA2_REFERENCE_H_
#define KRAIT_TESTS_ENGINE_VULKAN_MAMBA2_REFERENCE_H_

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <vector>

#include "engine/model/hyperparameters.h"

namespace krait::engine::vulkan {

inline double SoftplusOf(double x) {
  return std::max(x, 0.0) + std::log1p(std::exp(-std::abs(x)));
}

// Mamba-2's recurrence by its definition, token by token and in double, with
// what the magnitudes of all terms come to: results round by a part of these.
// Source: see simd/ssm.h.
struct Mamba2Reference {
  // Rows of the inputs are `stride` apart: x, B, C, then dt.
  Mamba2Shape shape;
  const float* x;
  size_t stride;
  const float* dt_bias;
  const float* a;
  const float* d;

  struct Values {
    std::vector<double> exact;
    std::vector<double> magnitude;
  };

  static Values Of(std::vector<double> exact) {
    Values values{.exact = exact, .magnitude = std::move(exact)};
    for (double& value : values.magnitude) value = std::abs(value);
    return values;
  }

  // Goes on by a token; returns y [d_inner].
  Values Step(size_t token, Values* state) const {
    const size_t d_inner = shape.heads * shape.head_dim;
    Values y{std::vector<double>(d_inner), std::vector<double>(d_inner)};
    const float* row = x + token * stride;
    for (size_t h = 0; h < shape.heads; ++h) {
      const float* b =
          row + d_inner + h / (shape.heads / shape.groups) * shape.state;
      const float* c = b + shape.groups * shape.state;
      const double dt =
          SoftplusOf(double{row[shape.conv_dim() + h]} + double{dt_bias[h]});
      const double decay = std::exp(dt * double{a[h]});
      for (size_t i = 0; i < shape.head_dim; ++i) {
        const size_t at = h * shape.head_dim + i;
        const auto input = double{row[at]};
        y.exact[at] = double{d[h]} * input;
        y.magnitude[at] = std::abs(y.exact[at]);
        for (size_t n = 0; n < shape.state; ++n) {
          const size_t cell = (h * shape.state + n) * shape.head_dim + i;
          const double added = dt * double{b[n]} * input;
          double& value = state->exact[cell];
          double& magnitude = state->magnitude[cell];
          value = decay * value + added;
          magnitude = decay * magnitude + std::abs(added);
          y.exact[at] += double{c[n]} * value;
          y.magnitude[at] += std::abs(double{c[n]}) * magnitude;
        }
      }
    }
    return y;
  }
};

}  // namespace krait::engine::vulkan

#endif  // KRAIT_TESTS_ENGINE_VULKAN_MAMBA2_REFERENCE_H_
