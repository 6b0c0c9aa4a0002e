// SPDX-License-Identifier: Apache-2.0
#include "daemon/repository/index_follower.h"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <filesystem>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "daemon/repository/search.h"
#include "tests/daemon/repository/repository_testing.h"

namespace krait::repository {
namespace {

// So long may anything take; nothing takes as long unless it never comes.
constexpr std::chrono::seconds kPatience{60};

class IndexFollowerTest : public RepositoryTest {
 protected:
  FollowOptions Options() {
    return {.index = folder_ / "a.index",
            .root = root_,
            .try_again_after = std::chrono::milliseconds(20),
            .on_update = [this](const base::Result<IndexReport>& report) {
              const std::lock_guard lock(mutex_);
              if (report) {
                reports_.push_back(*report);
              } else {
                ++failures_;
              }
              changed_.notify_all();
            }};
  }
  // Waits until it is so, looking again after each update.
  bool Await(const std::function<bool()>& is_so) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, kPatience, is_so);
  }
  bool AwaitUpdate() {
    return Await([this] { return !reports_.empty(); });
  }
  bool Finds(const std::string& word) const {
    auto searcher = Searcher::Open(folder_ / "a.index");
    if (!searcher) return false;
    const auto found = searcher->Find(word, 1);
    return found && !found->empty();
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<IndexReport> reports_;  // guarded by mutex_
  size_t failures_ = 0;               // guarded by mutex_
};

TEST_F(IndexFollowerTest, FollowsWhatIsWrittenMadeAndDeleted) {
  Write("a.py", "def firstfunction(): pass\n");
  Write("sub/b.py", "def second(): pass\n");
  const IndexFollower follower(Options());
  ASSERT_TRUE(AwaitUpdate());
  EXPECT_TRUE(Finds("firstfunction"));

  Write("a.py", "def thirdfunction(): pass\n");
  EXPECT_TRUE(Await([this] { return Finds("thirdfunction"); }));
  EXPECT_FALSE(Finds("firstfunction"));
  // What a rename puts there, as editors save.
  Write("a.py.tmp", "def fourthfunction(): pass\n");
  std::filesystem::rename(root_ / "a.py.tmp", root_ / "a.py");
  EXPECT_TRUE(Await([this] { return Finds("fourthfunction"); }));
  // A folder that is new, and what is made in it later.
  std::filesystem::create_directories(root_ / "new/folder");
  Write("new/folder/c.py", "def fifthfunction(): pass\n");
  EXPECT_TRUE(Await([this] { return Finds("fifthfunction"); }));
  std::filesystem::remove_all(root_ / "sub");
  EXPECT_TRUE(Await([this] { return !Finds("second"); }));
}

TEST_F(IndexFollowerTest, LooksOnlyAtWhatChanged) {
  for (int i = 0; i < 50; ++i) {
    Write("f" + std::to_string(i) + ".py", "def f(): pass\n");
  }
  IndexFollower follower(Options());
  ASSERT_TRUE(AwaitUpdate());
  Write("f7.py", "def seventhfunction(): pass\n");
  ASSERT_TRUE(Await([this] { return Finds("seventhfunction"); }));
  const std::lock_guard lock(mutex_);
  for (size_t i = 1; i < reports_.size(); ++i) {
    EXPECT_LE(reports_[i].changed + reports_[i].unchanged, 1U);
  }
}

TEST_F(IndexFollowerTest, AnEditorMayTellIt) {
  Write("a.py", "def first(): pass\n");
  IndexFollower follower(Options());
  ASSERT_TRUE(AwaitUpdate());
  const uint64_t before = follower.updates();
  // What is not below the root, or not there, changes nothing.
  follower.Changed({"a.py", "../a.py", "/etc/passwd", "none.py", ""});
  EXPECT_TRUE(Await([&] { return follower.updates() > before; }));
  EXPECT_FALSE(Finds("root"));
}

TEST_F(IndexFollowerTest, RulesThatChangeCountAtOnce) {
  Write("a.py", "def first(): pass\n");
  Write("out/b.py", "def builtfunction(): pass\n");
  IndexFollower follower(Options());
  ASSERT_TRUE(AwaitUpdate());
  EXPECT_TRUE(Finds("builtfunction"));
  Write(".gitignore", "out/\n");
  EXPECT_TRUE(Await([this] { return !Finds("builtfunction"); }));
}

TEST_F(IndexFollowerTest, RestsWhileItMayNotWork) {
  Write("a.py", "def first(): pass\n");
  FollowOptions options = Options();
  std::atomic<bool> may{false};
  std::atomic<int> asked{0};
  options.may_work = [&] {
    ++asked;
    return may.load();
  };
  IndexFollower follower(options);
  while (asked < 3) std::this_thread::yield();
  EXPECT_EQ(follower.updates(), 0U);
  may = true;
  EXPECT_TRUE(AwaitUpdate());
  follower.Pause(true);
  const uint64_t before = follower.updates();
  Write("a.py", "def another(): pass\n");
  follower.Pause(false);
  EXPECT_TRUE(Await([&] { return follower.updates() > before; }));
}

TEST_F(IndexFollowerTest, TwoFollowOneRepository) {
  Write("a.py", "def first(): pass\n");
  const IndexFollower one(Options());
  const IndexFollower other(Options());
  ASSERT_TRUE(Await([this] { return reports_.size() >= 2; }));
  Write("b.py", "def latefunction(): pass\n");
  EXPECT_TRUE(Await([this] { return Finds("latefunction"); }));
}

TEST_F(IndexFollowerTest, ARootThatGoesAndComesBackIsFollowedAgain) {
  Write("a.py", "def first(): pass\n");
  const IndexFollower follower(Options());
  ASSERT_TRUE(AwaitUpdate());
  std::filesystem::rename(root_, folder_ / "moved");
  EXPECT_TRUE(Await([this] { return failures_ > 0; }));
  EXPECT_TRUE(Finds("first"));  // nothing is known of it: it stays as it was
  std::filesystem::rename(folder_ / "moved", root_);
  Write("b.py", "def backagain(): pass\n");
  EXPECT_TRUE(Await([this] { return Finds("backagain"); }));
}

}  // namespace
}  // namespace krait::repository
