// SPDX-License-Identifier: Apache-2.0
#include "engine/model/gguf_memory.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <functional>
#include <limits>
#include <optional>
#include <string>
#include <vector>

#include "tests/engine/file/gguf_builder.h"

namespace krait::engine {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

// The keys, to be changed in one place by each test; without an array no key.
struct Keys {
  std::optional<std::vector<int32_t>> lengths = std::vector<int32_t>{0, 1, 32};
  std::optional<std::vector<float>> bias = std::vector<float>{-1, 0, 1};
  std::optional<std::vector<float>> features =
      std::vector<float>(kMemoryFeatures, 0.5F);
};

Result<std::optional<MemoryWeights>> Read(
    const std::function<void(Keys*)>& change) {
  Keys keys;
  change(&keys);
  GgufBuilder b;
  if (keys.lengths) {
    b.ArrayKey("krait.memory.lengths", 5, keys.lengths->size());
    for (const int32_t length : *keys.lengths) b.Raw(length);
  }
  if (keys.bias) {
    b.ArrayKey("krait.memory.bias", 6, keys.bias->size());
    for (const float value : *keys.bias) b.Raw(value);
  }
  if (keys.features) {
    b.ArrayKey("krait.memory.features", 6, keys.features->size());
    for (const float value : *keys.features) b.Raw(value);
  }
  const std::string bytes = b.Build();
  const auto gguf = GgufFile::Parse(bytes, "keys.gguf");
  if (!gguf) return gguf.error();
  return ReadMemoryWeights(**gguf);
}

std::string WhyKeysAreRefused(const std::function<void(Keys*)>& change) {
  const auto weights = Read(change);
  return weights ? "" : weights.error().message;
}

TEST(GgufMemoryTest, ReadsWhatIsThere) {
  const auto weights = Read([](Keys*) {});
  ASSERT_TRUE(weights) << weights.error().message;
  ASSERT_TRUE(*weights);
  EXPECT_THAT((*weights)->lengths, ElementsAre(0, 1, 32));
  EXPECT_THAT((*weights)->bias, ElementsAre(-1, 0, 1));
  EXPECT_EQ((*weights)->features.back(), 0.5F);
}

TEST(GgufMemoryTest, AModelWithoutLengthsHasNoMemory) {
  const auto weights = Read([](Keys* keys) { keys->lengths.reset(); });
  ASSERT_TRUE(weights);
  EXPECT_FALSE(*weights);
  EXPECT_FALSE(*ReadMemoryWeights(std::filesystem::path(testing::TempDir())));
}

TEST(GgufMemoryTest, WrongOnesAreNamed) {
  for (const std::vector<int32_t>& lengths :
       {std::vector<int32_t>{}, {0, 2, 2}, {2, 1, 3}, {-1, 0, 1}, {0, 1, 33}}) {
    EXPECT_THAT(WhyKeysAreRefused([&](Keys* keys) { keys->lengths = lengths; }),
                HasSubstr("keys.gguf: key 'krait.memory.lengths': expected "
                          "ascending integers up to 32"));
  }
  const std::string bias = "key 'krait.memory.bias': expected 3 finite numbers";
  EXPECT_THAT(WhyKeysAreRefused([](Keys* keys) { keys->bias->pop_back(); }),
              HasSubstr(bias));
  EXPECT_THAT(WhyKeysAreRefused([](Keys* keys) { keys->bias.reset(); }),
              HasSubstr(bias));
  EXPECT_THAT(WhyKeysAreRefused([](Keys* keys) {
                keys->features->front() =
                    std::numeric_limits<float>::infinity();
              }),
              HasSubstr("key 'krait.memory.features': expected 7 finite"));
}

}  // namespace
}  // namespace krait::engine
