// SPDX-License-Identifier: Apache-2.0
#include "daemon/model_memory.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <string>

#include "base/result.h"
#include "engine/model/model_file.h"

namespace krait::daemon {
namespace {

using testing::HasSubstr;

constexpr uint64_t kGigabyte = 1'000'000'000;

constexpr ModelMemory kLarge = {.file_bytes = 4 * kGigabyte,
                                .own_bytes = 2 * kGigabyte,
                                .state_tokens = 3072,
                                .state_bytes = kGigabyte};

// A machine of 16 GB with nothing in /proc.
MemoryEnvironment Machine() {
  return {.machine_bytes = 16 * kGigabyte,
          .address_space_bytes = 0,
          .data_bytes = 0,
          .root = "/nonexistent"};
}

TEST(ModelMemoryTest, WhatFitsFits) {
  EXPECT_TRUE(CheckFitsMemory("m", kLarge, Machine()));
  MemoryEnvironment exact = Machine();
  exact.machine_bytes = 6 * kGigabyte;
  EXPECT_TRUE(CheckFitsMemory("m", kLarge, exact));
}

TEST(ModelMemoryTest, ARefusalHasAllFigures) {
  MemoryEnvironment environment = Machine();
  environment.machine_bytes = 6 * kGigabyte - 1;
  const auto fits = CheckFitsMemory("big.gguf", kLarge, environment);
  ASSERT_FALSE(fits);
  EXPECT_EQ(fits.error().code, base::ErrorCode::kUnsupported);
  EXPECT_EQ(fits.error().message,
            "big.gguf: does not fit into memory: it needs 6.0 GB (4.0 GB of "
            "weights, 1.0 GB to remember 3072 tokens and 1.0 GB to compute "
            "with), and the machine allows 6.0 GB");
}

TEST(ModelMemoryTest, SaysWhoseLimitItIs) {
  MemoryEnvironment environment = Machine();
  environment.address_space_bytes = 5 * kGigabyte;
  const auto fits = CheckFitsMemory("m", kLarge, environment);
  ASSERT_FALSE(fits);
  EXPECT_THAT(fits.error().message, HasSubstr("ulimit -v allows 5.0 GB"));
}

// Mapped files are not data.
TEST(ModelMemoryTest, OfUlimitDOnlyWhatIsNotMappedCounts) {
  MemoryEnvironment environment = Machine();
  environment.data_bytes = 3 * kGigabyte;
  EXPECT_TRUE(CheckFitsMemory("m", kLarge, environment));
  environment.data_bytes = kGigabyte;
  const auto fits = CheckFitsMemory("m", kLarge, environment);
  ASSERT_FALSE(fits);
  EXPECT_THAT(fits.error().message,
              HasSubstr("it needs 2.0 GB (1.0 GB to remember"));
  EXPECT_THAT(fits.error().message, HasSubstr("ulimit -d allows 1.0 GB"));
}

TEST(ModelMemoryTest, OneThatIsNotHereIsEstimated) {
  EXPECT_EQ(EstimateMemory(8 * kGigabyte).needed(), 9 * kGigabyte);
  EXPECT_EQ(EstimateMemory(1000).needed(), 1000 + (uint64_t{128} << 20));
}

// A directory may hold more than the model.
TEST(ModelMemoryTest, TheTensorsCountAndNotTheFiles) {
  const auto file =
      engine::ModelFile::Open(KRAIT_TEST_DATA "/models/llama3-tiny/hf");
  ASSERT_TRUE(file);
  const ModelMemory memory = MemoryOf(**file);
  uint64_t weights = 0;
  for (const engine::Tensor& tensor : (*file)->tensors()) {
    weights += tensor.bytes;
  }
  EXPECT_EQ(memory.file_bytes, weights);
  EXPECT_LE(memory.state_tokens, (*file)->hyperparameters().context_length);
  EXPECT_GT(memory.own_bytes, memory.state_bytes);
}

}  // namespace
}  // namespace krait::daemon
