// SPDX-License-Identifier: Apache-2.0
//
// The kinds of tasks, without a thread.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <functional>
#include <memory>
#include <stop_token>
#include <string>
#include <utility>
#include <vector>

#include "daemon/completion/completion_service.h"
#include "daemon/completion/shown/syntax.h"
#include "daemon/host/completion_task.h"
#include "daemon/host/warm_task.h"
#include "tests/daemon/fake_generator.h"

namespace krait::daemon {
namespace {

using completion::Clock;
using testing::ElementsAre;

// Callbacks come at once.
void CallNow(const std::function<void()>& call) {
  call();
}

class TextIs : public completion::TextSource {
 public:
  explicit TextIs(std::string text) : text_(std::move(text)) {}
  std::string Read(size_t /*max_bytes*/) const override { return text_; }

 private:
  std::string text_;
};

std::vector<completion::NearbyText> SecretAndOther() {
  return {{.name = "secret", .source = std::make_shared<TextIs>("hunter2")},
          {.name = "b", .source = std::make_shared<TextIs>("other")}};
}

TEST(CompletionTaskTest, WaitsForItsTree) {
  const auto slot = std::make_shared<completion::SyntaxSlot>();
  CompletionJob job;
  job.request.syntax.slot = slot;
  const CompletionTask task(job, CallNow);
  const auto now = Clock::now();
  EXPECT_GT(task.BeginsAt(now), now);
  slot->Set(nullptr);
  EXPECT_LE(task.BeginsAt(now), now);
}

TEST(CompletionTaskTest, DoesNotWaitForeverForItsTree) {
  CompletionJob job;
  job.request.syntax.slot = std::make_shared<completion::SyntaxSlot>();
  std::stop_source replaced;
  job.stop = replaced.get_token();
  const CompletionTask task(job, CallNow);
  const auto end = job.queued + CompletionTask::kMostTreeWait;
  const auto before = end - std::chrono::milliseconds(1);
  EXPECT_GT(task.BeginsAt(before), before);
  EXPECT_LE(task.BeginsAt(end), end);
  // Nor does one that nobody wants.
  replaced.request_stop();
  EXPECT_LE(task.BeginsAt(job.queued), job.queued);
}

TEST(DocumentKeyTest, AFileIsTheSameInAllEditorsWhatHasNoneIsNot) {
  const auto identity = [](uint64_t session, const std::string& uri) {
    return IdentityOf({.session = session, .uri = uri});
  };
  EXPECT_EQ(identity(1, "file:///a/main.c"), identity(2, "file:///a/main.c"));
  EXPECT_NE(identity(1, "file:///a/main.c"), identity(1, "file:///b/main.c"));
  EXPECT_NE(identity(1, "untitled:Untitled-1"),
            identity(2, "untitled:Untitled-1"));
  EXPECT_NE(identity(1, "untitled:Untitled-1"),
            identity(1, "untitled:Untitled-2"));
}

TEST(CompletionTaskTest, WaitsForItsTimeUnlessNobodyWantsIt) {
  CompletionJob job;
  job.not_before = Clock::now() + std::chrono::hours(1);
  std::stop_source replaced;
  job.stop = replaced.get_token();
  const CompletionTask task(job, CallNow);
  EXPECT_EQ(task.BeginsAt(Clock::now()), job.not_before);
  EXPECT_LE(task.BeginsAt(job.not_before), job.not_before);
  replaced.request_stop();
  EXPECT_LE(task.BeginsAt(Clock::now()), Clock::now());
}

TEST(CompletionTaskTest, IsNotRemindedOfWhatIsForbidden) {
  FakeGenerator generator("y");
  completion::CompletionService service(generator);
  CompletionJob job;
  job.request.others = SecretAndOther();
  CompletionTask task(job, CallNow);
  task.Forbid("secret");
  task.Begin({generator, service}, {});
  EXPECT_THAT(generator.others, ElementsAre("other"));
}

TEST(WarmTaskTest, WaitsAMomentForItsTree) {
  WarmingJob job;
  job.request.syntax.slot = std::make_shared<completion::SyntaxSlot>();
  const auto begin = Clock::now();
  const WarmTask task(job);
  EXPECT_GT(task.BeginsAt(begin), begin);
  const auto end = Clock::now() + WarmTask::kMostTreeWait;
  EXPECT_LE(task.BeginsAt(end), end);
}

TEST(WarmTaskTest, IsNotRemindedOfWhatIsForbidden) {
  FakeGenerator generator("y");
  completion::CompletionService service(generator);
  WarmingJob job;
  job.request.others = SecretAndOther();
  job.prefetch_at = Clock::now();
  WarmTask task(job);
  task.Forbid("secret");
  task.Begin({generator, service}, {});
  EXPECT_THAT(generator.others, ElementsAre("other"));
  EXPECT_TRUE(task.ended());
}

TEST(WarmTaskTest, ComesBackForItsPrefetch) {
  FakeGenerator generator("y");
  completion::CompletionService service(generator);
  WarmingJob job;
  job.prefetch_at = Clock::now() + std::chrono::hours(1);
  WarmTask task(job);
  EXPECT_LE(task.BeginsAt(Clock::now()), Clock::now());
  task.Begin({generator, service}, {});
  EXPECT_FALSE(task.ended());
  EXPECT_EQ(task.BeginsAt(Clock::now()), *job.prefetch_at);
  EXPECT_EQ(generator.calls, 0);
}

}  // namespace
}  // namespace krait::daemon
