// SPDX-License-Identifier: Apache-2.0
// Every block of tests/data/quant to float32, bit for bit what llama.cpp gives:
// random bits, any finite scale, zeros of both signs, subnormal and largest
// scales, blocks of real models.

#include <gtest/gtest.h>

#include <bit>
#include <cstring>
#include <string>
#include <vector>

#include "engine/file/safetensors.h"
#include "simd/weights.h"
#include "tests/simd/each_target.h"

namespace krait::engine {
namespace {

class DequantisationTest : public simd::EachTarget {};
KRAIT_INSTANTIATE_EACH_TARGET(DequantisationTest);

std::string FileOf(const simd::WeightFormat& format) {
  std::string name(format.name);
  for (char& c : name) c = static_cast<char>(std::toupper(c));
  return KRAIT_TEST_DATA "/quant/" + name + ".safetensors";
}

void CheckFormat(const simd::WeightFormat& format) {
  const auto file = SafetensorsFile::Open(FileOf(format));
  ASSERT_TRUE(file) << file.error().message;
  const SafetensorsEntry* blocks = (*file)->Find("blocks");
  const SafetensorsEntry* values = (*file)->Find("values");
  ASSERT_NE(blocks, nullptr);
  ASSERT_NE(values, nullptr);
  const size_t count = blocks->shape[0];
  ASSERT_GE(count, 100U);
  ASSERT_EQ(blocks->shape[1], format.block_bytes);
  ASSERT_EQ(values->shape[1], format.block_elements);
  const simd::WeightView view{.data = blocks->data,
                              .type = format.type,
                              .rows = count,
                              .cols = format.block_elements};
  std::vector<float> row(format.block_elements);
  for (size_t block = 0; block < count; ++block) {
    simd::ExpandRow(view, block, row.data());
    for (size_t i = 0; i < row.size(); ++i) {
      float expected = 0;
      std::memcpy(&expected,
                  values->data + (block * row.size() + i) * sizeof(float),
                  sizeof(float));
      ASSERT_EQ(std::bit_cast<uint32_t>(row[i]),
                std::bit_cast<uint32_t>(expected))
          << format.name << ", block " << block << ", element " << i << ": "
          << row[i] << " for " << expected;
    }
  }
}

TEST_P(DequantisationTest, GivesTheBitsOfLlamaCpp) {
  size_t checked = 0;
  for (const simd::WeightFormat& format : simd::kWeightFormats) {
    if (format.block_elements == 1) continue;
    ASSERT_NO_FATAL_FAILURE(CheckFormat(format));
    ++checked;
  }
  EXPECT_EQ(checked, 12U);
}

}  // namespace
}  // namespace krait::engine
