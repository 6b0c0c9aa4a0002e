// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_TESTS_ENGINE_VULKAN_TEST_DEVICE_H_
#define KRAIT_TESTS_ENGINE_VULKAN_TEST_DEVICE_H_

#include <gtest/gtest.h>

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "engine/vulkan/device.h"
#include "engine/vulkan/device_memory.h"
#include "engine/vulkan/instance.h"
#include "engine/vulkan/transfers.h"

namespace krait::engine::vulkan {

// Mesa's device that the processor plays (Debian: mesa-vulkan-drivers), with
// the validation layer where that is installed. One for all tests of a process.
struct TestDevice {
  std::shared_ptr<const Instance> instance = nullptr;
  std::shared_ptr<Device> device = nullptr;
  std::string missing = {};  // why there is none

  static const TestDevice& Get() {
    static const TestDevice test_device = Open();
    return test_device;
  }

  static TestDevice Open() {
    TestDevice made;
    auto instance = Instance::Create(/*validate=*/true);
    if (!instance) instance = Instance::Create();
    if (!instance) return {.missing = instance.error().message};
    made.instance = *instance;
    const auto info = made.instance->Choose("llvmpipe");
    if (!info) return {.missing = info.error().message};
    auto device = Device::Open(made.instance, *info);
    if (!device) return {.missing = device.error().message};
    made.device = *device;
    return made;
  }
};

// A test on that device: skipped if there is none, and failed if the validation
// layer has something against it.
class DeviceTest : public testing::Test {
 protected:
  void SetUp() override {
    const TestDevice& test_device = TestDevice::Get();
    if (test_device.device == nullptr) GTEST_SKIP() << test_device.missing;
    instance_ = test_device.instance;
    device_ = test_device.device;
    errors_before_ = instance_->validation_errors();
    auto transfers = Transfers::Create(device_);
    ASSERT_TRUE(transfers) << transfers.error().message;
    transfers_ = *transfers;
    auto commands = Commands::Create(device_);
    ASSERT_TRUE(commands) << commands.error().message;
    commands_ = std::move(*commands);
    arena_ = std::make_unique<MemoryArena>(device_, MemoryKind::kDevice,
                                           size_t{1} << 20);
  }
  void TearDown() override {
    if (instance_ == nullptr) return;
    EXPECT_EQ(instance_->validation_errors(), errors_before_);
  }

  // Puts values into the device's memory.
  template <class T>
  Slice Put(const std::vector<T>& values) {
    const auto slice = arena_->Allocate(values.size() * sizeof(T));
    EXPECT_TRUE(slice) << slice.error().message;
    transfers_->Upload(std::as_bytes(std::span(values)), *slice);
    return *slice;
  }
  template <class T = float>
  std::vector<T> Get(const Slice& slice, size_t count) {
    std::vector<T> values(count);
    transfers_->Download(slice, std::as_writable_bytes(std::span(values)));
    return values;
  }

  std::shared_ptr<const Instance> instance_;
  std::shared_ptr<Device> device_;
  std::shared_ptr<Transfers> transfers_;
  std::unique_ptr<Commands> commands_;
  std::unique_ptr<MemoryArena> arena_;

 private:
  size_t errors_before_ = 0;
};

}  // namespace krait::engine::vulkan

#endif  // KRAIT_TESTS_ENGINE_VULKAN_TEST_DEVICE_H_
