// SPDX-License-Identifier: Apache-2.0
// A model whose files change while it is used.
#include "daemon/host/completion_host.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "tests/daemon/fake_generator.h"
#include "tests/daemon/host/host_fixture.h"

namespace krait::daemon {
namespace {

using testing::ElementsAre;

// Loads what the test says, each time anew.
class ReloadTest : public CompletionHostTest {
 protected:
  void Start() {
    host_ = std::make_unique<CompletionHost>(
        [this]() -> base::Result<ReadyGenerator> {
          const std::lock_guard lock(mutex_);
          if (!error_.empty()) {
            return base::MakeError(base::ErrorCode::kBadFile, error_);
          }
          auto generator = std::make_unique<FakeGenerator>(answer_);
          generator->set_check([this] {
            const std::lock_guard locked(mutex_);
            return std::exchange(change_, completion::ModelChange::kNone);
          });
          generator->set_before_token(before_token_);
          return ReadyGenerator{.generator = std::move(generator),
                                .description = "says " + answer_,
                                .threads = 1};
        },
        calls_.Poster(), std::chrono::hours(1),
        [this] {
          const std::lock_guard lock(mutex_);
          return stamp_;
        });
    host_->WhenReloaded(alive_, [this](const auto& loaded) {
      told_.push_back(loaded ? *loaded : loaded.error().message);
    });
    calls_.RunOne();  // loaded
  }
  void SetFiles(const std::string& error, const std::string& answer) {
    const std::lock_guard lock(mutex_);
    error_ = error;
    answer_ = answer;
    ++stamp_[0].modified_ns;
  }
  void SetChange(completion::ModelChange change) {
    const std::lock_guard lock(mutex_);
    change_ = change;
  }

  std::mutex mutex_;
  std::string error_;
  std::string answer_ = "old";
  engine::ModelStamp stamp_{{.path = "model"}};
  completion::ModelChange change_ = completion::ModelChange::kNone;
  std::function<void()> before_token_;
  std::shared_ptr<int> alive_ = std::make_shared<int>(0);
  std::vector<std::string> told_;
};

constexpr const char* kChanged =
    "the model's file was changed; it is loaded again";

TEST_F(ReloadTest, AnOverwrittenModelAnswersNothingUntilItIsLoadedAgain) {
  Start();
  Complete("a", "1");
  calls_.RunOne();
  SetFiles("", "new");
  SetChange(completion::ModelChange::kOverwritten);
  Complete("a", "2");
  calls_.RunOne();  // what is published
  calls_.RunOne();  // the answer
  calls_.RunOne();  // loaded again
  Complete("a", "3");
  calls_.RunOne();
  EXPECT_THAT(done_,
              ElementsAre("1|old", std::string("2|") + kChanged, "3|new"));
  EXPECT_THAT(told_, ElementsAre(kChanged, "says new"));
}

TEST_F(ReloadTest, WhatWasSaidWhileTheModelWasOverwrittenIsNotShown) {
  before_token_ = [this] { SetChange(completion::ModelChange::kOverwritten); };
  Start();
  Complete("a", "1");
  calls_.RunOne();
  calls_.RunOne();
  EXPECT_THAT(done_, ElementsAre(std::string("1|") + kChanged));
}

TEST_F(ReloadTest, AFailedLoadIsTriedAgainWhenTheFilesHaveChanged) {
  error_ = "a bad file";
  Start();
  Complete("a", "1");
  calls_.RunOne();
  SetFiles("", "good");
  calls_.RunOne();  // loaded by itself
  Complete("a", "2");
  calls_.RunOne();
  EXPECT_THAT(done_, ElementsAre("1|a bad file", "2|good"));
  EXPECT_THAT(told_, ElementsAre("says good"));
}

TEST_F(ReloadTest, AFailedLoadIsTriedAgainForANewEditor) {
  error_ = "a bad file";
  Start();
  {
    const std::lock_guard lock(mutex_);
    error_.clear();  // and nothing says so
  }
  (void)host_->NewSession();
  calls_.RunOne();
  ASSERT_TRUE(*host_->loaded());
  EXPECT_THAT(told_, ElementsAre("says old"));
}

TEST_F(ReloadTest, WhoeverIsGoneIsNotTold) {
  error_ = "a bad file";
  Start();
  alive_.reset();
  SetFiles("", "good");
  calls_.RunOne();
  EXPECT_TRUE(*host_->loaded());
  EXPECT_THAT(told_, testing::IsEmpty());
}

}  // namespace
}  // namespace krait::daemon
