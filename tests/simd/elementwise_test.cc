// SPDX-License-Identifier: Apache-2.0
#include "simd/elementwise.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "tests/simd/each_target.h"
#include "tests/simd/random_floats.h"

namespace krait::simd {
namespace {

constexpr float kInf = std::numeric_limits<float>::infinity();
constexpr float kNan = std::numeric_limits<float>::quiet_NaN();
constexpr float kDenormal = 1e-40f;
constexpr float kLargest = std::numeric_limits<float>::max();

// Values at which exponentials overflow, underflow or cancel.
const std::vector<float>& Extremes() {
  static const std::vector<float> values = {
      0.0f,   -0.0f,    kDenormal, -kDenormal, 1e-30f, -1e-30f, 1e-7f,
      -1e-7f, 1.0f,     -1.0f,     16.0f,      -16.0f, 19.99f,  20.0f,
      20.01f, -20.0f,   87.0f,     -87.0f,     -87.4f, 88.8f,   -88.8f,
      100.0f, -100.0f,  -103.0f,   -104.1f,    1e4f,   -1e4f,   1e30f,
      -1e30f, kLargest, -kLargest};
  return values;
}

// A dense sweep of the range that matters, and the extremes.
std::vector<float> Inputs() {
  std::vector<float> inputs = Extremes();
  for (float x = -110.0f; x < 110.0f; x += 0.0373f) inputs.push_back(x);
  for (float x = 1e-9f; x < 1.0f; x *= 1.03f) {
    inputs.push_back(x);
    inputs.push_back(-x);
  }
  return inputs;
}

double ReferenceSilu(double x) {
  return x / (1.0 + std::exp(-x));
}
double ReferenceSoftplus(double x) {
  return x > 20.0 ? x : std::log1p(std::exp(x));
}

// Relative, and absolute where the result is near the smallest normal floats.
void ExpectNear(float actual, double expected, double input) {
  ASSERT_FALSE(std::isnan(actual)) << "at " << input;
  ASSERT_NEAR(static_cast<double>(actual), expected,
              6e-7 * std::abs(expected) + 2e-36)
      << "at " << input;
}

class ElementwiseTest : public EachTarget {};
KRAIT_INSTANTIATE_EACH_TARGET(ElementwiseTest);

TEST_P(ElementwiseTest, SiluIsAccurateAtAllMagnitudes) {
  std::vector<float> x = Inputs();
  std::vector<float> y(x.size());
  Silu(x.data(), x.size(), y.data());
  for (size_t i = 0; i < x.size(); ++i) {
    const double wide = static_cast<double>(x[i]);
    ExpectNear(y[i], ReferenceSilu(wide), wide);
  }
  Silu(x.data(), x.size(), x.data());
  for (size_t i = 0; i < x.size(); ++i) ASSERT_EQ(x[i], y[i]);
}

TEST_P(ElementwiseTest, SoftplusIsAccurateAtAllMagnitudes) {
  std::vector<float> x = Inputs();
  std::vector<float> y(x.size());
  Softplus(x.data(), x.size(), y.data());
  for (size_t i = 0; i < x.size(); ++i) {
    const double wide = static_cast<double>(x[i]);
    ExpectNear(y[i], ReferenceSoftplus(wide), wide);
    ASSERT_GE(y[i], 0.0f);
  }
  Softplus(x.data(), x.size(), x.data());
  for (size_t i = 0; i < x.size(); ++i) ASSERT_EQ(x[i], y[i]);
}

TEST_P(ElementwiseTest, GeluIsNearTheNormalDistribution) {
  std::vector<float> x = Inputs();
  std::vector<float> y(x.size());
  Gelu(x.data(), x.size(), y.data());
  for (size_t i = 0; i < x.size(); ++i) {
    const double wide = static_cast<double>(x[i]);
    const double expected = wide * 0.5 * std::erfc(-wide / std::sqrt(2.0));
    ASSERT_NEAR(static_cast<double>(y[i]), expected, 3e-7 * std::abs(wide))
        << "at " << wide;
  }
  Gelu(x.data(), x.size(), x.data());
  for (size_t i = 0; i < x.size(); ++i) ASSERT_EQ(x[i], y[i]);
}

TEST_P(ElementwiseTest, NanStaysNan) {
  const std::vector<float> x(21, kNan);
  std::vector<float> y(21);
  Silu(x.data(), x.size(), y.data());
  for (float value : y) EXPECT_TRUE(std::isnan(value));
  Softplus(x.data(), x.size(), y.data());
  for (float value : y) EXPECT_TRUE(std::isnan(value));
}

TEST_P(ElementwiseTest, SiluMulMultipliesTheGate) {
  for (size_t n : OddLengths()) {
    RandomFloats random(static_cast<uint32_t>(n));
    std::vector<float> gate = random.Draw(n + 1, -9.0f, 9.0f);
    std::vector<float> up = random.Draw(n + 1, -3.0f, 3.0f);
    std::vector<float> y(n + 1, 77.0f);
    SiluMul(&gate[1], &up[1], n, y.data());
    for (size_t i = 0; i < n; ++i) {
      const double g = static_cast<double>(gate[i + 1]);
      ExpectNear(y[i], ReferenceSilu(g) * static_cast<double>(up[i + 1]), g);
    }
    EXPECT_EQ(y[n], 77.0f);
    std::vector<float> other = up;
    SiluMul(&gate[1], &other[1], n, &other[1]);
    SiluMul(&gate[1], &up[1], n, &gate[1]);
    for (size_t i = 0; i < n; ++i) {
      ASSERT_EQ(gate[i + 1], y[i]);
      ASSERT_EQ(other[i + 1], y[i]);
    }
  }
}

TEST_P(ElementwiseTest, AddAddsExactlyNElements) {
  for (size_t n : OddLengths()) {
    RandomFloats random(static_cast<uint32_t>(n));
    const std::vector<float> x = random.Draw(n + 1);
    const std::vector<float> before = random.Draw(n + 2);
    std::vector<float> y = before;
    Add(&x[1], n, &y[1]);
    for (size_t i = 0; i < n; ++i)
      ASSERT_EQ(y[i + 1], x[i + 1] + before[i + 1]);
    EXPECT_EQ(y[0], before[0]);
    EXPECT_EQ(y[n + 1], before[n + 1]);
  }
}

TEST_P(ElementwiseTest, ScaleMultipliesInPlaceAndTouchesNothingElse) {
  RandomFloats random(5);
  for (const size_t n : {0UL, 1UL, 7UL, 16UL, 67UL}) {
    const std::vector<float> before = random.Draw(n + 2);
    for (const float factor : {1.0F, 0.25F, -3.0F}) {
      std::vector<float> x = before;
      Scale(factor, n, &x[1]);
      for (size_t i = 1; i <= n; ++i) ASSERT_EQ(x[i], before[i] * factor);
      EXPECT_EQ(x[0], before[0]);
      EXPECT_EQ(x[n + 1], before[n + 1]);
    }
  }
}

void CheckSoftmax(float scale, std::vector<float> x) {
  const size_t n = x.size();
  std::vector<double> expected(n);
  double largest = -std::numeric_limits<double>::infinity();
  for (size_t i = 0; i < n; ++i) {
    expected[i] = static_cast<double>(scale) * static_cast<double>(x[i]);
    largest = std::max(largest, expected[i]);
  }
  double sum = 0.0;
  for (double& e : expected) sum += e = std::exp(e - largest);
  x.push_back(77.0f);
  Softmax(scale, n, x.data());
  for (size_t i = 0; i < n; ++i) {
    // The exponent's rounding error grows with its magnitude, up to about 90,
    // past which the result is nothing; the sum adds one per step of a lane.
    const double probability = expected[i] / sum;
    const double exponent = std::min(90.0, std::abs(std::log(probability)));
    const double factor = 8.0 + 3.0 * exponent + static_cast<double>(n) / 4.0;
    ASSERT_FALSE(std::isnan(x[i])) << i;
    ASSERT_NEAR(static_cast<double>(x[i]), probability,
                6e-8 * factor * probability + 1e-36)
        << i << " of " << n << ", scale " << scale;
  }
  EXPECT_EQ(x[n], 77.0f);
}

TEST_P(ElementwiseTest, SoftmaxMatchesItsFormula) {
  for (size_t n : OddLengths()) {
    RandomFloats random(static_cast<uint32_t>(n));
    for (float scale : {1.0f, 0.125f, -0.5f, 0.0f}) {
      CheckSoftmax(scale, random.Draw(n, -20.0f, 20.0f));
    }
    CheckSoftmax(3.0f, random.Draw(n, -1e4f, 1e4f));
  }
}

TEST_P(ElementwiseTest, SoftmaxIsStableAtExtremes) {
  for (float scale : {0.0f, 1e-3f, 1.0f, -1.0f})
    CheckSoftmax(scale, Extremes());
  CheckSoftmax(1e30f, {1e30f, -1e30f, 0.0f});
  CheckSoftmax(1.0f, {-1e4f});
  CheckSoftmax(1.0f, std::vector<float>(19, -kLargest));
  CheckSoftmax(1.0f, {kDenormal, -kDenormal, 0.0f});
}

TEST_P(ElementwiseTest, ArgMaxFindsTheFirstLargest) {
  for (size_t n : OddLengths()) {
    std::vector<float> x = RandomFloats(static_cast<uint32_t>(n)).Draw(n);
    for (size_t at = 0; at < n; ++at) {
      std::vector<float> with_peak = x;
      with_peak[at] = 2.0f;
      ASSERT_EQ(ArgMax(with_peak.data(), n), at);
      with_peak[n - 1] = 2.0f;
      ASSERT_EQ(ArgMax(with_peak.data(), n), at);
    }
    EXPECT_EQ(ArgMax(std::vector<float>(n, -kInf).data(), n), 0u);
    EXPECT_EQ(ArgMax(std::vector<float>(n, -3.0f).data(), n), 0u);
  }
  const float zeros[] = {-1.0f, -0.0f, 0.0f};
  EXPECT_EQ(ArgMax(zeros, 3), 1u);
}

TEST_P(ElementwiseTest, ArgMaxIgnoresNans) {
  for (size_t n : OddLengths()) {
    std::vector<float> x(n, kNan);
    EXPECT_EQ(ArgMax(x.data(), n), 0u);
    for (size_t at = 0; at < n; ++at) {
      std::vector<float> one = x;
      one[at] = -5.0f;
      ASSERT_EQ(ArgMax(one.data(), n), at);
      one[at] = -kInf;
      ASSERT_EQ(ArgMax(one.data(), n), at);
    }
  }
}

TEST_P(ElementwiseTest, LogSumExpMatchesItsFormula) {
  const auto check = [](const std::vector<float>& x) {
    const float largest = *std::max_element(x.begin(), x.end());
    double sum = 0.0;
    for (float value : x) {
      sum +=
          std::exp(static_cast<double>(value) - static_cast<double>(largest));
    }
    const double expected = static_cast<double>(largest) + std::log(sum);
    const double n = static_cast<double>(x.size());
    ASSERT_NEAR(static_cast<double>(LogSumExp(x.data(), x.size())), expected,
                1e-7 * (4.0 + std::abs(expected) + n / 8.0));
  };
  for (size_t n : OddLengths()) {
    RandomFloats random(static_cast<uint32_t>(n));
    check(random.Draw(n, -30.0f, 30.0f));
    check(random.Draw(n, 1e4f, 1.1e4f));
    check(random.Draw(n, -1e4f, -9e3f));
  }
  check({kLargest, -kLargest, 0.0f});
  const std::vector<float> none(9, -kInf);
  EXPECT_EQ(LogSumExp(none.data(), none.size()), -kInf);
}

TEST_P(ElementwiseTest, LogSumExpOfANaNIsOne) {
  for (size_t n : OddLengths()) {
    for (const size_t at : {size_t{0}, n / 2, n - 1}) {
      std::vector<float> x(n, 1.0f);
      x[at] = std::numeric_limits<float>::quiet_NaN();
      EXPECT_TRUE(std::isnan(LogSumExp(x.data(), n))) << n << ", " << at;
    }
  }
}

}  // namespace
}  // namespace krait::simd
