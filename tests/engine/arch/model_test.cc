// SPDX-License-Identifier: Apache-2.0
#include "engine/arch/model.h"

#include <gtest/gtest.h>

namespace krait::engine {
namespace {

// A token uses two of eight experts.
TEST(ModelTest, ATokenTakesTheProductsOfTheExpertsThatItUses) {
  const auto model = Model::Load(KRAIT_TEST_DATA "/models/mixtral-tiny/hf");
  ASSERT_TRUE(model) << model.error().message;
  const Hyperparameters& shape = (*model)->hyperparameters();
  const size_t d = shape.d_model;
  const size_t heads = shape.attention.heads * shape.attention.head_dim;
  const size_t kv_heads = shape.attention.kv_heads * shape.attention.head_dim;
  const size_t layer = 2 * d * heads + 2 * d * kv_heads +
                       shape.experts.count * d +
                       shape.experts.used * 3 * d * shape.d_ff;
  EXPECT_LT(shape.experts.used, shape.experts.count);
  EXPECT_EQ((*model)->ProductsPerToken(), shape.layers * layer);
}

}  // namespace
}  // namespace krait::engine
