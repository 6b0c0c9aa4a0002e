// SPDX-License-Identifier: Apache-2.0
#include "daemon/process/daemon_child.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>

namespace krait::daemon {
namespace {

using testing::Contains;
using testing::ElementsAre;

TEST(DaemonChildTest, InheritsOnlyWhatADaemonNeeds) {
  const std::array variables = {
      "HOME=/home/me",     "PWD=/media/usb", "SSH_AUTH_SOCK=/tmp/agent",
      "KRAIT_MODEL=a=b",   "VIRTUAL_ENV=/v", "XDG_RUNTIME_DIR=/run/user/1",
      "LC_ALL=C.UTF-8",    "HOMER=x",        "AWS_SECRET_ACCESS_KEY=x",
      "HWLOC_SYNTHETIC=x", "PATH=/bin",      "nonsense",
  };
  EXPECT_THAT(DaemonEnvironment(variables),
              ElementsAre("HOME=/home/me", "KRAIT_MODEL=a=b",
                          "XDG_RUNTIME_DIR=/run/user/1", "LC_ALL=C.UTF-8",
                          "HWLOC_SYNTHETIC=x", "PATH=/bin"));
  const std::array<std::string, 1> also = {"AWS_SECRET_ACCESS_KEY"};
  EXPECT_THAT(DaemonEnvironment(variables, also),
              Contains("AWS_SECRET_ACCESS_KEY=x"));
}

}  // namespace
}  // namespace krait::daemon
