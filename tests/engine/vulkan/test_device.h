// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_TESTS_ENGINE_VULKAN_TEST_DEVICE_H_
#define KRAIT_TESTS_ENGINE_VULKAN_TEST_DEVICE_H_

#include <gtest/gtest.h>

#include <cstddef>
#include <map>
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
// the validation layer where that is installed. One for all tests of a process
// and each kind of products.
struct TestDevice {
  std::shared_ptr<const Instance> instance = nullptr;
  std::shared_ptr<Device> device = nullptr;
  std::string missing = {};  // why there is none

  static const TestDevice& Get(MatMulKind kind = MatMulKind::kPlain) {
    // Never destroyed: when the process ends the driver is gone before.
    static auto* const devices = new std::map<MatMulKind, TestDevice>;
    const auto found = devices->find(kind);
    if (found != devices->end()) return found->second;
    return devices->emplace(kind, Open(kind)).first->second;
  }

  // What the device has: Debian 12's no cooperative matrices, sid's all.
  static std::vector<MatMulKind> Kinds() {
    std::vector<MatMulKind> kinds = {MatMulKind::kPlain};
    for (const auto kind : {MatMulKind::kInt8, MatMulKind::kCooperative}) {
      if (Get(kind).device != nullptr) kinds.push_back(kind);
    }
    return kinds;
  }
  static std::string NameOf(MatMulKind kind) {
    constexpr const char* kNames[] = {"Plain", "Int8", "Cooperative"};
    return kNames[static_cast<size_t>(kind)];
  }

 private:
  static Result<std::shared_ptr<const Instance>> OpenInstance() {
    auto instance = Instance::Create(/*validate=*/true);
    return instance ? instance : Instance::Create();
  }

  static TestDevice Open(MatMulKind kind) {
    TestDevice made;
    static auto* const instance =
        new Result<std::shared_ptr<const Instance>>(OpenInstance());
    if (!*instance) return {.missing = instance->error().message};
    made.instance = **instance;
    const auto info = made.instance->Choose("llvmpipe");
    if (!info) return {.missing = info.error().message};
    auto device = Device::Open(made.instance, *info, kind);
    if (!device) return {.missing = device.error().message};
    made.device = *device;
    return made;
  }
};

// A test on that device: skipped if there is none, and failed if the validation
// layer has something against it.
class DeviceTest : public testing::Test {
 protected:
  // Of its products of many tokens.
  virtual MatMulKind kind() const { return MatMulKind::kPlain; }

  void SetUp() override {
    const TestDevice& test_device = TestDevice::Get(kind());
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
