// SPDX-License-Identifier: Apache-2.0
// What a driver says of the memory that is free (VK_EXT_memory_budget, which
// lavapipe does not have), and what follows from it.

#include <gtest/gtest.h>

#include <memory>
#include <utility>

#include "engine/arch/device_model.h"
#include "tests/engine/vulkan/failing_vulkan.h"
#include "tests/engine/vulkan/test_device.h"

namespace krait::engine::vulkan {
namespace {

constexpr size_t kMebibyte = size_t{1} << 20;

class DeviceBudgetTest : public testing::Test {
 protected:
  void SetUp() override {
    TheVulkanFailures().budget = {};
    const auto real = OpenLibrary();
    if (!real) GTEST_SKIP() << real.error().message;
    const auto instance = Instance::Create(FailingVulkan(*real));
    if (!instance) GTEST_SKIP() << instance.error().message;
    instance_ = *instance;
    const auto info = instance_->Choose("llvmpipe");
    if (!info) GTEST_SKIP() << info.error().message;
  }
  void TearDown() override { TheVulkanFailures().budget = {}; }

  static void Say(size_t bytes, size_t used_bytes) {
    TheVulkanFailures().budget = {
        .is_said = true, .bytes = bytes, .used_bytes = used_bytes};
  }
  DeviceInfo Info() const {
    const auto info = instance_->Choose("llvmpipe");
    EXPECT_TRUE(info) << info.error().message;
    return info ? *info : DeviceInfo{};
  }

  std::shared_ptr<const Instance> instance_;
};

TEST_F(DeviceBudgetTest, WithoutOneAllIsTakenForFree) {
  const DeviceInfo info = Info();
  EXPECT_FALSE(info.says_free_bytes);
  EXPECT_EQ(info.free_bytes, 0U);
  EXPECT_EQ(instance_->FreeBytes(info), info.memory_bytes);
}

TEST_F(DeviceBudgetTest, WhatIsUsedIsNotFree) {
  Say(900 * kMebibyte, 100 * kMebibyte);
  const DeviceInfo info = Info();
  EXPECT_TRUE(info.says_free_bytes);
  EXPECT_EQ(info.free_bytes, 800 * kMebibyte);
  EXPECT_EQ(instance_->FreeBytes(info), 800 * kMebibyte);
  // The heap is as large as it was.
  EXPECT_GT(info.memory_bytes, size_t{1} << 28);
  // It is asked anew each time.
  Say(900 * kMebibyte, 600 * kMebibyte);
  EXPECT_EQ(instance_->FreeBytes(info), 300 * kMebibyte);
  // Others may have taken more than is a process's share.
  Say(900 * kMebibyte, 901 * kMebibyte);
  EXPECT_EQ(instance_->FreeBytes(info), 0U);
  EXPECT_EQ(Info().free_bytes, 0U);
  EXPECT_TRUE(Info().says_free_bytes);
}

// Of memory that is the machine's own, an eighth.
TEST_F(DeviceBudgetTest, StatesHaveAShareOfWhatIsFree) {
  Say(900 * kMebibyte, 100 * kMebibyte);
  auto loaded = Model::LoadFile(KRAIT_TEST_DATA "/models/llama-tiny/hf");
  ASSERT_TRUE(loaded) << loaded.error().message;
  const auto device = Device::Open(instance_, Info());
  ASSERT_TRUE(device) << device.error().message;
  EXPECT_EQ((*device)->FreeBytes(), 800 * kMebibyte);
  const auto model = DeviceModel::Create(std::move(*loaded), *device);
  ASSERT_TRUE(model) << model.error().message;
  EXPECT_EQ((*model)->DeviceStateBytes(), 100 * kMebibyte);
}

}  // namespace
}  // namespace krait::engine::vulkan
