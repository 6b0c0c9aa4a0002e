// SPDX-License-Identifier: Apache-2.0
#include "daemon/process/daemon_mark.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <functional>
#include <string>

namespace krait::daemon {
namespace {

namespace fs = std::filesystem;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class DaemonMarkTest : public testing::Test {
 protected:
  DaemonMarkTest() {
    char name[] = "/tmp/krait-mark-XXXXXX";
    dir_ = mkdtemp(name);
  }
  ~DaemonMarkTest() override { fs::remove_all(dir_); }

  // Another process with a mark, which ends like this.
  pid_t Run(const std::function<void()>& end) {
    const pid_t pid = fork();
    if (pid == 0) {
      const DaemonMark mark(dir_);
      end();
      _exit(0);
    }
    (void)waitpid(pid, nullptr, 0);
    return pid;
  }

  fs::path dir_;
};

TEST_F(DaemonMarkTest, ACleanEndLeavesNothing) {
  { const DaemonMark mark(dir_ / "state"); }
  EXPECT_TRUE(fs::is_empty(dir_ / "state"));
  EXPECT_EQ(fs::status(dir_ / "state").permissions(), fs::perms::owner_all);
  EXPECT_THAT(HowOthersEnded(dir_ / "state"), IsEmpty());
  EXPECT_THAT(HowOthersEnded(dir_ / "none"), IsEmpty());
  const DaemonMark none({});
}

TEST_F(DaemonMarkTest, OneThatRunsIsNotCalledDead) {
  const DaemonMark mark(dir_);
  EXPECT_THAT(HowOthersEnded(dir_), IsEmpty());
  EXPECT_FALSE(fs::is_empty(dir_));
}

TEST_F(DaemonMarkTest, AKilledOneIsToldOnce) {
  const pid_t pid = Run([] { (void)raise(SIGKILL); });
  EXPECT_THAT(HowOthersEnded(dir_),
              ElementsAre(AllOf(HasSubstr("process " + std::to_string(pid)),
                                HasSubstr("it was killed"))));
  EXPECT_THAT(HowOthersEnded(dir_), IsEmpty());
}

TEST_F(DaemonMarkTest, AFatalSignalIsNamed) {
  Run([] { (void)raise(SIGBUS); });
  EXPECT_THAT(HowOthersEnded(dir_), ElementsAre(HasSubstr("SIGBUS")));
  Run([] { std::abort(); });
  EXPECT_THAT(HowOthersEnded(dir_), ElementsAre(HasSubstr("SIGABRT")));
}

}  // namespace
}  // namespace krait::daemon
