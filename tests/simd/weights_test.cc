// SPDX-License-Identifier: Apache-2.0
#include "simd/weights.h"

#include <gtest/gtest.h>

#include "tests/simd/each_target.h"
#include "tests/simd/weights_reference.h"

namespace krait::simd {
namespace {

class WeightsTest : public EachTarget {};
KRAIT_INSTANTIATE_EACH_TARGET(WeightsTest);

TEST(RowBytesTest, CountsBytesOfEachType) {
  EXPECT_EQ(RowBytes(WeightType::kF32, 3), 12u);
  EXPECT_EQ(RowBytes(WeightType::kF16, 3), 6u);
  EXPECT_EQ(RowBytes(WeightType::kBF16, 3), 6u);
  EXPECT_EQ(RowBytes(WeightType::kQ8_0, 96), 3u * 34u);
  EXPECT_EQ(RowBytes(WeightType::kQ8_0, 0), 0u);
  EXPECT_EQ(RowBytes(WeightType::kQ4_K, 512), 2u * 144u);
}

TEST(WeightFormatTest, EveryFormatIsFoundByItsName) {
  for (const WeightFormat& format : kWeightFormats) {
    EXPECT_EQ(FindWeightType(format.name), format.type) << format.name;
  }
  EXPECT_FALSE(FindWeightType("q9").has_value());
  EXPECT_FALSE(FindWeightType("Q4_K").has_value());
}

void ExpectExpandsExactly(WeightType type, size_t cols, size_t misalign,
                          std::mt19937& random) {
  constexpr size_t kRows = 3;
  const RandomWeights weights(type, kRows, cols, misalign, random);
  for (size_t row = 0; row < kRows; ++row) {
    std::vector<float> out(cols + 1, 7.0f);
    ExpandRow(weights.view(), row, out.data());
    for (size_t c = 0; c < cols; ++c) {
      // A quant times a binary16 scale, an 8-bit one at most, fits in float32
      // exactly; a minimum is a rounding.
      const QuantElement element = ElementAt(weights.view(), row, c);
      const double roundings = element.minimum == 0.0 ? 0.0 : 1.0;
      ASSERT_NEAR(double{out[c]}, element.value(),
                  roundings *
                      (std::abs(element.product) + std::abs(element.minimum)) *
                      0x1p-24)
          << "row " << row << " col " << c << " of " << cols;
    }
    ASSERT_EQ(out[cols], 7.0f) << "wrote past the row";
  }
}

TEST_P(WeightsTest, ExpandsRowsExactly) {
  std::mt19937 random(1);
  for (size_t cols = 1; cols <= 70; ++cols) {
    for (WeightType type :
         {WeightType::kF32, WeightType::kF16, WeightType::kBF16}) {
      ExpectExpandsExactly(type, cols, cols % 5, random);
    }
  }
  for (const WeightFormat& format : kWeightFormats) {
    if (format.block_elements == 1) continue;
    for (size_t blocks = 1; blocks <= 10; ++blocks) {
      ExpectExpandsExactly(format.type, blocks * format.block_elements,
                           blocks % 3, random);
    }
  }
}

TEST_P(WeightsTest, ExpandsEveryHalf) {
  std::vector<uint16_t> all(65536);
  for (size_t i = 0; i < all.size(); ++i) all[i] = static_cast<uint16_t>(i);
  const WeightView w{.data = all.data(),
                     .type = WeightType::kF16,
                     .rows = 1,
                     .cols = all.size()};
  std::vector<float> out(all.size());
  ExpandRow(w, 0, out.data());
  for (size_t i = 0; i < all.size(); ++i) {
    const double expected = HalfValue(all[i]);
    if (std::isnan(expected)) {
      ASSERT_TRUE(std::isnan(out[i])) << std::hex << i;
    } else {
      ASSERT_EQ(double{out[i]}, expected) << std::hex << i;
      ASSERT_EQ(std::signbit(out[i]), std::signbit(expected)) << std::hex << i;
    }
  }
}

// Scales of a block may be subnormal, infinite or NaN in a strange file.
TEST_P(WeightsTest, ExpandsAnyBlockScale) {
  for (uint32_t bits : {0x0000u, 0x0001u, 0x03ffu, 0x8001u, 0x7bffu, 0x7c00u,
                        0xfc00u, 0x7e00u}) {
    uint8_t block[34];
    block[0] = static_cast<uint8_t>(bits);
    block[1] = static_cast<uint8_t>(bits >> 8);
    for (size_t i = 0; i < 32; ++i) {
      block[2 + i] = static_cast<uint8_t>(i * 8 + 1);  // odd, so never 0
    }
    const WeightView w{
        .data = block, .type = WeightType::kQ8_0, .rows = 1, .cols = 32};
    float out[32];
    ExpandRow(w, 0, out);
    for (size_t i = 0; i < 32; ++i) {
      const double expected = WeightValue(w, 0, i);
      if (std::isnan(expected)) {
        EXPECT_TRUE(std::isnan(out[i])) << std::hex << bits;
      } else {
        EXPECT_EQ(double{out[i]}, expected) << std::hex << bits;
      }
    }
  }
}

}  // namespace
}  // namespace krait::simd
