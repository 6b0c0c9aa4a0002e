// SPDX-License-Identifier: Apache-2.0
#include "daemon/memory_limit.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <string>

namespace krait::daemon {
namespace {

namespace fs = std::filesystem;

constexpr size_t kMebibyte = size_t{1} << 20;
constexpr size_t kGibibyte = size_t{1} << 30;

class MemoryLimitTest : public testing::Test {
 protected:
  void SetUp() override {
    const std::string name =
        testing::UnitTest::GetInstance()->current_test_info()->name();
    root_ = fs::path(testing::TempDir()) / ("krait_memory_limit_" + name);
    fs::remove_all(root_);
  }
  void TearDown() override { fs::remove_all(root_); }

  void Write(const std::string& path, const std::string& text) {
    fs::create_directories((root_ / path).parent_path());
    std::ofstream(root_ / path) << text << "\n";
  }

  MemoryLimit Find(size_t address_space_bytes = 0) {
    return FindMemoryLimit({.machine_bytes = 16 * kGibibyte,
                            .address_space_bytes = address_space_bytes,
                            .data_bytes = 0,
                            .root = root_});
  }

  fs::path root_;
};

TEST_F(MemoryLimitTest, IsTheMachinesWithoutAnother) {
  EXPECT_EQ(Find().bytes, 16 * kGibibyte);
  EXPECT_EQ(Find().set_by, "the machine");
}

TEST_F(MemoryLimitTest, IsTheLowestOfAllGroupsAround) {
  Write("proc/self/cgroup", "0::/user.slice/app.slice/krait.service");
  const std::string slice = "sys/fs/cgroup/user.slice/app.slice/";
  Write(slice + "krait.service/memory.max", "max");
  EXPECT_EQ(Find().set_by, "the machine");
  Write("sys/fs/cgroup/user.slice/memory.max", "4294967296");
  EXPECT_EQ(Find().bytes, 4 * kGibibyte);
  Write(slice + "memory.high", "629145600");
  EXPECT_EQ(Find().bytes, 600 * kMebibyte);
  EXPECT_EQ(Find().set_by, "its control group");
  Write(slice + "krait.service/memory.max", "314572800");
  EXPECT_EQ(Find().bytes, 300 * kMebibyte);
}

TEST_F(MemoryLimitTest, KnowsVersionOne) {
  Write("proc/self/cgroup",
        "5:cpu,cpuacct:/\n4:memory:/docker/0123\n1:name=systemd:/x");
  Write("sys/fs/cgroup/memory/memory.limit_in_bytes", "9223372036854771712");
  EXPECT_EQ(Find().set_by, "the machine");
  Write("sys/fs/cgroup/memory/docker/memory.limit_in_bytes", "629145600");
  EXPECT_EQ(Find().bytes, 600 * kMebibyte);
}

TEST_F(MemoryLimitTest, AContainersRootIsFound) {
  Write("proc/self/cgroup", "0::/../../docker/0123");
  Write("sys/fs/cgroup/memory.max", "629145600");
  EXPECT_EQ(Find().bytes, 600 * kMebibyte);
}

TEST_F(MemoryLimitTest, KnowsTheAddressSpace) {
  Write("proc/self/cgroup", "0::/");
  Write("sys/fs/cgroup/memory.max", "nonsense");
  EXPECT_EQ(Find(700 * kMebibyte).bytes, 700 * kMebibyte);
  EXPECT_EQ(Find(700 * kMebibyte).set_by, "ulimit -v");
}

TEST(StateBytesTest, AreAnEighthAndAtMostAGibibyte) {
  const auto of = [](size_t bytes) {
    return StateBytesFor({.bytes = bytes, .set_by = {}});
  };
  EXPECT_EQ(of(64 * kGibibyte), kGibibyte);
  EXPECT_EQ(of(8 * kGibibyte), kGibibyte);
  EXPECT_EQ(of(2 * kGibibyte), 256 * kMebibyte);
  EXPECT_EQ(of(600 * kMebibyte), 75 * kMebibyte);
  EXPECT_EQ(of(kMebibyte), kMebibyte);
}

TEST(StateBytesTest, OfThisProcessFitTheMachine) {
  EXPECT_GE(DefaultStateBytes(), kMebibyte);
  EXPECT_LE(DefaultStateBytes(), kGibibyte);
  EXPECT_LE(DefaultStateBytes(), ProcessMemoryLimit().bytes);
}

TEST(SharedBytesTest, AreTheStatesAndSomeMoreWithinHalfOfTheLimit) {
  const auto of = [](size_t state_mebibytes, size_t limit_mebibytes) {
    return SharedBytesFor(
               state_mebibytes * kMebibyte,
               {.bytes = limit_mebibytes * kMebibyte, .set_by = {}}) /
           kMebibyte;
  };
  EXPECT_EQ(of(1024, 16384), 1024U + 128U);
  EXPECT_EQ(of(64, 16384), 64U + 16U);
  EXPECT_EQ(of(0, 16384), 16U);
  EXPECT_EQ(of(7000, 16384), 7875U);
  EXPECT_EQ(of(8000, 16384), 8192U);
  EXPECT_EQ(of(10000, 16384), 8192U);  // whatever the setting says
  EXPECT_EQ(of(2, 20), 10U);
}

}  // namespace
}  // namespace krait::daemon
