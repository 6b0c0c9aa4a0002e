// SPDX-License-Identifier: Apache-2.0
#include "engine/vulkan/instance.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <string>
#include <vector>

#include "engine/vulkan/pipelines.h"
#include "tests/engine/vulkan/test_device.h"

namespace krait::engine::vulkan {
namespace {

class InstanceTest : public DeviceTest {};

TEST_F(InstanceTest, ListsDevicesAndDescribesThem) {
  const auto devices = instance_->Devices();
  ASSERT_TRUE(devices) << devices.error().message;
  size_t number = 0;
  bool has_llvmpipe = false;
  for (const DeviceInfo& device : *devices) {
    EXPECT_EQ(device.number, number++);
    if (device.name.find("llvmpipe") == std::string::npos) continue;
    has_llvmpipe = true;
    EXPECT_EQ(device.kind, DeviceKind::kCpu);
    EXPECT_EQ(device.refused, "");
    EXPECT_GT(device.memory_bytes, size_t{1} << 28);
    EXPECT_GE(device.subgroup_size, 4U);
    EXPECT_TRUE(device.has_fp16);
    EXPECT_NE(device.driver, "");
  }
  EXPECT_TRUE(has_llvmpipe);
}

TEST_F(InstanceTest, ChoosesByNumberAndByPartOfAName) {
  const auto by_name = instance_->Choose("LLVMPIPE");
  ASSERT_TRUE(by_name) << by_name.error().message;
  const auto by_number = instance_->Choose(std::to_string(by_name->number));
  ASSERT_TRUE(by_number) << by_number.error().message;
  EXPECT_EQ(by_number->name, by_name->name);
}

TEST_F(InstanceTest, SaysWhichDevicesThereAre) {
  const auto none = instance_->Choose("voodoo");
  ASSERT_FALSE(none);
  EXPECT_EQ(none.error().code, ErrorCode::kNotFound);
  EXPECT_NE(none.error().message.find("no device is 'voodoo'; there are: "),
            std::string::npos);
  EXPECT_NE(none.error().message.find("llvmpipe"), std::string::npos);
}

// A processor that plays a device is slower than krait's own kernels.
TEST_F(InstanceTest, ChoosesNoProcessorByItself) {
  const auto chosen = instance_->Choose("auto");
  if (chosen) {
    EXPECT_NE(chosen->kind, DeviceKind::kCpu);
  } else {
    EXPECT_EQ(chosen.error().code, ErrorCode::kNotFound);
    EXPECT_NE(chosen.error().message.find("llvmpipe"), std::string::npos);
  }
}

TEST_F(InstanceTest, MemoryThatThereIsNotIsSaidWithFigures) {
  MemoryArena arena(device_, MemoryKind::kDevice);
  const auto slice = arena.Allocate(size_t{1} << 50);
  ASSERT_FALSE(slice);
  EXPECT_EQ(slice.error().code, ErrorCode::kUnsupported);
  EXPECT_NE(slice.error().message.find("has no room for 1125899906.8 MB"),
            std::string::npos)
      << slice.error().message;
}

TEST_F(InstanceTest, SlicesOfAPoolAreTakenAgain) {
  const auto pool = std::make_shared<SlicePool>(device_, 1000);
  auto first = pool->Take();
  const auto second = pool->Take();
  ASSERT_TRUE(first && second);
  EXPECT_NE((*first)->address, (*second)->address);
  EXPECT_EQ(pool->taken_bytes(), 2 * pool->slice_bytes());
  const VkDeviceAddress address = (*first)->address;
  first->reset();
  EXPECT_EQ(pool->taken_bytes(), pool->slice_bytes());
  const auto again = pool->Take();
  ASSERT_TRUE(again);
  EXPECT_EQ((*again)->address, address);
}

TEST_F(InstanceTest, MoreThanAPieceIsCopied) {
  std::vector<uint32_t> values((size_t{33} << 20) / sizeof(uint32_t));
  for (size_t i = 0; i < values.size(); ++i) {
    values[i] = static_cast<uint32_t>(i * 2654435761);
  }
  const Slice slice = Put(values);
  EXPECT_EQ(Get<uint32_t>(slice, values.size()), values);
}

TEST_F(InstanceTest, PipelinesAreKeptInAPrivateFile) {
  const std::filesystem::path folder =
      std::filesystem::path(testing::TempDir()) / "krait-pipelines";
  std::filesystem::remove_all(folder);
  const auto pipelines = Pipelines::Create(device_, folder);
  ASSERT_TRUE(pipelines) << pipelines.error().message;
  const auto made = (*pipelines)->Get("add_scaled");
  ASSERT_TRUE(made) << made.error().message;
  ASSERT_TRUE((*pipelines)->Save());
  using std::filesystem::perms;
  const auto file = (*pipelines)->cache_file();
  EXPECT_EQ(std::filesystem::status(file).permissions(),
            perms::owner_read | perms::owner_write);
  const auto again = Pipelines::Create(device_, folder);
  ASSERT_TRUE(again) << again.error().message;
  EXPECT_TRUE((*again)->Get("add_scaled"));
  std::filesystem::remove_all(folder);
}

TEST(PipelineCacheTest, TakesWhatItWroteAndNothingElse) {
  const std::vector<uint8_t> uuid(VK_UUID_SIZE, 7);
  const std::vector<uint8_t> other(VK_UUID_SIZE, 8);
  const std::string file = WrapPipelineCache(uuid, "what a driver compiled");
  EXPECT_EQ(UnwrapPipelineCache(uuid, file), "what a driver compiled");
  EXPECT_EQ(UnwrapPipelineCache(other, file), "");
  for (size_t length = 0; length < file.size(); ++length) {
    EXPECT_EQ(UnwrapPipelineCache(uuid, file.substr(0, length)), "");
  }
  for (size_t i = 0; i < file.size() * 8; ++i) {
    std::string damaged = file;
    damaged[i / 8] = static_cast<char>(damaged[i / 8] ^ (1 << i % 8));
    EXPECT_EQ(UnwrapPipelineCache(uuid, damaged), "");
  }
}

}  // namespace
}  // namespace krait::engine::vulkan
