// SPDX-License-Identifier: Apache-2.0
#include "daemon/process/daemon_endpoint.h"

#include <gtest/gtest.h>
#include <stdlib.h>
#include <unistd.h>

#include <filesystem>
#include <string>

#include "daemon/io/unix_socket.h"

namespace krait::daemon {
namespace {

namespace fs = std::filesystem;

class DaemonEndpointTest : public testing::Test {
 protected:
  DaemonEndpointTest() {
    char name[] = "/tmp/krait-endpoint-XXXXXX";
    root_ = mkdtemp(name);
    env_ = {.xdg_runtime_dir = root_, .tmp = root_, .uid = geteuid()};
  }
  ~DaemonEndpointTest() override { fs::remove_all(root_); }

  DaemonEndpoint Open() {
    auto opened = DaemonEndpoint::Open(env_);
    EXPECT_TRUE(opened && *opened);
    return std::move(**opened);
  }

  fs::path root_;
  RuntimeEnvironment env_;
};

TEST_F(DaemonEndpointTest, TakesItsSocketAwayAtTheEnd) {
  const fs::path socket = root_ / "krait/daemon.sock";
  {
    const DaemonEndpoint endpoint = Open();
    EXPECT_EQ(endpoint.socket(), socket);
    EXPECT_TRUE(endpoint.IsFound());
    EXPECT_TRUE(ConnectTo(socket));
  }
  EXPECT_FALSE(fs::exists(socket));
}

TEST_F(DaemonEndpointTest, LeavesAnothersSocketAlone) {
  auto first = std::make_unique<DaemonEndpoint>(Open());
  fs::remove_all(root_ / "krait");  // as at the end of a login
  EXPECT_FALSE(first->IsFound());
  const DaemonEndpoint second = Open();
  EXPECT_FALSE(first->IsFound());
  EXPECT_FALSE(first->Reopen());
  first.reset();
  EXPECT_TRUE(second.IsFound());
  EXPECT_TRUE(ConnectTo(second.socket()));
}

TEST_F(DaemonEndpointTest, TakesItsPlaceAgain) {
  DaemonEndpoint endpoint = Open();
  const base::FileDescriptor old = endpoint.TakeListener();
  for (const char* removed :
       {"krait", "krait/daemon.sock", "krait/daemon.lock"}) {
    fs::remove_all(root_ / removed);
    EXPECT_FALSE(endpoint.IsFound()) << removed;
    ASSERT_TRUE(endpoint.Reopen()) << removed;
    EXPECT_TRUE(endpoint.IsFound()) << removed;
    const base::FileDescriptor listener = endpoint.TakeListener();
    EXPECT_TRUE(ConnectTo(endpoint.socket())) << removed;
    // Nobody else begins beside it.
    const auto other = DaemonEndpoint::Open(env_);
    ASSERT_TRUE(other);
    EXPECT_FALSE(*other);
  }
}

TEST_F(DaemonEndpointTest, CannotTakeAPlaceThatCannotBeMade) {
  DaemonEndpoint endpoint = Open();
  fs::remove_all(root_);
  EXPECT_FALSE(endpoint.IsFound());
  EXPECT_FALSE(endpoint.Reopen());
  endpoint.Release();
}

}  // namespace
}  // namespace krait::daemon
