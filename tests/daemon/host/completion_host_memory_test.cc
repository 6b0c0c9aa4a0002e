// SPDX-License-Identifier: Apache-2.0
// Memory that runs short, that others need, or that is to be forgotten.
#include "daemon/host/completion_host.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <latch>
#include <memory>
#include <new>
#include <string>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

#include "base/memory_budget.h"

#include "tests/daemon/fake_generator.h"
#include "tests/daemon/host/host_fixture.h"

namespace krait::daemon {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::UnorderedElementsAre;

class HostMemoryTest : public CompletionHostTest {
 protected:
  using Prepare = std::function<void(FakeGenerator&)>;

  // Of the models that are loaded one after the other, the first ones are
  // prepared so.
  void StartWith(std::vector<Prepare> prepare) {
    host_ = std::make_unique<CompletionHost>(
        [this, prepare = std::move(prepare)]() -> base::Result<ReadyGenerator> {
          auto generator = std::make_unique<FakeGenerator>("value");
          const size_t load = loads_++;
          if (load < prepare.size()) prepare[load](*generator);
          return ReadyGenerator{.generator = std::move(generator),
                                .description = "fake",
                                .threads = 3};
        },
        calls_.Poster(), std::chrono::hours(1));
    calls_.RunOne();  // loaded
  }
  void WaitForAnswers(size_t count) {
    while (done_.size() < count) calls_.RunOne();
  }

  size_t loads_ = 0;
};

// The model asks for too much when it begins to speak.
void RunShort(FakeGenerator& generator) {
  generator.set_before_token([] { throw std::bad_alloc(); });
}

// The model is loaded anew, without all that was warm.
TEST_F(HostMemoryTest, WhatRunsWhenMemoryRunsShortIsAnsweredAllTheSame) {
  StartWith({RunShort});
  Complete("a", "first");
  Complete("b", "second");
  WaitForAnswers(2);
  EXPECT_THAT(done_, UnorderedElementsAre("first|value", "second|value"));
  EXPECT_EQ(loads_, 2U);
  EXPECT_TRUE(host_->loaded().has_value() && host_->loaded()->has_value());
}

TEST_F(HostMemoryTest, WhatRunsShortTwiceFailsAndNothingElse) {
  StartWith({RunShort, RunShort});
  Complete("a", "first");
  WaitForAnswers(1);
  EXPECT_THAT(done_, ElementsAre("first|not enough memory for a completion"));
  Complete("a", "second");
  WaitForAnswers(2);
  EXPECT_EQ(done_[1], "second|value");
  EXPECT_EQ(loads_, 3U);
}

TEST_F(HostMemoryTest, WhatWasStreamedIsNotBegunAgain) {
  StartWith({[](FakeGenerator& generator) {
    generator.set_before_token([said = 0]() mutable {
      if (++said == 2) throw std::bad_alloc();
    });
  }});
  Stream("a", "first");
  WaitForAnswers(1);
  EXPECT_THAT(tokens_, ElementsAre("v"));
  EXPECT_THAT(done_, ElementsAre("first|not enough memory for a completion"));
}

TEST_F(HostMemoryTest, AThreadThatCannotBeMadeIsMemoryThatRanShort) {
  StartWith({[](FakeGenerator& generator) {
    generator.set_before_token([] {
      throw std::system_error(
          std::make_error_code(std::errc::resource_unavailable_try_again));
    });
  }});
  Complete("a", "first");
  WaitForAnswers(1);
  EXPECT_THAT(done_, ElementsAre("first|value"));
}

TEST_F(HostMemoryTest, AWarmingThatRunsShortEndsNothing) {
  std::latch warming(1);
  StartWith({[&warming](FakeGenerator& generator) {
    generator.set_on_slice(
        [&warming](const completion::GeneratorPrompt&) -> bool {
          warming.count_down();
          throw std::bad_alloc();
        });
  }});
  Warm("a", "text");
  warming.wait();
  Complete("b", "first");
  WaitForAnswers(1);
  EXPECT_THAT(done_, ElementsAre("first|value"));
  EXPECT_EQ(loads_, 2U);
}

TEST_F(HostMemoryTest, AModelThatDoesNotFitIsAnError) {
  for (const bool threads : {false, true}) {
    done_.clear();
    host_ = std::make_unique<CompletionHost>(
        [threads]() -> base::Result<ReadyGenerator> {
          if (threads) throw std::system_error(std::error_code());
          throw std::bad_alloc();
        },
        calls_.Poster(), std::chrono::hours(1));
    calls_.RunOne();
    Complete("a", "first");
    WaitForAnswers(1);
    EXPECT_THAT(done_[0],
                HasSubstr(threads ? "no threads for the model"
                                  : "not enough memory for the model"));
  }
}

TEST_F(HostMemoryTest, WhatIsWarmGivesWayToWhatWasUsedSince) {
  auto generator = std::make_unique<FakeGenerator>("value");
  FakeGenerator& model = *generator;
  model.memory = {.bytes = 100, .least_use = completion::Clock::now()};
  Start(std::move(generator));
  Go();
  Complete("a", "first");
  WaitForAnswers(1);
  const auto limit = host_->memory()->limit_bytes();
  base::MemoryBudget::Account trees(host_->memory(), {});
  ASSERT_EQ(
      trees.Report({.bytes = limit, .least_use = completion::Clock::now()}),
      0U);
  // It is asked on its own thread, while it has nothing else to do.
  while (host_->memory()->held_bytes() > limit) std::this_thread::yield();
  EXPECT_EQ(host_->memory()->held_bytes(), limit);
}

// What runs would bring back what is to be forgotten.
TEST_F(HostMemoryTest, ForgetsBetweenWhatRunsAndWhatComesNext) {
  auto generator = std::make_unique<FakeGenerator>("y");
  std::latch speaking(1);
  std::latch go_on(1);
  generator->set_before_token([&, said = 0]() mutable {
    events_.Add("token");
    if (++said > 1) return;
    speaking.count_down();
    go_on.wait();
  });
  generator->set_on_forget([this](const completion::ForgetScope& scope) {
    events_.Add("forget " + scope.paths.at(0));
  });
  Start(std::move(generator));
  Go();
  Complete("a", "first");
  speaking.wait();
  host_->Forbid({1, "b"}, {"/secret"});
  Complete("c", "second");
  go_on.count_down();
  WaitForAnswers(2);
  EXPECT_THAT(events_.All(), ElementsAre("token", "forget /secret", "token"));
}

TEST_F(HostMemoryTest, ForgetsBetweenTwoRounds) {
  auto generator = std::make_unique<FakeGenerator>("y");
  const FakeGenerator& model = *generator;
  Start(std::move(generator));
  Go();
  size_t forgotten = 0;
  host_->Forget({.paths = {"/secret"}},
                [&](size_t states) { forgotten = states; });
  calls_.RunOne();
  EXPECT_EQ(forgotten, 7U);
  EXPECT_THAT(model.forgotten.paths, ElementsAre("/secret"));
}

}  // namespace
}  // namespace krait::daemon
