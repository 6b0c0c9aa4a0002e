// SPDX-License-Identifier: Apache-2.0
#include "engine/threads/cpu_quota.h"

#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>
#include <fstream>
#include <string>

namespace krait::engine {
namespace {

namespace fs = std::filesystem;

// A /proc/self and a /sys/fs/cgroup in a folder.
class CpuQuotaTest : public testing::Test {
 protected:
  CpuQuotaTest() {
    char name[] = "/tmp/krait-quota-XXXXXX";
    root_ = mkdtemp(name);
  }
  ~CpuQuotaTest() override { fs::remove_all(root_); }

  void Write(const std::string& path, const std::string& text) const {
    fs::create_directories((root_ / path).parent_path());
    std::ofstream(root_ / path) << text;
  }
  // `group` is a line of /proc/self/cgroup, `root` the group that is mounted.
  void Mount(const std::string& type, const std::string& options,
             const std::string& root, const std::string& group) const {
    Write("self/cgroup", "9:name=systemd:/\n" + group + "\n");
    Write("self/mountinfo",
          "31 23 0:28 / /proc rw - proc proc rw\n32 31 0:29 " + root + " " +
              (root_ / "fs").string() + " rw,relatime shared:9 - " + type +
              " cgroup " + options + "\n");
  }
  std::optional<double> Quota() const { return CpuQuota(root_ / "self"); }

  fs::path root_;
};

TEST_F(CpuQuotaTest, IsTheLeastOfTheGroupAndThoseAbove) {
  Mount("cgroup2", "rw", "/", "0::/user.slice/krait.service");
  EXPECT_EQ(Quota(), std::nullopt);
  Write("fs/user.slice/krait.service/cpu.max", "max 100000\n");
  EXPECT_EQ(Quota(), std::nullopt);
  Write("fs/user.slice/cpu.max", "150000 100000\n");
  EXPECT_EQ(Quota(), 1.5);
  Write("fs/user.slice/krait.service/cpu.max", "50000 100000\n");
  EXPECT_EQ(Quota(), 0.5);
  Write("fs/another.slice/cpu.max", "1000 100000\n");
  EXPECT_EQ(Quota(), 0.5);
}

TEST_F(CpuQuotaTest, ReadsVersion1) {
  Mount("cgroup", "rw,cpu,cpuacct", "/", "4:cpu,cpuacct:/box");
  Write("fs/box/cpu.cfs_quota_us", "-1\n");
  Write("fs/box/cpu.cfs_period_us", "100000\n");
  EXPECT_EQ(Quota(), std::nullopt);
  Write("fs/box/cpu.cfs_quota_us", "200000\n");
  EXPECT_EQ(Quota(), 2.0);
}

TEST_F(CpuQuotaTest, OtherControllersAreNoQuota) {
  Mount("cgroup", "rw,cpuset", "/", "4:cpu:/");
  Write("fs/cpu.cfs_quota_us", "200000\n");
  Write("fs/cpu.cfs_period_us", "100000\n");
  EXPECT_EQ(Quota(), std::nullopt);
}

TEST_F(CpuQuotaTest, SeesWhatAContainerSees) {
  Write("fs/cpu.cfs_quota_us", "50000\n");
  Write("fs/cpu.cfs_period_us", "100000\n");
  // Without a namespace of groups the paths are those of the machine.
  Mount("cgroup", "rw,cpu", "/docker/abc", "4:cpu:/docker/abc");
  EXPECT_EQ(Quota(), 0.5);
  Mount("cgroup", "rw,cpu", "/docker/abc", "4:cpu:/elsewhere");
  EXPECT_EQ(Quota(), 0.5);
  Mount("cgroup", "rw,cpu", "/", "4:cpu:/../../x");
  EXPECT_EQ(Quota(), 0.5);
}

TEST_F(CpuQuotaTest, NonsenseIsNoQuota) {
  EXPECT_EQ(Quota(), std::nullopt);
  Write("self/mountinfo", "1 2 3\n\n- - - -\n");
  Write("self/cgroup", "0\n:\n0:\n");
  EXPECT_EQ(Quota(), std::nullopt);
  Mount("cgroup2", "rw", "/", "0::/a");
  for (const char* text : {"", "x", "1", "0 0", "-5 100000", "5 0"}) {
    Write("fs/a/cpu.max", text);
    EXPECT_EQ(Quota(), std::nullopt) << text;
  }
}

}  // namespace
}  // namespace krait::engine
