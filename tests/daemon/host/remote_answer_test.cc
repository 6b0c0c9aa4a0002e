// SPDX-License-Identifier: Apache-2.0
//
// Answers that come from elsewhere are waited for, not looked for: a round is
// run when something has come, and only then.
#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <stop_token>
#include <string>
#include <thread>
#include <utility>

#include "daemon/completion/completion_service.h"
#include "daemon/host/completion_host.h"
#include "tests/daemon/remote_generator.h"
#include "tests/daemon/session/owner_calls.h"

namespace krait::daemon {
namespace {

// A round before each rest, and one for what ended it; what joins or is woken
// in between may cost one more each.
constexpr int kMostRounds = 12;

// Long enough for thousands of rounds of a thread that does not rest.
constexpr std::chrono::milliseconds kAWhile{20};

class RemoteAnswerTest : public testing::Test {
 protected:
  void Start() {
    host_ = std::make_unique<CompletionHost>(
        [remote = remote_]() -> base::Result<ReadyGenerator> {
          return ReadyGenerator{
              .generator = std::make_unique<RemoteGenerator>(remote),
              .description = "remote"};
        },
        calls_.Poster(), std::chrono::hours(1));
    calls_.RunOne();  // loaded
  }
  void Complete(std::stop_token stop = {}) {
    host_->Complete({.document = {1, "untitled:a"},
                     .request = {.path = "", .before = "a = ", .after = ""},
                     .options = {},
                     .stop = std::move(stop),
                     .on_done = [this](const auto& completion) {
                       answer_ = completion ? completion->text
                                            : completion.error().message;
                     }});
  }
  void SayAfterAWhile(const std::string& piece) {
    remote_->WaitForSleeper();
    std::this_thread::sleep_for(kAWhile);
    remote_->Say(piece);
  }

  std::shared_ptr<RemoteEnd> remote_ = std::make_shared<RemoteEnd>();
  OwnerCalls calls_;
  std::string answer_;
  std::unique_ptr<CompletionHost> host_;
};

TEST_F(RemoteAnswerTest, TheModelsThreadRestsUntilTheyCome) {
  Start();
  Complete();
  SayAfterAWhile("first");
  SayAfterAWhile(" second");
  remote_->WaitForSleeper();
  remote_->End();
  calls_.RunOne();
  EXPECT_EQ(answer_, "first second");
  EXPECT_LE(remote_->rounds, kMostRounds);
}

TEST_F(RemoteAnswerTest, ACancelledOneIsNotWaitedFor) {
  Start();
  std::stop_source stop;
  Complete(stop.get_token());
  remote_->WaitForSleeper();
  std::this_thread::sleep_for(kAWhile);
  stop.request_stop();
  calls_.RunOne();
  EXPECT_EQ(answer_, "cancelled");
  EXPECT_LE(remote_->rounds, kMostRounds);
}

TEST_F(RemoteAnswerTest, TheEndDoesNotWaitForThem) {
  Start();
  Complete();
  remote_->WaitForSleeper();
  host_.reset();
  EXPECT_EQ(answer_, "");
}

TEST_F(RemoteAnswerTest, WhatIsToBeForgottenWaitsForThem) {
  Start();
  Complete();
  remote_->WaitForSleeper();
  bool forgotten = false;
  host_->Forget({}, [&forgotten](size_t) { forgotten = true; });
  SayAfterAWhile("yes");
  remote_->WaitForSleeper();
  EXPECT_LE(remote_->rounds, kMostRounds);
  remote_->End();
  while (!forgotten || answer_.empty()) calls_.RunOne();
  EXPECT_EQ(answer_, "yes");
}

TEST_F(RemoteAnswerTest, OneThatRunsAloneRestsToo) {
  RemoteGenerator generator(remote_);
  completion::CompletionService service(generator);
  std::thread elsewhere([this] {
    SayAfterAWhile("yes");
    remote_->WaitForSleeper();
    remote_->End();
  });
  const auto completion =
      service.Complete({.path = "", .before = "a = ", .after = ""}, {});
  elsewhere.join();
  ASSERT_TRUE(completion);
  EXPECT_EQ(completion->text, "yes");
  EXPECT_LE(remote_->rounds, kMostRounds);
}

}  // namespace
}  // namespace krait::daemon
