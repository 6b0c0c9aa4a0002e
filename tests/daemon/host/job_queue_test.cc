// SPDX-License-Identifier: Apache-2.0
#include "daemon/host/job_queue.h"

#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>

namespace krait::daemon {
namespace {

CompletionJob Completion(uint64_t session, const std::string& uri,
                         const std::string& before) {
  CompletionJob job;
  job.document = {session, uri};
  job.request.before = before;
  return job;
}

WarmingJob Warming(uint64_t session, const std::string& uri,
                   const std::string& before) {
  WarmingJob job;
  job.document = {session, uri};
  job.request.before = before;
  return job;
}

std::string NextCompletion(JobQueue* queue) {
  const auto job = queue->NextCompletion(completion::Clock::now());
  return job ? job->request.before : "none";
}

std::string NextWarming(JobQueue* queue) {
  const auto job = queue->NextWarming(completion::Clock::now());
  return job ? job->request.before : "none";
}

TEST(JobQueueTest, DocumentsTakeTurns) {
  JobQueue queue;
  queue.Add(Completion(1, "a", "a1"));
  EXPECT_EQ(NextCompletion(&queue), "a1");
  queue.Add(Completion(1, "a", "a2"));
  queue.Add(Completion(2, "a", "other editor"));
  queue.Add(Completion(1, "a", "a3"));
  EXPECT_EQ(NextCompletion(&queue), "other editor");
  EXPECT_EQ(NextCompletion(&queue), "a3");
  EXPECT_EQ(NextCompletion(&queue), "a2");
  EXPECT_EQ(NextCompletion(&queue), "none");
}

class NoText : public completion::TextSource {
 public:
  std::string Read(size_t /*max_bytes*/) const override { return {}; }
};

TEST(JobQueueTest, NothingOfASessionIsRemindedOfWhatIsForbidden) {
  JobQueue queue;
  const auto text = std::make_shared<const NoText>();
  for (const uint64_t session : {1U, 2U}) {
    CompletionJob completion = Completion(session, "a", "");
    WarmingJob warming = Warming(session, "a", "");
    completion.request.others = warming.request.others = {
        {.name = "secret", .source = text}, {.name = "b", .source = text}};
    queue.Add(std::move(completion));
    queue.Add(std::move(warming));
  }
  queue.Add(Warming(1, "secret", "hunter2"));
  queue.Forbid({1, "secret"});
  EXPECT_EQ(queue.num_warmings(), 2U);
  // Session 2 has rules of its own.
  EXPECT_EQ(
      queue.NextCompletion(completion::Clock::now())->request.others.size(),
      2U);
  EXPECT_EQ(
      queue.NextCompletion(completion::Clock::now())->request.others.size(),
      1U);
  EXPECT_EQ(queue.NextWarming(completion::Clock::now())->request.others.size(),
            2U);
  EXPECT_EQ(queue.NextWarming(completion::Clock::now())->request.others.size(),
            1U);
}

TEST(JobQueueTest, ACompletionWaitsForItsTree) {
  JobQueue queue;
  const auto slot = std::make_shared<completion::SyntaxSlot>();
  CompletionJob job = Completion(1, "a", "with a tree");
  job.request.syntax.slot = slot;
  queue.Add(std::move(job));
  queue.Add(Completion(1, "b", "without"));
  EXPECT_EQ(NextCompletion(&queue), "without");
  EXPECT_EQ(NextCompletion(&queue), "none");
  EXPECT_TRUE(queue.ReadyAt().has_value());
  slot->Set(nullptr);
  EXPECT_EQ(NextCompletion(&queue), "with a tree");
}

TEST(JobQueueTest, ACompletionDoesNotWaitForeverForItsTree) {
  JobQueue queue;
  CompletionJob job = Completion(1, "a", "without a tree");
  job.request.syntax.slot = std::make_shared<completion::SyntaxSlot>();
  std::stop_source replaced;
  job.stop = replaced.get_token();
  const auto end = job.queued + JobQueue::kMostTreeWait;
  queue.Add(job);
  EXPECT_FALSE(queue.NextCompletion(end - std::chrono::milliseconds(1)));
  EXPECT_TRUE(queue.NextCompletion(end));
  // Nor does one that nobody wants.
  queue.Add(job);
  replaced.request_stop();
  EXPECT_TRUE(queue.NextCompletion(job.queued));
}

TEST(JobQueueTest, ACompletionWaitsForItsTimeAndHoldsUpWarmingOnly) {
  JobQueue queue;
  EXPECT_EQ(queue.ReadyAt(), std::nullopt);
  queue.Add(Warming(1, "a", "warming"));
  EXPECT_LE(queue.ReadyAt(), completion::Clock::now());
  CompletionJob later = Completion(1, "a", "later");
  std::stop_source replaced;
  later.stop = replaced.get_token();
  later.not_before = completion::Clock::now() + std::chrono::hours(1);
  queue.Add(later);
  EXPECT_EQ(queue.ReadyAt(), later.not_before);
  EXPECT_EQ(NextCompletion(&queue), "none");
  EXPECT_EQ(NextWarming(&queue), "none");
  queue.Add(Completion(2, "b", "now"));
  EXPECT_LE(queue.ReadyAt(), completion::Clock::now());
  EXPECT_EQ(NextCompletion(&queue), "now");
  replaced.request_stop();  // answered without waiting
  EXPECT_EQ(NextCompletion(&queue), "later");
  EXPECT_EQ(NextWarming(&queue), "warming");
}

TEST(JobQueueTest, ADocumentHasOneWarmingJobTheNewest) {
  JobQueue queue;
  queue.Add(Warming(1, "a", "a1"));
  queue.Add(Warming(1, "b", "b1"));
  queue.Add(Warming(1, "a", "a2"));
  EXPECT_EQ(queue.num_warmings(), 2U);
  EXPECT_EQ(NextWarming(&queue), "a2");
  EXPECT_EQ(NextWarming(&queue), "b1");
  EXPECT_EQ(NextWarming(&queue), "none");
}

TEST(JobQueueTest, AWarmingJobWaitsForItsTime) {
  JobQueue queue;
  WarmingJob later = Warming(1, "a", "later");
  later.not_before = completion::Clock::now() + std::chrono::hours(1);
  queue.Add(later);
  EXPECT_EQ(queue.ReadyAt(), later.not_before);
  EXPECT_EQ(NextWarming(&queue), "none");
  queue.Add(Warming(1, "b", "now"));
  EXPECT_LE(queue.ReadyAt(), completion::Clock::now());
  EXPECT_EQ(NextWarming(&queue), "now");
  const auto job = queue.NextWarming(later.not_before);
  ASSERT_TRUE(job.has_value());
  EXPECT_EQ(job->request.before, "later");
}

TEST(JobQueueTest, AReturnedJobKeepsItsPlace) {
  JobQueue queue;
  queue.Add(Warming(1, "a", "a1"));
  queue.Add(Warming(1, "b", "b1"));
  auto begun = queue.NextWarming(completion::Clock::now());
  ASSERT_TRUE(begun.has_value());
  EXPECT_EQ(begun->request.before, "b1");
  queue.Return(std::move(*begun));
  EXPECT_EQ(NextWarming(&queue), "b1");
}

TEST(JobQueueTest, AReturnedJobYieldsToANewerOneOfItsDocument) {
  JobQueue queue;
  queue.Add(Warming(1, "a", "a1"));
  auto begun = queue.NextWarming(completion::Clock::now());
  queue.Add(Warming(1, "a", "a2"));
  queue.Return(std::move(*begun));
  EXPECT_EQ(NextWarming(&queue), "a2");
  EXPECT_EQ(NextWarming(&queue), "none");
}

TEST(JobQueueTest, ASessionTakesItsWarmingAlongAndLeavesItsCompletions) {
  JobQueue queue;
  queue.Add(Warming(1, "a", "a1"));
  queue.Add(Warming(2, "a", "a2"));
  queue.Add(Warming(2, "b", "b2"));
  queue.Add(Completion(2, "a", "waits"));
  queue.Drop({1, "a"});
  EXPECT_EQ(queue.num_warmings(), 2U);
  queue.DropSession(2);
  EXPECT_EQ(queue.num_warmings(), 0U);
  EXPECT_EQ(NextCompletion(&queue), "waits");
}

}  // namespace
}  // namespace krait::daemon
