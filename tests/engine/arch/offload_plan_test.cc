// SPDX-License-Identifier: Apache-2.0
#include "engine/arch/offload_plan.h"

#include <gtest/gtest.h>

#include <limits>
#include <memory>
#include <vector>

#include "tests/engine/run/hybrid_model.h"

namespace krait::engine {
namespace {

constexpr size_t kEnough = size_t{1} << 40;

class OffloadPlanTest : public testing::Test {
 protected:
  // Of each device, then of the processor.
  static std::vector<size_t> Counts(const ModelFile& file,
                                    std::vector<size_t> free,
                                    const OffloadWish& wish = {}) {
    const OffloadPlan plan = PlanOffload(file, free, wish);
    std::vector<size_t> counts;
    size_t next = 0;
    for (const LayerRange& range : plan.on_devices) {
      EXPECT_EQ(range.first, next);
      next = range.end();
      counts.push_back(range.count);
    }
    EXPECT_EQ(plan.on_processor.first, next);
    counts.push_back(plan.on_processor.count);
    return counts;
  }

  // The least free memory with which a device takes `count` layers.
  size_t LeastFor(size_t count) {
    size_t low = 0;
    size_t high = kEnough;
    while (low + 1 < high) {
      const size_t middle = low + (high - low) / 2;
      (Counts(file_, {middle})[0] >= count ? high : low) = middle;
    }
    return high;
  }

  HybridFile file_{0};
  const size_t layers_ = file_.hyperparameters().layers;
};

TEST_F(OffloadPlanTest, AllFitWhereThereIsRoom) {
  const size_t free[] = {kEnough};
  const OffloadPlan plan = PlanOffload(file_, free, {});
  EXPECT_TRUE(plan.whole());
  size_t bytes = 0;
  for (const Tensor& tensor : file_.tensors()) {
    if (tensor.name != "output_norm.weight") bytes += tensor.bytes;
  }
  EXPECT_EQ(plan.device_bytes, bytes);
}

TEST_F(OffloadPlanTest, FitsWhatThereIsRoomFor) {
  using Counts_ = std::vector<size_t>;
  EXPECT_EQ(Counts(file_, {0}), (Counts_{0, layers_}));
  const size_t one = LeastFor(1);
  const size_t all = LeastFor(layers_);
  EXPECT_LT(one, all);
  EXPECT_EQ(Counts(file_, {one}), (Counts_{1, layers_ - 1}));
  // The last has the head with it: two fit long before.
  EXPECT_EQ(Counts(file_, {all - 1}), (Counts_{2, 1}));
  EXPECT_EQ(Counts(file_, {one, all}), (Counts_{1, 2, 0}));
  EXPECT_EQ(Counts(file_, {0, kEnough}), (Counts_{0, 3, 0}));
}

TEST_F(OffloadPlanTest, ANumberIsSharedByFreeMemory) {
  using Counts_ = std::vector<size_t>;
  EXPECT_EQ(Counts(file_, {5}, {.layers = 2}), (Counts_{2, 1}));
  EXPECT_EQ(Counts(file_, {5}, {.layers = 0}), (Counts_{0, 3}));
  EXPECT_EQ(Counts(file_, {2000, 1000}, {.layers = 3}), (Counts_{2, 1, 0}));
  EXPECT_EQ(Counts(file_, {1000, 2000}, {.layers = 3}), (Counts_{1, 2, 0}));
  EXPECT_EQ(Counts(file_, {1000, 0}, {.layers = 3}), (Counts_{3, 0, 0}));
  const size_t all = std::numeric_limits<size_t>::max();
  EXPECT_EQ(Counts(file_, {1}, {.layers = all}), (Counts_{3, 0}));
}

TEST_F(OffloadPlanTest, ExpertsThatStayTakeNothing) {
  auto mixtral = ModelFile::Open(KRAIT_TEST_DATA "/models/mixtral-tiny/hf");
  ASSERT_TRUE(mixtral) << mixtral.error().message;
  const size_t free[] = {kEnough};
  const OffloadPlan with = PlanOffload(**mixtral, free, {});
  const OffloadPlan without =
      PlanOffload(**mixtral, free, {.experts_on_processor = true});
  EXPECT_TRUE(without.whole());
  size_t experts = 0;
  for (const Tensor& tensor : (*mixtral)->tensors()) {
    if (tensor.name.find(".ffn_gate") != std::string::npos ||
        tensor.name.find(".ffn_up") != std::string::npos ||
        tensor.name.find(".ffn_down") != std::string::npos) {
      experts += tensor.bytes;
    }
  }
  EXPECT_EQ(with.device_bytes - without.device_bytes, experts);
}

}  // namespace
}  // namespace krait::engine
