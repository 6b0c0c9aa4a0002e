// SPDX-License-Identifier: Apache-2.0
#include "simd/activations.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "tests/simd/each_target.h"
#include "tests/simd/weights_reference.h"

namespace krait::simd {
namespace {

class ActivationsTest : public EachTarget {};
KRAIT_INSTANTIATE_EACH_TARGET(ActivationsTest);

constexpr float kInfinity = std::numeric_limits<float>::infinity();
constexpr float kNaN = std::numeric_limits<float>::quiet_NaN();

// Packs one block and hands it to `check(view)`.
template <class Check>
void WithPackedBlock(const std::vector<float>& x, const Check& check) {
  ASSERT_EQ(x.size(), kQ8BlockSize);
  AlignedBuffer buffer(ActivationBytes(ActivationFormat::kQ8, 1, kQ8BlockSize));
  check(PackActivations(x.data(), 1, kQ8BlockSize, kQ8BlockSize,
                        ActivationFormat::kQ8, buffer.get()));
}

TEST(ActivationFormatTest, BytesAreMultiplesOf64) {
  for (ActivationFormat format :
       {ActivationFormat::kF32, ActivationFormat::kQ8}) {
    for (size_t tokens : {size_t{1}, size_t{3}, size_t{17}}) {
      EXPECT_EQ(ActivationBytes(format, tokens, 96) % 64, 0u);
      EXPECT_GE(ActivationBytes(format, tokens, 96), tokens * 96);
    }
  }
}

void ExpectQuantizes(const float* x, const ActivationView& view, size_t token,
                     size_t block) {
  const size_t blocks = view.cols / kQ8BlockSize;
  float largest = 0.0f;
  for (size_t i = 0; i < kQ8BlockSize; ++i) {
    largest = std::max(largest, std::abs(x[i]));
  }
  const float scale = largest / 127.0f;
  ASSERT_EQ(view.scales[token * blocks + block], scale);
  int32_t sum = 0;
  int32_t half_sum = 0;
  for (size_t i = 0; i < kQ8BlockSize; ++i) {
    const int q = view.q8[token * view.q8_stride + block * kQ8BlockSize + i];
    // The default rounding mode: to nearest, ties to even.
    ASSERT_EQ(static_cast<float>(q), std::nearbyint(x[i] / scale)) << x[i];
    ASSERT_LE(std::abs(q), 127);
    sum += q;
    if (i < kQ8BlockSize / 2) half_sum += q;
  }
  ASSERT_EQ(view.sums[token * blocks + block], sum);
  ASSERT_EQ(view.half_sums[token * blocks + block], half_sum);
  ASSERT_EQ(view.scaled_sums[token * blocks + block],
            scale * static_cast<float>(sum));
  const size_t half = 2 * (token * blocks + block);
  ASSERT_EQ(view.half_scales[half], scale);
  ASSERT_EQ(view.half_scales[half + 1], scale);
  ASSERT_EQ(view.scaled_half_sums[half], scale * static_cast<float>(half_sum));
  ASSERT_EQ(view.scaled_half_sums[half + 1],
            scale * static_cast<float>(sum - half_sum));
}

TEST_P(ActivationsTest, QuantizesToNearestWithSums) {
  std::mt19937 random(2);
  constexpr size_t kTokens = 5;
  for (size_t cols = 32; cols <= 256; cols += 32) {
    const size_t stride = cols + 3;
    const std::vector<float> x = RandomFloats(kTokens * stride, random);
    AlignedBuffer buffer(ActivationBytes(ActivationFormat::kQ8, kTokens, cols));
    const ActivationView view = PackActivations(
        x.data(), kTokens, cols, stride, ActivationFormat::kQ8, buffer.get());
    ASSERT_EQ(view.format, ActivationFormat::kQ8);
    ASSERT_EQ(view.tokens, kTokens);
    ASSERT_EQ(view.cols, cols);
    for (size_t t = 0; t < kTokens; ++t) {
      for (size_t b = 0; b < cols / kQ8BlockSize; ++b) {
        ExpectQuantizes(x.data() + t * stride + b * kQ8BlockSize, view, t, b);
      }
    }
  }
}

TEST_P(ActivationsTest, RoundsTiesToEven) {
  std::vector<float> x(kQ8BlockSize, 0.0f);
  x[0] = 127.0f;  // scale 1
  x[1] = 0.5f;
  x[2] = 1.5f;
  x[3] = -2.5f;
  x[31] = -126.5f;
  WithPackedBlock(x, [](const ActivationView& view) {
    EXPECT_EQ(view.scales[0], 1.0f);
    EXPECT_EQ(view.q8[0], 127);
    EXPECT_EQ(view.q8[1], 0);
    EXPECT_EQ(view.q8[2], 2);
    EXPECT_EQ(view.q8[3], -2);
    EXPECT_EQ(view.q8[31], -126);
    EXPECT_EQ(view.sums[0], 127 + 0 + 2 - 2 - 126);
  });
}

TEST_P(ActivationsTest, ZeroBlockHasZeroScale) {
  std::vector<float> x(kQ8BlockSize, 0.0f);
  x[7] = -0.0f;
  WithPackedBlock(x, [](const ActivationView& view) {
    EXPECT_EQ(view.scales[0], 0.0f);
    EXPECT_EQ(view.sums[0], 0);
    for (size_t i = 0; i < kQ8BlockSize; ++i) EXPECT_EQ(view.q8[i], 0);
  });
}

TEST_P(ActivationsTest, SubnormalBlocksStayInRange) {
  for (int exponent = -149; exponent <= -120; ++exponent) {
    std::vector<float> x(kQ8BlockSize, std::ldexp(-1.49f, exponent));
    x[0] = std::ldexp(1.0f, exponent);
    WithPackedBlock(x, [&](const ActivationView& view) {
      EXPECT_GE(view.scales[0], 0.0f);
      int32_t sum = 0;
      for (size_t i = 0; i < kQ8BlockSize; ++i) {
        EXPECT_GE(view.q8[i], -127);
        sum += view.q8[i];
      }
      EXPECT_EQ(view.sums[0], sum);
    });
  }
}

TEST_P(ActivationsTest, LargestFloatsDoNotOverflow) {
  std::vector<float> x(kQ8BlockSize, std::numeric_limits<float>::max());
  x[5] = std::numeric_limits<float>::lowest();
  WithPackedBlock(x, [](const ActivationView& view) {
    EXPECT_TRUE(std::isfinite(view.scales[0]));
    EXPECT_EQ(view.q8[0], 127);
    EXPECT_EQ(view.q8[5], -127);
  });
}

TEST_P(ActivationsTest, NonFiniteElementMakesScaleNaN) {
  for (float bad : {kInfinity, -kInfinity, kNaN}) {
    for (size_t at = 0; at < kQ8BlockSize; ++at) {
      std::vector<float> x(kQ8BlockSize, 1.0f);
      x[at] = bad;
      WithPackedBlock(x, [](const ActivationView& view) {
        EXPECT_TRUE(std::isnan(view.scales[0]));
        int32_t sum = 0;
        for (size_t i = 0; i < kQ8BlockSize; ++i) {
          EXPECT_GE(view.q8[i], -127);
          sum += view.q8[i];
        }
        EXPECT_EQ(view.sums[0], sum);
      });
    }
  }
}

TEST_P(ActivationsTest, Float32IsCopiedOnlyIfStrided) {
  std::mt19937 random(4);
  constexpr size_t kTokens = 3;
  constexpr size_t kCols = 7;
  const std::vector<float> x = RandomFloats(kTokens * (kCols + 2), random);
  AlignedBuffer buffer(ActivationBytes(ActivationFormat::kF32, kTokens, kCols));
  EXPECT_EQ(PackActivations(x.data(), kTokens, kCols, kCols,
                            ActivationFormat::kF32, buffer.get())
                .f32,
            x.data());
  const ActivationView view =
      PackActivations(x.data(), kTokens, kCols, kCols + 2,
                      ActivationFormat::kF32, buffer.get());
  for (size_t t = 0; t < kTokens; ++t) {
    for (size_t c = 0; c < kCols; ++c) {
      EXPECT_EQ(view.f32[t * kCols + c], x[t * (kCols + 2) + c]);
    }
  }
}

TEST_P(ActivationsTest, RangesOfRowsFillTheSameBuffer) {
  std::mt19937 random(5);
  constexpr size_t kTokens = 7;
  constexpr size_t kCols = 96;
  const std::vector<float> x = RandomFloats(kTokens * kCols, random);
  const ActivationFormat format = ActivationFormat::kQ8;
  const size_t bytes = ActivationBytes(format, kTokens, kCols);
  AlignedBuffer whole(bytes);
  AlignedBuffer parts(bytes);
  std::memset(whole.get(), 0, bytes);
  std::memset(parts.get(), 0, bytes);
  PackActivations(x.data(), kTokens, kCols, kCols, format, whole.get());
  for (auto [begin, end] : {std::pair<size_t, size_t>{4, 7}, {0, 1}, {1, 4}}) {
    PackActivationRows(x.data(), kTokens, kCols, kCols, format, begin, end,
                       parts.get());
  }
  EXPECT_EQ(std::memcmp(whole.get(), parts.get(), bytes), 0);
}

}  // namespace
}  // namespace krait::simd
