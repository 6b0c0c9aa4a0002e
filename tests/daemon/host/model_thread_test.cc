// SPDX-License-Identifier: Apache-2.0
//
// Tasks of the test's own, which say when they are where.
#include "daemon/host/model_thread.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <functional>
#include <future>
#include <memory>
#include <mutex>
#include <new>
#include <string>
#include <utility>
#include <vector>

#include "base/memory_budget.h"
#include "tests/daemon/fake_generator.h"

namespace krait::daemon {
namespace {

using completion::Clock;
using testing::ElementsAre;

constexpr std::chrono::minutes kLongest{1};

// Something that happens once, on any thread.
class Event {
 public:
  void Happen() { promise_.set_value(); }
  bool Wait() { return happened_.wait_for(kLongest) == kReady; }

 private:
  static constexpr std::future_status kReady = std::future_status::ready;
  std::promise<void> promise_;
  std::shared_future<void> happened_ = promise_.get_future().share();
};

class Names {
 public:
  void Add(std::string name) {
    const std::lock_guard lock(mutex_);
    names_.push_back(std::move(name));
  }
  std::vector<std::string> All() const {
    const std::lock_guard lock(mutex_);
    return names_;
  }

 private:
  mutable std::mutex mutex_;
  std::vector<std::string> names_;
};

// Lets the model say what it says.
class SayingTask : public Task {
 public:
  using Call = std::function<void()>;

  // Calls `on_said` when all is said, on the model's thread, and `on_end`.
  SayingTask(const std::string& uri, Call on_said, Call on_end)
      : Task(TaskPriority::kWaitedFor, {1, uri}),
        on_said_(std::move(on_said)),
        on_end_(std::move(on_end)) {}

  Clock::time_point BeginsAt(Clock::time_point /*now*/) const override {
    return {};
  }
  void Forbid(const std::string& /*uri*/) override {}
  void Begin(const TaskModel& model, std::stop_token stop) override {
    generation_ = model.generator.Begin(
        {.prompt = {.path = {}, .prefix = "x", .suffix = {}},
         .sampling = {},
         .on_piece = [](const completion::Piece&) { return true; }},
        std::move(stop));
  }
  void AddGenerations(
      std::vector<completion::RunningGeneration*>* generations) override {
    generations->push_back(generation_.get());
  }
  bool ended() const override { return generation_->outcome().has_value(); }
  void LetGo() override { generation_.reset(); }
  void LeaveModel() override {
    generation_.reset();
    on_said_();
  }
  void End() override { on_end_(); }

 private:
  const Call on_said_;
  const Call on_end_;
  std::unique_ptr<completion::RunningGeneration> generation_;
};

class IdleTask : public Task {
 public:
  IdleTask(const std::string& uri, std::function<void()> on_begin)
      : Task(TaskPriority::kIdle, {1, uri}), on_begin_(std::move(on_begin)) {}

  Clock::time_point BeginsAt(Clock::time_point /*now*/) const override {
    return {};
  }
  void Forbid(const std::string& /*uri*/) override {}
  void Begin(const TaskModel& /*model*/, std::stop_token /*stop*/) override {
    on_begin_();
  }
  bool ended() const override { return true; }

 private:
  const std::function<void()> on_begin_;
};

class ModelThreadTest : public testing::Test {
 protected:
  void Start() {
    thread_ = std::make_unique<ModelThread>(ModelThread::Options{
        .loader = [this]() -> base::Result<ReadyGenerator> {
          ++loads_;
          return ReadyGenerator{
              .generator = std::make_unique<FakeGenerator>("yes"),
              .description = "fake"};
        },
        .look = {},
        .on_news = [](const ModelNews&) {},
        .save_when_idle_for = std::chrono::hours(1),
        .memory = std::make_shared<base::MemoryBudget>(size_t{1} << 30)});
  }
  void Say(const std::string& uri, SayingTask::Call on_said,
           SayingTask::Call on_end) {
    thread_->Add(std::make_unique<SayingTask>(uri, std::move(on_said),
                                              std::move(on_end)));
  }

  Names names_;
  int loads_ = 0;
  std::unique_ptr<ModelThread> thread_;
};

void Nothing() {}

TEST_F(ModelThreadTest, ATaskThatTakesLongToEndHoldsUpNobodysTokens) {
  Event ending;
  Event said;
  Event ended;
  Start();
  Say("slow", Nothing, [&] {
    ending.Happen();
    EXPECT_TRUE(said.Wait());
    ended.Happen();
  });
  ASSERT_TRUE(ending.Wait());
  Say(
      "quick", [&] { said.Happen(); }, Nothing);
  EXPECT_TRUE(ended.Wait());
  thread_.reset();
}

TEST_F(ModelThreadTest, TasksEndInTheirOrderAndIdleOnesBeginAfterwards) {
  Event ending;
  Event go_on;
  Event said;
  Event idle;
  Start();
  Say("slow", Nothing, [&] {
    ending.Happen();
    EXPECT_TRUE(go_on.Wait());
    names_.Add("slow");
  });
  ASSERT_TRUE(ending.Wait());
  thread_->Add(std::make_unique<IdleTask>("idle", [&] {
    names_.Add("idle");
    idle.Happen();
  }));
  Say(
      "quick", [&] { said.Happen(); }, [&] { names_.Add("quick"); });
  EXPECT_TRUE(said.Wait());
  EXPECT_TRUE(thread_->status().running);
  go_on.Happen();
  EXPECT_TRUE(idle.Wait());
  thread_.reset();
  EXPECT_THAT(names_.All(), ElementsAre("slow", "quick", "idle"));
}

TEST_F(ModelThreadTest, WhatMemoryRunsShortForWhereItEndsIsBegunAgain) {
  Event ended;
  Start();
  Say(
      "a", [&] { names_.Add("said"); },
      [&, ends = 0]() mutable {
        if (++ends == 1) throw std::bad_alloc();
        ended.Happen();
      });
  EXPECT_TRUE(ended.Wait());
  thread_.reset();
  EXPECT_THAT(names_.All(), ElementsAre("said", "said"));
  EXPECT_EQ(loads_, 2);
}

TEST_F(ModelThreadTest, EndsWhileATaskDoes) {
  Event ending;
  Event go_on;
  Start();
  Say("a", Nothing, [&] {
    ending.Happen();
    EXPECT_TRUE(go_on.Wait());
  });
  Say("b", Nothing, [&] { names_.Add("b"); });
  ASSERT_TRUE(ending.Wait());
  auto ended = std::async(std::launch::async, [this] { thread_.reset(); });
  go_on.Happen();
  ended.get();
}

}  // namespace
}  // namespace krait::daemon
