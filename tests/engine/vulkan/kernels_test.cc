// SPDX-License-Identifier: Apache-2.0
// Each shader against a reference in double, or against the processor's kernel
// where that is the definition, over random shapes.

#include "engine/vulkan/kernels.h"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "tests/engine/vulkan/kernels_fixture.h"

namespace krait::engine::vulkan {
namespace {

using simd::WeightType;

TEST_F(KernelsTest, AMatrixThatShadersCannotCountIsRefused) {
  EXPECT_TRUE(CheckMatrix(WeightType::kQ4_K, 152'064, 8192));
  const Status refused = CheckMatrix(WeightType::kF32, 152'064, 8192);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::kUnsupported);
}

TEST_F(KernelsTest, RmsNormIsThatOfTheDefinition) {
  for (int round = 0; round < 8; ++round) {
    const size_t tokens = Pick(1, 5);
    const size_t size = Pick(1, 700);
    const std::vector<float> x = Random(tokens * size);
    const std::vector<float> weight = Random(size);
    const Slice y = Room(x.size());
    commands_->Begin();
    kernels_->RmsNorm(*commands_, Put(x).address, Put(weight).address, tokens,
                      size, 1e-5F, 3, y.address);
    commands_->Run();
    const std::vector<float> result = Get(y, x.size());
    for (size_t t = 0; t < tokens; ++t) {
      double squares = 0;
      for (size_t i = 0; i < size; ++i) {
        squares += double{x[t * size + i]} * double{x[t * size + i]};
      }
      const double factor =
          3 / std::sqrt(squares / static_cast<double>(size) + 1e-5);
      for (size_t i = 0; i < size; ++i) {
        const double expected =
            double{x[t * size + i]} * factor * double{weight[i]};
        // The sum's error, and a few roundings.
        ASSERT_NEAR(result[t * size + i], expected,
                    SumTolerance(size, std::abs(expected)));
      }
    }
  }
}

TEST_F(KernelsTest, ElementsAreAddedAndGated) {
  for (const size_t size :
       {size_t{1}, size_t{127}, size_t{129}, size_t{5000}}) {
    const std::vector<float> a = Random(size, -20, 20);
    const std::vector<float> b = Random(size);
    const Slice sum = Put(b);
    const Slice gate = Put(a);
    const Slice b_slice = Put(b);
    commands_->Begin();
    kernels_->AddScaled(*commands_, Put(a).address, 0.5F, size, 2, sum.address);
    kernels_->SiluMul(*commands_, gate.address, 0.5F, b_slice.address, size, 3);
    commands_->Run();
    const std::vector<float> sums = Get(sum, size);
    const std::vector<float> gated = Get(gate, size);
    for (size_t i = 0; i < size; ++i) {
      const double x = double{a[i]};
      ASSERT_NEAR(sums[i], 0.5 * x + 2 * double{b[i]}, 1e-5);
      const double expected =
          3 * (0.5 * x / (1 + std::exp(-0.5 * x))) * double{b[i]};
      // exp() of Vulkan: 3 + 2 |x| units in the last place.
      ASSERT_NEAR(gated[i], expected,
                  40 * kEpsilon * (std::abs(expected) + 1e-3));
    }
  }
}

// Of equal scores the first expert is chosen; one that is no number before all
// others, and then no weight is one.
TEST_F(KernelsTest, ExpertsAreChosenByTheirScores) {
  const std::vector<float> scores = {1, 3,   2,   3,  //
                                     0, -50, NAN, 0,  //
                                     5, 4,   3,   2};
  const Slice uses = Put(std::vector<ExpertUse>(6));
  commands_->Begin();
  kernels_->Route(*commands_, Put(scores).address, 3, 4, 2, uses.address);
  commands_->Run();
  const std::vector<ExpertUse> chosen = Get<ExpertUse>(uses, 6);
  const std::vector<uint32_t> experts = {1, 3, 2, 0, 0, 1};
  const std::vector<double> weights = {
      0.5, 0.5, NAN, NAN, 1 / (1 + std::exp(-1.0)), 1 / (1 + std::exp(1.0))};
  for (size_t i = 0; i < chosen.size(); ++i) {
    EXPECT_EQ(chosen[i].expert, experts[i]) << i;
    if (std::isnan(weights[i])) {
      EXPECT_TRUE(std::isnan(chosen[i].weight)) << i;
    } else {
      EXPECT_NEAR(chosen[i].weight, weights[i], 1e-6) << i;
    }
  }
}

}  // namespace
}  // namespace krait::engine::vulkan
