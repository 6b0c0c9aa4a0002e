// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_TESTS_ENGINE_VULKAN_KERNELS_FIXTURE_H_
#define KRAIT_TESTS_ENGINE_VULKAN_KERNELS_FIXTURE_H_

#include <limits>
#include <map>
#include <memory>
#include <random>
#include <utility>
#include <vector>

#include "engine/state/state.h"
#include "engine/vulkan/kernels.h"
#include "simd/weights.h"
#include "tests/engine/vulkan/test_device.h"
#include "tests/simd/weights_reference.h"

namespace krait::engine::vulkan {

inline constexpr double kEpsilon = std::numeric_limits<float>::epsilon();

// What a sum of `terms` terms is off by at most, whatever the order, if their
// magnitudes add up to `magnitude`; each term has a few roundings of its own.
inline double SumTolerance(size_t terms, double magnitude) {
  return static_cast<double>(terms + 8) * kEpsilon * magnitude;
}

class KernelsTest : public DeviceTest {
 protected:
  // Making shaders takes longer than running them.
  static void TearDownTestSuite() { all_kernels_.clear(); }

  void SetUp() override {
    DeviceTest::SetUp();
    if (device_ == nullptr) return;
    std::unique_ptr<Kernels>& of_kind = all_kernels_[kind()];
    if (of_kind == nullptr) {
      auto kernels = Kernels::Create(device_);
      ASSERT_TRUE(kernels) << kernels.error().message;
      of_kind = std::move(*kernels);
    }
    kernels_ = of_kind.get();
  }

  std::vector<float> Random(size_t size, float low = -1, float high = 1) {
    std::uniform_real_distribution<float> value(low, high);
    std::vector<float> values(size);
    for (float& x : values) x = value(random_);
    return values;
  }
  size_t Pick(size_t low, size_t high) {
    return std::uniform_int_distribution<size_t>(low, high)(random_);
  }
  Slice Room(size_t floats) { return Put(std::vector<float>(floats, -77)); }

  Matrix PutMatrix(const simd::RandomWeights& weights) {
    const simd::WeightView& w = weights.view();
    const auto* data = static_cast<const uint8_t*>(w.data);
    const std::vector<uint8_t> bytes(
        data, data + w.rows * simd::RowBytes(w.type, w.cols));
    return {Put(bytes).address, w.type, w.rows, w.cols};
  }

  std::mt19937 random_{20261130};
  Kernels* kernels_ = nullptr;

 private:
  static inline std::map<MatMulKind, std::unique_ptr<Kernels>> all_kernels_;
};

}  // namespace krait::engine::vulkan

#endif  // KRAIT_TESTS_ENGINE_VULKAN_KERNELS_FIXTURE_H_
