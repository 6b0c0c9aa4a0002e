// SPDX-License-Identifier: Apache-2.0
#include "daemon/host/task_queue.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace krait::daemon {
namespace {

using completion::Clock;
using testing::ElementsAre;

// A task with a name, whose time the test knows.
class NamedTask : public Task {
 public:
  NamedTask(TaskPriority priority, DocumentKey document, std::string its_name)
      : Task(priority, std::move(document)), name(std::move(its_name)) {}

  Clock::time_point BeginsAt(Clock::time_point /*now*/) const override {
    return begins_at;
  }
  void Forbid(const std::string& uri) override { forbidden.push_back(uri); }
  void Begin(const TaskModel& /*model*/, std::stop_token /*stop*/) override {}
  bool ended() const override { return false; }

  const std::string name;
  Clock::time_point begins_at = {};
  std::vector<std::string> forbidden;
};

std::unique_ptr<NamedTask> WaitedFor(uint64_t session, const std::string& uri,
                                     const std::string& name) {
  return std::make_unique<NamedTask>(TaskPriority::kWaitedFor,
                                     DocumentKey{session, uri}, name);
}

std::unique_ptr<NamedTask> Idle(uint64_t session, const std::string& uri,
                                const std::string& name) {
  return std::make_unique<NamedTask>(TaskPriority::kIdle,
                                     DocumentKey{session, uri}, name);
}

std::string Next(TaskQueue* queue, TaskPriority priority,
                 Clock::time_point now = Clock::now()) {
  const auto task = queue->Next(priority, now);
  return task ? static_cast<const NamedTask&>(*task).name : "none";
}

std::string NextWaitedFor(TaskQueue* queue) {
  return Next(queue, TaskPriority::kWaitedFor);
}

std::string NextIdle(TaskQueue* queue) {
  return Next(queue, TaskPriority::kIdle);
}

TEST(TaskQueueTest, DocumentsTakeTurns) {
  TaskQueue queue;
  queue.Add(WaitedFor(1, "a", "a1"));
  EXPECT_EQ(NextWaitedFor(&queue), "a1");
  queue.Add(WaitedFor(1, "a", "a2"));
  queue.Add(WaitedFor(2, "a", "other editor"));
  queue.Add(WaitedFor(1, "a", "a3"));
  EXPECT_EQ(NextWaitedFor(&queue), "other editor");
  EXPECT_EQ(NextWaitedFor(&queue), "a3");
  EXPECT_EQ(NextWaitedFor(&queue), "a2");
  EXPECT_EQ(NextWaitedFor(&queue), "none");
}

TEST(TaskQueueTest, WhatIsForbiddenIsToldToItsSession) {
  TaskQueue queue;
  std::vector<const NamedTask*> tasks;
  for (const uint64_t session : {1U, 2U}) {
    auto waited_for = WaitedFor(session, "a", "");
    auto idle = Idle(session, "a", "");
    tasks.insert(tasks.end(), {waited_for.get(), idle.get()});
    queue.Add(std::move(waited_for));
    queue.Add(std::move(idle));
  }
  queue.Add(Idle(1, "secret", "hunter2"));
  queue.Forbid({1, "secret"});
  EXPECT_EQ(queue.size(TaskPriority::kIdle), 2U);
  EXPECT_THAT(tasks[0]->forbidden, ElementsAre("secret"));
  EXPECT_THAT(tasks[1]->forbidden, ElementsAre("secret"));
  // Session 2 has rules of its own.
  EXPECT_THAT(tasks[2]->forbidden, ElementsAre());
  EXPECT_THAT(tasks[3]->forbidden, ElementsAre());
}

TEST(TaskQueueTest, WhatIsWaitedForWaitsForItsTimeAndHoldsUpIdleTasksOnly) {
  TaskQueue queue;
  EXPECT_EQ(queue.ReadyAt(), std::nullopt);
  queue.Add(Idle(1, "a", "idle"));
  EXPECT_LE(queue.ReadyAt(), Clock::now());
  auto task = WaitedFor(1, "a", "later");
  NamedTask& later = *task;
  later.begins_at = Clock::now() + std::chrono::hours(1);
  queue.Add(std::move(task));
  EXPECT_EQ(queue.ReadyAt(), later.begins_at);
  EXPECT_EQ(NextWaitedFor(&queue), "none");
  EXPECT_EQ(NextIdle(&queue), "none");
  queue.Add(WaitedFor(2, "b", "now"));
  EXPECT_LE(queue.ReadyAt(), Clock::now());
  EXPECT_EQ(NextWaitedFor(&queue), "now");
  later.begins_at = {};
  EXPECT_EQ(NextWaitedFor(&queue), "later");
  EXPECT_EQ(NextIdle(&queue), "idle");
}

TEST(TaskQueueTest, ADocumentHasOneIdleTaskTheNewest) {
  TaskQueue queue;
  queue.Add(Idle(1, "a", "a1"));
  queue.Add(Idle(1, "b", "b1"));
  queue.Add(Idle(1, "a", "a2"));
  EXPECT_EQ(queue.size(TaskPriority::kIdle), 2U);
  EXPECT_EQ(NextIdle(&queue), "a2");
  EXPECT_EQ(NextIdle(&queue), "b1");
  EXPECT_EQ(NextIdle(&queue), "none");
}

TEST(TaskQueueTest, AnIdleTaskWaitsForItsTime) {
  TaskQueue queue;
  auto task = Idle(1, "a", "later");
  const auto time = task->begins_at = Clock::now() + std::chrono::hours(1);
  queue.Add(std::move(task));
  EXPECT_EQ(queue.ReadyAt(), time);
  EXPECT_EQ(NextIdle(&queue), "none");
  queue.Add(Idle(1, "b", "now"));
  EXPECT_LE(queue.ReadyAt(), Clock::now());
  EXPECT_EQ(NextIdle(&queue), "now");
  EXPECT_EQ(Next(&queue, TaskPriority::kIdle, time), "later");
}

TEST(TaskQueueTest, AReturnedTaskKeepsItsPlace) {
  TaskQueue queue;
  queue.Add(Idle(1, "a", "a1"));
  queue.Add(Idle(1, "b", "b1"));
  queue.Add(Idle(1, "c", "c1"));
  EXPECT_EQ(NextIdle(&queue), "c1");
  auto begun = queue.Next(TaskPriority::kIdle, Clock::now());
  ASSERT_NE(begun, nullptr);
  EXPECT_EQ(static_cast<const NamedTask&>(*begun).name, "b1");
  queue.Return(std::move(begun));
  EXPECT_EQ(NextIdle(&queue), "b1");
}

TEST(TaskQueueTest, AReturnedTaskYieldsToANewerOneOfItsDocument) {
  TaskQueue queue;
  queue.Add(Idle(1, "a", "a1"));
  auto begun = queue.Next(TaskPriority::kIdle, Clock::now());
  queue.Add(Idle(1, "a", "a2"));
  queue.Return(std::move(begun));
  EXPECT_EQ(NextIdle(&queue), "a2");
  EXPECT_EQ(NextIdle(&queue), "none");
}

TEST(TaskQueueTest, ASessionTakesItsIdleTasksAlongAndLeavesTheOthers) {
  TaskQueue queue;
  queue.Add(Idle(1, "a", "a1"));
  queue.Add(Idle(2, "a", "a2"));
  queue.Add(Idle(2, "b", "b2"));
  queue.Add(WaitedFor(2, "a", "waits"));
  queue.Drop({1, "a"});
  EXPECT_EQ(queue.size(TaskPriority::kIdle), 2U);
  queue.DropSession(2);
  EXPECT_EQ(queue.size(TaskPriority::kIdle), 0U);
  EXPECT_EQ(NextWaitedFor(&queue), "waits");
}

}  // namespace
}  // namespace krait::daemon
