// SPDX-License-Identifier: Apache-2.0
#include "simd/conv1d.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "tests/simd/each_target.h"
#include "tests/simd/random_floats.h"

namespace krait::simd {
namespace {

class Conv1dTest : public EachTarget {};
KRAIT_INSTANTIATE_EACH_TARGET(Conv1dTest);

// A filter, its inputs and the window before them.
struct Case {
  Case(size_t num_channels, size_t taps, size_t num_tokens, bool with_bias)
      : channels(num_channels), width(taps), tokens(num_tokens) {
    RandomFloats random(static_cast<uint32_t>(channels * 100 + width));
    weight = random.Draw(width * channels);
    if (with_bias) bias = random.Draw(channels);
    window = random.Draw((width - 1) * channels, -2.0f, 2.0f);
    x = random.Draw(tokens * channels, -2.0f, 2.0f);
  }

  CausalConv1d Filter() const {
    return {.channels = channels,
            .width = width,
            .weight = weight.data(),
            .bias = bias.empty() ? nullptr : bias.data()};
  }

  // The input of token t - lag, which may lie in the window.
  double Input(size_t t, size_t lag, size_t c) const {
    if (t >= lag) return static_cast<double>(x[(t - lag) * channels + c]);
    return static_cast<double>(window[(width - 1 + t - lag) * channels + c]);
  }

  size_t channels;
  size_t width;
  size_t tokens;
  std::vector<float> weight;  // [width, channels]
  std::vector<float> bias;    // [channels] or empty
  std::vector<float> window;  // [width - 1, channels]
  std::vector<float> x;       // [tokens, channels]
};

void CheckFormula(const Case& test) {
  std::vector<float> window = test.window;
  const size_t y_stride = test.channels + 3;
  std::vector<float> y(test.tokens * y_stride, 77.0f);
  CausalConv1dSilu(test.Filter(), 0, test.channels, test.tokens, test.x.data(),
                   test.channels, window.data(), y.data(), y_stride);
  for (size_t t = 0; t < test.tokens; ++t) {
    for (size_t c = 0; c < test.channels; ++c) {
      double sum = test.bias.empty() ? 0.0 : static_cast<double>(test.bias[c]);
      double magnitude = std::abs(sum);
      for (size_t k = 0; k < test.width; ++k) {
        const double term =
            static_cast<double>(test.weight[k * test.channels + c]) *
            test.Input(t, test.width - 1 - k, c);
        sum += term;
        magnitude += std::abs(term);
      }
      // Each rounding is relative to the terms; SiLU's slope is below 1.1.
      const double tolerance =
          6e-8 * (6.0 + static_cast<double>(test.width)) * magnitude + 1e-37;
      ASSERT_NEAR(static_cast<double>(y[t * y_stride + c]),
                  sum / (1.0 + std::exp(-sum)), tolerance)
          << "token " << t << ", channel " << c << ", width " << test.width;
    }
    for (size_t c = test.channels; c < y_stride; ++c) {
      ASSERT_EQ(y[t * y_stride + c], 77.0f);
    }
  }
  for (size_t row = 0; row + 1 < test.width; ++row) {
    for (size_t c = 0; c < test.channels; ++c) {
      const double expected = test.Input(test.tokens, test.width - 1 - row, c);
      ASSERT_EQ(static_cast<double>(window[row * test.channels + c]), expected);
    }
  }
}

TEST_P(Conv1dTest, MatchesItsFormulaForAllWidths) {
  for (size_t width : {1u, 2u, 3u, 4u, 5u, 8u}) {
    for (size_t channels : OddLengths()) {
      for (size_t tokens : {1u, 2u, 3u, 9u}) {
        CheckFormula(Case(channels, width, tokens, tokens % 2 == 1));
      }
    }
  }
}

// Blocks, single steps, splits of the channels and in-place runs give the same
// bits.
TEST_P(Conv1dTest, BlockEqualsStepsBitForBit) {
  for (size_t width : {1u, 2u, 3u, 4u, 6u}) {
    const Case test(75, width, 20, true);
    const size_t n = test.channels;
    std::vector<float> block_window = test.window;
    std::vector<float> block(test.x.size());
    CausalConv1dSilu(test.Filter(), 0, n, test.tokens, test.x.data(), n,
                     block_window.data(), block.data(), n);

    std::vector<float> step_window = test.window;
    std::vector<float> steps = test.x;  // in place
    for (size_t t = 0; t < test.tokens; ++t) {
      float* row = steps.data() + t * n;
      CausalConv1dSilu(test.Filter(), 0, 21, 1, row, n, step_window.data(), row,
                       n);
      CausalConv1dSilu(test.Filter(), 21, n, 1, row, n, step_window.data(), row,
                       n);
    }
    EXPECT_EQ(block, steps) << "width " << width;
    EXPECT_EQ(block_window, step_window) << "width " << width;
  }
}

TEST_P(Conv1dTest, BlockMayOverwriteItsInput) {
  for (size_t width : {1u, 2u, 3u, 4u, 6u}) {
    const Case test(70, width, 11, false);
    const size_t n = test.channels;
    std::vector<float> window = test.window;
    std::vector<float> apart(test.x.size());
    CausalConv1dSilu(test.Filter(), 0, n, test.tokens, test.x.data(), n,
                     window.data(), apart.data(), n);
    std::vector<float> in_place = test.x;
    window = test.window;
    CausalConv1dSilu(test.Filter(), 0, n, test.tokens, in_place.data(), n,
                     window.data(), in_place.data(), n);
    EXPECT_EQ(apart, in_place) << "width " << width;
  }
}

TEST_P(Conv1dTest, TouchesOnlyItsChannels) {
  const Case test(50, 4, 6, true);
  std::vector<float> window = test.window;
  std::vector<float> y(test.x.size(), 77.0f);
  CausalConv1dSilu(test.Filter(), 5, 41, test.tokens, test.x.data(), 50,
                   window.data(), y.data(), 50);
  for (size_t i = 0; i < y.size(); ++i) {
    const bool inside = i % 50 >= 5 && i % 50 < 41;
    ASSERT_EQ(y[i] != 77.0f, inside) << i;
  }
  for (size_t i = 0; i < window.size(); ++i) {
    const bool inside = i % 50 >= 5 && i % 50 < 41;
    ASSERT_EQ(window[i] != test.window[i], inside) << i;
  }
}

}  // namespace
}  // namespace krait::simd
