// SPDX-License-Identifier: Apache-2.0
#include "engine/quantise/encode.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <random>
#include <string_view>
#include <vector>

#include "simd/weights.h"

namespace krait::engine {
namespace {

std::vector<float> Normal(size_t n, float deviation) {
  std::mt19937 random(3);
  std::normal_distribution<float> normal(0.0F, deviation);
  std::vector<float> values(n);
  for (float& value : values) value = normal(random);
  return values;
}

// What becomes of a row: encoded, then expanded by the kernels.
std::vector<float> RoundTrip(const simd::WeightFormat& format,
                             const std::vector<float>& row) {
  const TensorType type = *FindRunnableType(format.name);
  EXPECT_TRUE(CanEncode(type));
  std::vector<std::byte> bytes(simd::RowBytes(format.type, row.size()));
  Encode(type, row, bytes.data());
  std::vector<float> back(row.size());
  simd::ExpandRow({bytes.data(), format.type, 1, row.size()}, 0, back.data());
  return back;
}

double RelativeError(const std::vector<float>& before,
                     const std::vector<float>& after) {
  double error = 0;
  double size = 0;
  for (size_t i = 0; i < before.size(); ++i) {
    const double difference = double{after[i]} - double{before[i]};
    error += difference * difference;
    size += double{before[i]} * double{before[i]};
  }
  return std::sqrt(error / size);
}

// The root mean square error of llama-quantize (0.7.0) on normally distributed
// weights, relative to their own: measured on its files of a model with such
// weights.
const std::map<std::string_view, double> kErrorOfLlamaCpp = {
    {"q4_0", 0.08583}, {"q4_1", 0.07834},   {"q5_0", 0.04264},
    {"q5_1", 0.03794}, {"q8_0", 0.00538},   {"q2_k", 0.29705},
    {"q3_k", 0.15115}, {"q4_k", 0.07143},   {"q5_k", 0.03618},
    {"q6_k", 0.01774}, {"iq4_nl", 0.07622}, {"iq4_xs", 0.07678},
};

TEST(EncodeTest, NormalWeightsAreOffByNoMoreThanInLlamaCpp) {
  const std::vector<float> row = Normal(size_t{1} << 16, 0.02F);
  for (const auto& [name, most] : kErrorOfLlamaCpp) {
    const simd::WeightFormat& format =
        simd::FormatOf(*simd::FindWeightType(name));
    EXPECT_LT(RelativeError(row, RoundTrip(format, row)), 1.01 * most) << name;
  }
  EXPECT_EQ(kErrorOfLlamaCpp.size(), 12U);
}

TEST(EncodeTest, PlainFloatsRoundToNearest) {
  const std::vector<float> row = Normal(4096, 1.0F);
  EXPECT_EQ(RoundTrip(simd::FormatOf(simd::WeightType::kF32), row), row);
  for (const auto& [type, bits] :
       {std::pair(simd::WeightType::kF16, 11), {simd::WeightType::kBF16, 8}}) {
    const auto back = RoundTrip(simd::FormatOf(type), row);
    for (size_t i = 0; i < row.size(); ++i) {
      const float half_a_unit = std::ldexp(std::abs(row[i]), -bits);
      // Below 2^-14 binary16 has fixed steps.
      ASSERT_LE(std::abs(back[i] - row[i]), std::max(half_a_unit, 0x1p-25F));
    }
  }
}

TEST(EncodeTest, HalvesAreThoseOfTheStandard) {
  for (uint32_t bits = 0; bits < 0x7C00; ++bits) {
    const auto half = static_cast<uint16_t>(bits);
    ASSERT_EQ(ToHalf(FromHalf(half)), half);
    const float between = (FromHalf(half) / 2) +
                          (bits < 0x7BFF ? FromHalf(half + 1) / 2 : 32768.0F);
    // A tie goes to the even one.
    ASSERT_EQ(ToHalf(between), (half + 1) & ~1) << bits;
  }
  EXPECT_EQ(ToHalf(-0.0F), 0x8000);
  EXPECT_EQ(ToHalf(-1.0F), 0xBC00);
  EXPECT_EQ(ToHalf(1e9F), 0x7C00);
}

// Rows that a search may trip over.
TEST(EncodeTest, StrangeRowsStayFiniteAndNear) {
  std::vector<std::vector<float>> rows(7, std::vector<float>(256, 0.0F));
  rows[1].assign(256, 0.5F);   // all equal
  rows[2].assign(256, -3.0F);  // all negative
  rows[3][77] = 1.0F;          // one element
  for (size_t i = 0; i < 256; ++i) {
    rows[4][i] = static_cast<float>(i % 2 == 0 ? 1 : -1);  // two values
    rows[5][i] = std::ldexp(1.0F, static_cast<int>(i % 32) - 40);
    rows[6][i] = 1e-38F * static_cast<float>(i);  // below any half
  }
  for (const simd::WeightFormat& format : simd::kWeightFormats) {
    for (size_t r = 0; r < rows.size(); ++r) {
      SCOPED_TRACE(format.name);
      const auto back = RoundTrip(format, rows[r]);
      const float largest = std::abs(*std::ranges::max_element(
          rows[r], {}, [](float x) { return std::abs(x); }));
      for (size_t i = 0; i < back.size(); ++i) {
        ASSERT_TRUE(std::isfinite(back[i])) << "row " << r;
        // Two bits and a 4-bit scale are the coarsest.
        ASSERT_LE(std::abs(back[i] - rows[r][i]), 0.34F * largest + 0x1p-24F)
            << "row " << r << ", element " << i;
      }
    }
  }
}

}  // namespace
}  // namespace krait::engine
