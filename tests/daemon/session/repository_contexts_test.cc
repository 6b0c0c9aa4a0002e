// SPDX-License-Identifier: Apache-2.0
#include "daemon/session/repository_contexts.h"

#include <gtest/gtest.h>
#include <stdlib.h>

#include <algorithm>
#include <atomic>
#include <filesystem>
#include <fstream>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "daemon/repository_encoder.h"
#include "tests/daemon/session/owner_calls.h"

namespace krait::daemon {
namespace {

namespace fs = std::filesystem;

constexpr const char* kUri = "file:///main.py";
constexpr const char* kBefore = "import util\n\nx = walrus_helper(";

class RepositoryContextsTest : public testing::Test {
 protected:
  RepositoryContextsTest() {
    char name[] = "/tmp/krait-contexts-XXXXXX";
    dir_ = fs::canonical(mkdtemp(name));
    fs::create_directories(dir_ / "repo/.git");
    Write("util.py", "def walrus_helper(size, colour):\n    return size\n");
    Write("main.py", std::string(kBefore) + ")\n");
  }
  ~RepositoryContextsTest() override {
    contexts_.reset();
    fs::remove_all(dir_);
  }

  void Write(const std::string& path, const std::string& text) const {
    std::ofstream(dir_ / "repo" / path) << text;
  }

  void Make(const fs::path& state_home, std::function<bool()> may_index = {}) {
    contexts_ = std::make_unique<RepositoryContexts>(
        state_home, std::make_shared<LazyEncoder>("none"), calls_.Poster(),
        RepositoryContexts::Callbacks{
            .on_found =
                [this](const std::string& uri) { told_.push_back(uri); },
            .on_progress = [this](size_t done,
                                  size_t total) { indexed_ = done == total; },
            .may_index = std::move(may_index)});
  }

  ContextWish Wish(const std::string& before, const char* uri = kUri) const {
    return {.uri = uri,
            .root = dir_ / "repo",
            .path = "main.py",
            .language = "python",
            .before = before,
            .after = ")\n",
            .most_bytes = 2000};
  }

  // Runs what is posted until somebody was told so often of something new.
  void AwaitTold(size_t times) {
    while (told_.size() < times) calls_.RunOne();
  }

  std::string Shown(const char* uri = kUri) const {
    const auto context = contexts_->Of(uri);
    std::string text;
    if (context == nullptr) return text;
    for (const auto& piece : context->pieces()) {
      text += piece.path + ": " + piece.text;
    }
    return text;
  }

  fs::path dir_;
  OwnerCalls calls_;
  std::vector<std::string> told_;
  bool indexed_ = false;
  std::unique_ptr<RepositoryContexts> contexts_;  // gone first
};

TEST_F(RepositoryContextsTest, FindsWhatIsNamedAtTheCursorInOtherFiles) {
  Make(dir_ / "state");
  EXPECT_EQ(contexts_->Of(kUri), nullptr);
  contexts_->Ask(Wish(kBefore));
  AwaitTold(1);
  EXPECT_EQ(told_, std::vector<std::string>{kUri});
  EXPECT_TRUE(indexed_);
  EXPECT_NE(Shown().find("util.py: def walrus_helper(size, colour)"),
            std::string::npos)
      << Shown();
}

TEST_F(RepositoryContextsTest, TheLastWishOfADocumentCounts) {
  Write("other.py", "def otter_helper(depth):\n    return depth\n");
  Make(dir_ / "state");
  contexts_->Ask(Wish(kBefore));
  contexts_->Ask(Wish("import other\n\nx = otter_helper("));
  AwaitTold(1);
  EXPECT_NE(Shown().find("otter_helper(depth)"), std::string::npos) << Shown();
  EXPECT_EQ(Shown().find("walrus"), std::string::npos) << Shown();
}

TEST_F(RepositoryContextsTest, TheSameAgainIsNoNews) {
  Make(dir_ / "state");
  contexts_->Ask(Wish(kBefore));
  AwaitTold(1);
  contexts_->Ask(Wish(kBefore));
  contexts_->Ask(Wish(kBefore, "file:///second.py"));
  AwaitTold(2);
  EXPECT_EQ(told_, (std::vector<std::string>{kUri, "file:///second.py"}));
}

TEST_F(RepositoryContextsTest, FollowsWhatTheEditorSaysHasChanged) {
  Make(dir_ / "state");
  contexts_->Ask(Wish(kBefore));
  AwaitTold(1);
  Write("util.py", "def walrus_helper(size, weight):\n    return weight\n");
  contexts_->FilesChanged({dir_ / "repo/util.py", "/elsewhere/util.py"});
  // The index follows within a moment; who types asks again and again.
  while (told_.size() < 2) {
    contexts_->Ask(Wish(kBefore));
    calls_.RunOne();
  }
  EXPECT_NE(Shown().find("walrus_helper(size, weight)"), std::string::npos)
      << Shown();
}

TEST_F(RepositoryContextsTest, WhatIsClosedOrForgottenIsNotKept) {
  Make(dir_ / "state");
  contexts_->Ask(Wish(kBefore));
  contexts_->Ask(Wish(kBefore, "file:///second.py"));
  AwaitTold(2);
  contexts_->Close(kUri);
  EXPECT_EQ(contexts_->Of(kUri), nullptr);
  EXPECT_NE(contexts_->Of("file:///second.py"), nullptr);
  EXPECT_EQ(contexts_->Forget(), std::vector<std::string>{"file:///second.py"});
  EXPECT_EQ(contexts_->Of("file:///second.py"), nullptr);
}

TEST_F(RepositoryContextsTest, WhatMayNotBeReadIsNotFound) {
  Make(dir_ / "state");
  ContextWish wish = Wish(kBefore);
  ASSERT_TRUE(wish.rules.Join({"util.py"}));
  contexts_->Ask(std::move(wish));
  AwaitTold(1);
  EXPECT_EQ(Shown().find("walrus_helper"), std::string::npos) << Shown();
}

TEST_F(RepositoryContextsTest, WithoutAPlaceForIndexesNothingIsFound) {
  Make({});
  contexts_->Ask(Wish(kBefore));
  contexts_->FilesChanged({dir_ / "repo/util.py"});
  contexts_->Close(kUri);
  EXPECT_EQ(contexts_->Of(kUri), nullptr);
  EXPECT_TRUE(contexts_->Forget().empty());
  EXPECT_TRUE(told_.empty());
}

TEST_F(RepositoryContextsTest, NothingIsIndexedWhileItMayNotBe) {
  const auto asked = std::make_shared<std::atomic<int>>(0);
  Make(dir_ / "state", [asked] {
    ++*asked;
    return false;
  });
  contexts_->Ask(Wish(kBefore));
  while (*asked == 0) std::this_thread::yield();
  contexts_.reset();
  EXPECT_FALSE(indexed_);
  EXPECT_TRUE(told_.empty());
}

TEST_F(RepositoryContextsTest, WhatIsPostedAfterItsEndTellsNobody) {
  Make(dir_ / "state");
  contexts_->Ask(Wish(kBefore));
  while (!indexed_) calls_.RunOne();
  contexts_->Ask(Wish(kBefore));
  contexts_.reset();
  calls_.Poster()([] {});  // at least one is there
  calls_.RunOne();
  EXPECT_TRUE(told_.empty());
}

}  // namespace
}  // namespace krait::daemon
