// SPDX-License-Identifier: Apache-2.0
#include "simd/norm.h"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "tests/simd/each_target.h"
#include "tests/simd/random_floats.h"

namespace krait::simd {
namespace {

class NormTest : public EachTarget {};
KRAIT_INSTANTIATE_EACH_TARGET(NormTest);

// y = x / sqrt(mean(x^2) + eps) * weight over one group.
void ReferenceRmsNorm(const double* x, const float* weight, size_t n,
                      double eps, double* y) {
  double sum = 0.0;
  for (size_t i = 0; i < n; ++i) sum += x[i] * x[i];
  const double rms = std::sqrt(sum / static_cast<double>(n) + eps);
  for (size_t i = 0; i < n; ++i) {
    y[i] = x[i] / rms * static_cast<double>(weight[i]);
  }
}

// Every step is relatively exact: the sum of squares has only positive terms,
// of which each lane adds up at most n, and a few roundings follow.
void ExpectNear(const float* actual, const std::vector<double>& expected) {
  const double epsilon = 6e-8;
  const double n = static_cast<double>(expected.size());
  for (size_t i = 0; i < expected.size(); ++i) {
    const double tolerance =
        (10.0 + std::sqrt(n)) * epsilon * std::abs(expected[i]) + 1e-37;
    ASSERT_NEAR(static_cast<double>(actual[i]), expected[i], tolerance)
        << "at " << i << " of " << n;
  }
}

void CheckRmsNorm(size_t n, size_t misalign, float magnitude) {
  RandomFloats random(static_cast<uint32_t>(n));
  std::vector<float> x = random.Draw(n + misalign, -magnitude, magnitude);
  const std::vector<float> weight = random.Draw(n + misalign, 0.5f, 2.0f);
  const std::vector<double> wide(x.begin() + static_cast<ptrdiff_t>(misalign),
                                 x.end());
  std::vector<double> expected(n);
  ReferenceRmsNorm(wide.data(), weight.data() + misalign, n,
                   static_cast<double>(1e-5f), expected.data());
  std::vector<float> y(n + 1, 77.0f);
  RmsNorm(x.data() + misalign, weight.data() + misalign, n, 1e-5f, y.data());
  ExpectNear(y.data(), expected);
  EXPECT_EQ(y[n], 77.0f);
  RmsNorm(x.data() + misalign, weight.data() + misalign, n, 1e-5f,
          x.data() + misalign);
  for (size_t i = 0; i < n; ++i) ASSERT_EQ(x[misalign + i], y[i]);
}

TEST_P(NormTest, RmsNormMatchesItsFormulaAlsoInPlace) {
  for (size_t n : OddLengths()) {
    for (size_t misalign : {0u, 1u, 3u}) CheckRmsNorm(n, misalign, 3.0f);
  }
  CheckRmsNorm(4096, 1, 1e-4f);
  CheckRmsNorm(4096, 1, 1e6f);
}

TEST_P(NormTest, RmsNormOfZerosIsZero) {
  const std::vector<float> zeros(33, 0.0f);
  const std::vector<float> weight(33, 1.0f);
  std::vector<float> y(33, 5.0f);
  RmsNorm(zeros.data(), weight.data(), zeros.size(), 1e-5f, y.data());
  EXPECT_EQ(y, zeros);
}

// The centred numbers are off by the rounding of the mean and of themselves,
// which is of the size of the largest input, not of the result.
TEST_P(NormTest, LayerNormMatchesItsFormulaAlsoInPlace) {
  for (size_t n : OddLengths()) {
    if (n < 2) continue;
    RandomFloats random(static_cast<uint32_t>(n));
    std::vector<float> x = random.Draw(n, 2.0f, 5.0f);
    const std::vector<float> weight = random.Draw(n, 0.5f, 2.0f);
    const std::vector<float> bias = random.Draw(n, -1.0f, 1.0f);
    double mean = 0;
    for (const float v : x) mean += static_cast<double>(v);
    mean /= static_cast<double>(n);
    double variance = 0;
    for (const float v : x) {
      const double centred = static_cast<double>(v) - mean;
      variance += centred * centred;
    }
    variance /= static_cast<double>(n);
    const double deviation = std::sqrt(variance + 1e-12);
    std::vector<float> y(n + 1, 77.0f);
    LayerNorm(x.data(), weight.data(), bias.data(), n, 1e-12f, y.data());
    const double unit = 6e-8 * (10.0 + std::sqrt(static_cast<double>(n)));
    for (size_t i = 0; i < n; ++i) {
      const double expected = (static_cast<double>(x[i]) - mean) / deviation *
                                  static_cast<double>(weight[i]) +
                              static_cast<double>(bias[i]);
      ASSERT_NEAR(static_cast<double>(y[i]), expected,
                  unit * (5.0 / deviation * 2.0 + 3.0) * 2.0)
          << i << " of " << n;
    }
    EXPECT_EQ(y[n], 77.0f);
    LayerNorm(x.data(), weight.data(), bias.data(), n, 1e-12f, x.data());
    for (size_t i = 0; i < n; ++i) ASSERT_EQ(x[i], y[i]);
  }
}

TEST_P(NormTest, LayerNormOfEqualNumbersIsTheBias) {
  const std::vector<float> x(33, 4.0f);
  const std::vector<float> weight(33, 3.0f);
  const std::vector<float> bias(33, 0.25f);
  std::vector<float> y(33);
  LayerNorm(x.data(), weight.data(), bias.data(), x.size(), 1e-12f, y.data());
  EXPECT_EQ(y, bias);
}

void CheckGated(size_t groups, size_t group_size, float gate_range) {
  const size_t n = groups * group_size;
  RandomFloats random(static_cast<uint32_t>(n));
  std::vector<float> x = random.Draw(n, -2.0f, 2.0f);
  const std::vector<float> z = random.Draw(n, -gate_range, gate_range);
  const std::vector<float> weight = random.Draw(n, 0.5f, 2.0f);
  std::vector<double> gated(n);
  std::vector<double> expected(n);
  for (size_t i = 0; i < n; ++i) {
    const double gate = static_cast<double>(z[i]);
    gated[i] = static_cast<double>(x[i]) * gate / (1.0 + std::exp(-gate));
  }
  for (size_t g = 0; g < groups; ++g) {
    const size_t ofs = g * group_size;
    ReferenceRmsNorm(&gated[ofs], &weight[ofs], group_size,
                     static_cast<double>(1e-5f), &expected[ofs]);
  }
  std::vector<float> y(n + 1, 77.0f);
  GatedGroupRmsNorm(x.data(), z.data(), weight.data(), n, groups, 1e-5f,
                    y.data());
  ExpectNear(y.data(), expected);
  EXPECT_EQ(y[n], 77.0f);
  GatedGroupRmsNorm(x.data(), z.data(), weight.data(), n, groups, 1e-5f,
                    x.data());
  for (size_t i = 0; i < n; ++i) ASSERT_EQ(x[i], y[i]);
}

TEST_P(NormTest, GatedNormMatchesItsFormulaPerGroup) {
  for (size_t groups : {1u, 2u, 8u}) {
    for (size_t size : OddLengths()) CheckGated(groups, size, 4.0f);
  }
  CheckGated(1, 1536, 30.0f);
  CheckGated(8, 1024, 30.0f);
}

TEST_P(NormTest, GroupsDoNotMix) {
  std::vector<float> x(64, 1.0f);
  const std::vector<float> z(64, 1.0f);
  const std::vector<float> weight(64, 1.0f);
  for (size_t i = 32; i < 64; ++i) x[i] = 1000.0f;
  std::vector<float> y(64);
  GatedGroupRmsNorm(x.data(), z.data(), weight.data(), 64, 2, 1e-9f, y.data());
  for (float value : y) EXPECT_NEAR(value, 1.0f, 1e-5f);
}

}  // namespace
}  // namespace krait::simd
