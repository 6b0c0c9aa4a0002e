// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "simd/matmul.h"
#include "tests/simd/each_target.h"
#include "tests/simd/weights_reference.h"

namespace krait::simd {
namespace {

class DotTest : public EachTarget {};
KRAIT_INSTANTIATE_EACH_TARGET(DotTest);

TEST_P(DotTest, AgreesWithDouble) {
  std::mt19937 random(6);
  for (size_t n = 0; n <= 300; ++n) {
    const size_t misalign = n % 3;
    const std::vector<float> a = RandomFloats(n + misalign, random);
    const std::vector<float> b = RandomFloats(n + misalign, random);
    double expected = 0.0;
    double magnitude = 0.0;
    for (size_t i = misalign; i < n + misalign; ++i) {
      const double product = double{a[i]} * double{b[i]};
      expected += product;
      magnitude += std::abs(product);
    }
    // Every addition rounds a partial sum of at most `magnitude`.
    const double tolerance = magnitude * static_cast<double>(n + 1) * 0x1p-24;
    ASSERT_NEAR(double{Dot(a.data() + misalign, b.data() + misalign, n)},
                expected, tolerance)
        << n;
  }
}

TEST_P(DotTest, AxpyAddsToEveryElementOnly) {
  std::mt19937 random(7);
  for (size_t n = 0; n <= 70; ++n) {
    const size_t misalign = n % 3;
    const std::vector<float> x = RandomFloats(n + misalign, random);
    std::vector<float> y = RandomFloats(n + misalign + 1, random);
    const std::vector<float> before = y;
    Axpy(0.75f, x.data() + misalign, n, y.data() + misalign);
    for (size_t i = 0; i < y.size(); ++i) {
      if (i < misalign || i >= n + misalign) {
        ASSERT_EQ(y[i], before[i]) << "outside of the range";
        continue;
      }
      const double expected = double{before[i]} + 0.75 * double{x[i]};
      // With or without a fused multiply-add: two roundings at most.
      ASSERT_NEAR(double{y[i]}, expected,
                  (std::abs(x[i]) + std::abs(before[i])) * 0x1p-23);
    }
  }
}

}  // namespace
}  // namespace krait::simd
