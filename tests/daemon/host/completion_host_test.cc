// SPDX-License-Identifier: Apache-2.0
//
// The model is a fake whose warming goes on for as long as the test wants, so
// that each test knows what runs when it acts.
#include "daemon/host/completion_host.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <functional>
#include <latch>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "base/memory_budget.h"
#include "daemon/completion/shown/syntax.h"
#include "daemon/session/syntax_cache.h"
#include "lsp/document_store.h"
#include "tests/daemon/fake_generator.h"
#include "tests/daemon/host/host_fixture.h"

namespace krait::daemon {
namespace {

using testing::ElementsAre;
using testing::UnorderedElementsAre;

TEST_F(CompletionHostTest, TellsAllWhoAskWhatWasLoaded) {
  Start(std::make_unique<FakeGenerator>("x"));
  int told = 0;
  const auto count = [&told](const base::Result<std::string>& loaded) {
    ASSERT_TRUE(loaded);
    EXPECT_EQ(*loaded, "fake");
    ++told;
  };
  host_->WhenLoaded(count);
  EXPECT_EQ(told, 0);
  EXPECT_FALSE(host_->loaded().has_value());
  Go();
  EXPECT_EQ(told, 1);
  host_->WhenLoaded(count);
  EXPECT_EQ(told, 2);
  EXPECT_EQ(host_->threads(), 3U);
}

TEST_F(CompletionHostTest, CompletesBeforeItWarms) {
  auto generator =
      std::make_unique<FakeGenerator>(std::vector<std::string>{"value"});
  std::latch warmed(1);
  generator->set_before_token([this] { events_.Add("complete"); });
  generator->set_on_slice([&](const completion::GeneratorPrompt& prompt) {
    events_.Add("warm " + std::string(prompt.prefix));
    if (prompt.prefix == "old") warmed.count_down();
    return false;
  });
  Start(std::move(generator));
  Warm("a", "old");
  Warm("b", "new");
  Complete("c", "x = ");
  Go();
  calls_.RunOne();
  warmed.wait();
  EXPECT_THAT(events_.All(), ElementsAre("complete", "warm new", "warm old"));
  EXPECT_THAT(done_, ElementsAre("x = |value"));
  EXPECT_EQ(host_->statistics().num_answers(), 1U);
}

TEST_F(CompletionHostTest, ACompletionStopsWarmingWhichGoesOnAfterwards) {
  auto generator = std::make_unique<FakeGenerator>("y");
  std::latch warming(1);
  std::latch finished(1);
  std::atomic<bool> completed = false;
  generator->set_before_token([&] {
    events_.Add("complete");
    completed = true;
  });
  generator->set_on_slice(
      [&, begun = 0](const completion::GeneratorPrompt&) mutable {
        if (completed) {
          events_.Add("warm again");
          finished.count_down();
          return false;
        }
        if (begun++ == 0) {
          events_.Add("warm");
          warming.count_down();
        }
        return true;  // goes on until it is stopped
      });
  Start(std::move(generator));
  Go();
  Warm("a", "long file");
  warming.wait();
  Complete("b", "x = ");
  calls_.RunOne();
  finished.wait();
  EXPECT_THAT(events_.All(), ElementsAre("warm", "complete", "warm again"));
}

TEST_F(CompletionHostTest, ANewerWarmingJobReplacesTheRunningOne) {
  auto generator = std::make_unique<FakeGenerator>("y");
  std::latch warming(1);
  std::latch finished(1);
  generator->set_on_slice(
      [&, begun = 0](const completion::GeneratorPrompt& prompt) mutable {
        if (prompt.prefix == "old") {
          if (begun++ == 0) {
            events_.Add("old");
            warming.count_down();
          }
          return true;
        }
        events_.Add(std::string(prompt.prefix));
        if (prompt.prefix == "end") finished.count_down();
        return false;
      });
  Start(std::move(generator));
  Go();
  Warm("a", "old");
  warming.wait();
  Warm("b", "end");
  Warm("a", "new");
  finished.wait();
  // A second "old" would hang before "end".
  EXPECT_THAT(events_.All(), ElementsAre("old", "new", "end"));
}

TEST_F(CompletionHostTest, APrefetchFollowsItsWarmingAndGivesWay) {
  auto generator = std::make_unique<FakeGenerator>("yes");
  FakeGenerator& fake = *generator;
  std::latch ahead(1);
  std::latch go_on(1);
  std::latch finished(1);
  generator->set_on_slice([&](const completion::GeneratorPrompt&) {
    events_.Add("warm");
    return false;
  });
  generator->set_before_token([&, tokens = 0]() mutable {
    ++tokens;
    if (tokens == 1) {
      events_.Add("ahead of " + fake.prefix);
      ahead.count_down();
      go_on.wait();
    } else if (fake.prefix == "now" && tokens == 2) {
      events_.Add("now");
    } else if (fake.prefix == "shown" && tokens == 5) {
      events_.Add("again");
      finished.count_down();
    }
  });
  Start(std::move(generator));
  Go();
  host_->Warm({.document = {1, "a"},
               .request = {.path = "", .before = "shown", .after = ""},
               .options = {},
               .prefetch_at = completion::Clock::now()});
  ahead.wait();
  Complete("b", "now");
  go_on.count_down();
  calls_.RunOne();
  finished.wait();
  EXPECT_THAT(done_, ElementsAre("now|yes"));
  EXPECT_THAT(events_.All(),
              ElementsAre("warm", "ahead of shown", "now", "warm", "again"));
  EXPECT_EQ(host_->statistics().num_answers(), 1U);
}

TEST_F(CompletionHostTest, TheFileIsReadOnceWhatComesNextIsReady) {
  auto generator = std::make_unique<FakeGenerator>("yes");
  std::latch finished(1);
  generator->set_on_slice([&](const completion::GeneratorPrompt&) {
    events_.Add("warm");
    return false;
  });
  generator->set_before_token([&, tokens = 0]() mutable {
    if (++tokens == 1) events_.Add("ahead");
  });
  generator->set_on_read_ahead([&] {
    events_.Add("file");
    finished.count_down();
  });
  Start(std::move(generator));
  Go();
  host_->Warm({.document = {1, "a"},
               .request = {.path = "", .before = "shown", .after = ""},
               .options = {},
               .prefetch_at = completion::Clock::now()});
  finished.wait();
  EXPECT_THAT(events_.All(), ElementsAre("warm", "ahead", "file"));
}

TEST_F(CompletionHostTest, APrefetchWaitsForItsTime) {
  auto generator = std::make_unique<FakeGenerator>("yes");
  const FakeGenerator& fake = *generator;
  std::latch warmed(1);
  generator->set_on_slice([&](const completion::GeneratorPrompt&) {
    warmed.count_down();
    return false;
  });
  Start(std::move(generator));
  Go();
  host_->Warm(
      {.document = {1, "a"},
       .request = {.path = "", .before = "shown", .after = ""},
       .options = {},
       .prefetch_at = completion::Clock::now() + std::chrono::hours(1)});
  warmed.wait();
  Complete("b", "now");
  calls_.RunOne();
  EXPECT_EQ(fake.calls, 1);
  EXPECT_EQ(host_->status().waiting_warmings, 1U);
}

TEST_F(CompletionHostTest, AClosedDocumentIsNotWarmedOn) {
  auto generator = std::make_unique<FakeGenerator>("y");
  std::latch warming(1);
  generator->set_on_slice(
      [&, begun = 0](const completion::GeneratorPrompt&) mutable {
        if (begun++ == 0) warming.count_down();
        return true;
      });
  Start(std::move(generator));
  Go();
  Warm("a", "text");
  warming.wait();
  host_->Drop({1, "a"});
  Complete("b", "x = ");  // comes to its turn: the job before it has ended
  calls_.RunOne();
  EXPECT_EQ(host_->status().waiting_warmings, 0U);
}

TEST_F(CompletionHostTest, ACancelledCompletionIsACancellation) {
  Start(std::make_unique<FakeGenerator>("y"));
  Complete("a", "x = ");
  stop_.request_stop();
  Go();
  calls_.RunOne();
  EXPECT_THAT(done_, ElementsAre("x = |the request was cancelled"));
  EXPECT_EQ(host_->statistics().num_answers(), 0U);
}

TEST_F(CompletionHostTest, CompletionsOfSeveralFilesRunTogether) {
  auto generator = std::make_unique<FakeGenerator>("yes");
  const FakeGenerator& model = *generator;
  Start(std::move(generator));
  for (const char* uri : {"a", "b", "c"}) Complete(uri, uri);
  Go();
  for (int i = 0; i < 3; ++i) calls_.RunOne();
  EXPECT_THAT(done_, UnorderedElementsAre("a|yes", "b|yes", "c|yes"));
  EXPECT_EQ(model.most_at_once, 3U);
  EXPECT_EQ(host_->statistics().num_answers(), 3U);
}

TEST_F(CompletionHostTest, OneThatComesLaterJoins) {
  auto generator = std::make_unique<FakeGenerator>("yes");
  const FakeGenerator& model = *generator;
  std::latch speaking(1);
  std::latch come(1);
  generator->set_before_token([&, said = 0]() mutable {
    if (++said != 2) return;
    speaking.count_down();
    come.wait();
  });
  Start(std::move(generator));
  Complete("a", "a");
  Go();
  speaking.wait();
  Complete("b", "b");
  come.count_down();
  calls_.RunOne();
  calls_.RunOne();
  EXPECT_THAT(done_, ElementsAre("a|yes", "b|yes"));
  EXPECT_EQ(model.most_at_once, 2U);
}

TEST_F(CompletionHostTest, ACancelledOneLeavesTheOthersUnharmed) {
  auto generator = std::make_unique<FakeGenerator>("yes");
  std::stop_source stop_b;
  generator->set_before_token([&, said = 0]() mutable {
    if (++said == 4) stop_b.request_stop();  // "y" of all three was said
  });
  Start(std::move(generator));
  Complete("a", "a");
  Complete("b", "b", stop_b.get_token());
  Complete("c", "c");
  Go();
  for (int i = 0; i < 3; ++i) calls_.RunOne();
  EXPECT_THAT(done_, UnorderedElementsAre("a|yes", "b|cancelled", "c|yes"));
}

TEST_F(CompletionHostTest, TokensComeBeforeTheEndAndAreItsText) {
  auto generator = std::make_unique<FakeGenerator>(
      std::vector<std::string>{"f", "oo", "(1)"});
  std::latch go_on(1);
  generator->set_before_token([&, said = 0]() mutable {
    if (++said == 3) go_on.wait();
  });
  Start(std::move(generator));
  Stream("a", "x = ");
  Go();
  calls_.RunOne();
  calls_.RunOne();
  EXPECT_THAT(tokens_, ElementsAre("f", "oo"));
  EXPECT_THAT(done_, testing::IsEmpty());
  go_on.count_down();
  calls_.RunOne();
  EXPECT_THAT(tokens_, ElementsAre("f", "oo", "(1)"));
  EXPECT_THAT(done_, testing::IsEmpty());
  calls_.RunOne();
  EXPECT_THAT(done_, ElementsAre("x = |foo(1)"));
}

TEST_F(CompletionHostTest, NoTokensComeAfterACancel) {
  auto generator = std::make_unique<FakeGenerator>(
      std::vector<std::string>{"f", "oo", "(1)"});
  std::latch two_said(1);
  std::latch go_on(1);
  generator->set_before_token([&, said = 0]() mutable {
    if (++said != 3) return;
    two_said.count_down();
    go_on.wait();
  });
  Start(std::move(generator));
  Stream("a", "x = ");
  Go();
  two_said.wait();
  calls_.RunOne();
  EXPECT_THAT(tokens_, ElementsAre("f"));
  stop_.request_stop();
  calls_.RunOne();  // the second, which is on its way
  EXPECT_THAT(done_, testing::IsEmpty());
  go_on.count_down();
  calls_.RunOne();
  EXPECT_THAT(done_, ElementsAre("x = |cancelled"));
  EXPECT_THAT(tokens_, ElementsAre("f"));
}

TEST_F(CompletionHostTest, OneFilesSlowTreeHoldsUpNobodyElsesTokens) {
  const auto parse = std::make_shared<std::latch>(1);
  SyntaxCache cache(std::make_shared<base::MemoryBudget>(size_t{1} << 30), {},
                    [parse] { parse->wait(); });
  const auto document = std::make_shared<const lsp::Document>(
      lsp::Document{.uri = "slow",
                    .language_id = "python",
                    .version = 1,
                    .text = lsp::Text("x = ")});
  cache.Update(document);
  Start(std::make_unique<FakeGenerator>("foo"));
  CompletionJob slow = Job("slow", "x = ", {});
  slow.request.syntax = cache.At(document, 4);
  slow.queued += std::chrono::hours(1);  // it may take so long
  host_->Complete(std::move(slow));
  Stream("quick", "y = ");
  Go();
  while (done_.empty()) calls_.RunOne();
  EXPECT_THAT(tokens_, ElementsAre("f", "o", "o"));
  EXPECT_THAT(done_, ElementsAre("y = |foo"));
  parse->count_down();
  calls_.RunOne();
  EXPECT_THAT(done_, ElementsAre("y = |foo", "x = |foo"));
}

TEST_F(CompletionHostTest, MoreThanRunAtOnceWaitForTheirTurn) {
  auto generator = std::make_unique<FakeGenerator>("yes");
  const FakeGenerator& model = *generator;
  Start(std::move(generator));
  constexpr size_t kMany = CompletionHost::kMostAtOnce + 3;
  for (size_t i = 0; i < kMany; ++i) {
    Complete("file" + std::to_string(i), "x");
  }
  Go();
  for (size_t i = 0; i < kMany; ++i) calls_.RunOne();
  EXPECT_EQ(done_, std::vector<std::string>(kMany, "x|yes"));
  EXPECT_EQ(model.most_at_once, CompletionHost::kMostAtOnce);
}

TEST_F(CompletionHostTest, EndsWhileCompletionsRun) {
  auto generator = std::make_unique<FakeGenerator>("yes");
  std::latch speaking(1);
  std::latch end(1);
  generator->set_before_token([&, said = 0]() mutable {
    if (++said != 3) return;
    speaking.count_down();
    end.wait();
  });
  Start(std::move(generator));
  Complete("a", "a");
  Complete("b", "b");
  Go();
  speaking.wait();
  std::thread ender([this] { host_.reset(); });
  end.count_down();
  ender.join();
  EXPECT_THAT(done_, testing::IsEmpty());  // none was run by the owner
}

TEST_F(CompletionHostTest, SavesOnceItIsIdle) {
  auto generator = std::make_unique<FakeGenerator>("y");
  std::latch saved(1);
  generator->set_on_save([&] { saved.count_down(); });
  Start(std::move(generator), std::chrono::milliseconds(1));
  Go();
  Complete("a", "x = ");
  calls_.RunOne();
  saved.wait();  // a second save would abort: the latch is at its end
}

TEST_F(CompletionHostTest, EndsWhileWarmingAndSaves) {
  auto generator = std::make_unique<FakeGenerator>("y");
  std::latch warming(1);
  std::atomic<int> saves = 0;
  generator->set_on_save([&] { ++saves; });
  generator->set_on_slice(
      [&, begun = 0](const completion::GeneratorPrompt&) mutable {
        if (begun++ == 0) warming.count_down();
        return true;
      });
  Start(std::move(generator));
  Go();
  Warm("a", "text");
  Warm("b", "text");
  warming.wait();
  host_.reset();
  EXPECT_EQ(saves, 1);
}

TEST_F(CompletionHostTest, SavesNothingIfNothingWasDone) {
  auto generator = std::make_unique<FakeGenerator>("y");
  std::atomic<int> saves = 0;
  generator->set_on_save([&] { ++saves; });
  Start(std::move(generator));
  Go();
  host_.reset();
  EXPECT_EQ(saves, 0);
}

}  // namespace
}  // namespace krait::daemon
