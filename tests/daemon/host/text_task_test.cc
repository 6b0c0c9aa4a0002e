// SPDX-License-Identifier: Apache-2.0
//
// Text for programs that have rules of their own, without a thread.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <functional>
#include <optional>
#include <stop_token>
#include <string>
#include <utility>
#include <vector>

#include "daemon/completion/completion_service.h"
#include "daemon/host/text_task.h"
#include "daemon/host/text_watch.h"
#include "tests/daemon/fake_generator.h"

namespace krait::daemon {
namespace {

using completion::Clock;
using testing::ElementsAre;
using testing::SizeIs;

// Says pieces to a watch until it has enough; what was shown meanwhile.
struct Watched {
  TextChoice choice;
  std::vector<std::string> shown;
};

Watched Watch(const TextRequest& request,
              const std::vector<std::string>& pieces,
              std::chrono::milliseconds each = {}) {
  TextWatch watch(request);
  Watched watched;
  auto now = Clock::now();
  for (const std::string& piece : pieces) {
    const bool go_on = watch.OnPiece({.id = 1, .bytes = piece}, now);
    const TextDelta delta = watch.Take(0);
    if (!delta.text.empty()) watched.shown.push_back(delta.text);
    if (!go_on) break;
    now += each;
  }
  watch.End(TextEnd::kEndOfSequence);
  const TextDelta last = watch.Take(0);
  if (!last.text.empty()) watched.shown.push_back(last.text);
  watched.choice = watch.Finish();
  return watched;
}

TEST(TextWatchTest, EndsBeforeTheFirstStopWord) {
  const TextRequest request{.stops = {"op", "stop"}};
  const Watched watched = Watch(request, {"a s", "to", "p b"});
  EXPECT_EQ(watched.choice.text, "a ");
  EXPECT_EQ(watched.choice.stop_word, "stop");
  EXPECT_EQ(watched.choice.end, TextEnd::kStopWord);
  EXPECT_EQ(Watch(request, {"a d", "ro", "p b"}).choice.text, "a dr");
}

TEST(TextWatchTest, WhatMayBecomeAStopWordIsNotShown) {
  const TextRequest request{.stops = {"stop"}};
  EXPECT_THAT(Watch(request, {"a s", "to", "re"}).shown,
              ElementsAre("a ", "store"));
  EXPECT_THAT(Watch(request, {"a s", "to", "p"}).shown, ElementsAre("a "));
  EXPECT_THAT(Watch(request, {"st"}).shown, ElementsAre("st"));
}

TEST(TextWatchTest, CharactersAreShownWhole) {
  EXPECT_THAT(Watch({}, {"\xe2", "\x82",
                         "\xac"
                         "a"})
                  .shown,
              ElementsAre("\xe2\x82\xac"
                          "a"));
  EXPECT_THAT(Watch({}, {"a\xff", "b"}).shown, ElementsAre("a",
                                                           "\xff"
                                                           "b"));
}

TEST(TextWatchTest, EndsBeforeALineOfAnOuterBlock) {
  const TextRequest request{.least_indent = 4};
  const Watched watched =
      Watch(request, {"a\n", "    b", "\n\n", "  ", "  c\n", " ", " d"});
  EXPECT_EQ(watched.choice.text, "a\n    b\n\n    c");
  EXPECT_EQ(watched.choice.end, TextEnd::kLimit);
  std::string shown;
  for (const std::string& part : watched.shown) shown += part;
  EXPECT_EQ(shown, watched.choice.text);
}

TEST(TextWatchTest, EndsInTimeOnceALineIsWhole) {
  const TextRequest request{.most_time = std::chrono::milliseconds(15)};
  EXPECT_EQ(
      Watch(request, {"a", "b", "c", "d\n", "e"}, std::chrono::milliseconds(10))
          .choice.text,
      "abcd\n");
}

TEST(TextWatchTest, EndsAtItsLimit) {
  EXPECT_EQ(Watch({.max_tokens = 2}, {"a", "b", "c"}).choice.text, "ab");
  const Watched none = Watch({.max_tokens = 0}, {"a"});
  EXPECT_EQ(none.choice.text, "");
  EXPECT_EQ(none.choice.end, TextEnd::kLimit);
  EXPECT_EQ(Watch({}, {"a"}).choice.end, TextEnd::kEndOfSequence);
}

class TextTaskTest : public testing::Test {
 protected:
  // Runs a job to its end; callbacks come at once.
  void Run(TextJob job) {
    job.document = {.session = 1, .uri = "http:1"};
    job.on_done = [this](const auto& answer) { answer_ = answer; };
    job.on_delta = [this](const TextDelta& delta) {
      shown_.resize(std::max(shown_.size(), delta.choice + 1));
      shown_[delta.choice] += delta.text;
    };
    TextTask task(std::move(job), [](const auto& call) { call(); });
    completion::CompletionService service(generator_);
    task.Begin({generator_, service}, {});
    while (!task.ended()) {
      std::vector<completion::RunningGeneration*> generations;
      task.AddGenerations(&generations);
      generator_.Advance(generations);
      task.GoOn();
    }
    task.LeaveModel();
    task.End();
  }

  static TextJob Place(std::string before, std::string after) {
    TextJob job;
    job.request.place.emplace();
    job.request.place->before = std::move(before);
    job.request.place->after = std::move(after);
    return job;
  }

  FakeGenerator generator_{"answer"};
  std::optional<base::Result<TextAnswer>> answer_;
  std::vector<std::string> shown_;
};

TEST_F(TextTaskTest, FillsIn) {
  Run(Place("before", "after"));
  ASSERT_TRUE(answer_ && *answer_);
  ASSERT_THAT((*answer_)->choices, SizeIs(1));
  EXPECT_EQ((*answer_)->choices[0].text, "answer");
  EXPECT_THAT(shown_, ElementsAre("answer"));
  EXPECT_EQ(generator_.prefix, "before");
  EXPECT_EQ(generator_.suffix, "after");
  EXPECT_GT((*answer_)->prompt_tokens, 0U);
}

TEST_F(TextTaskTest, ChoicesDiffer) {
  generator_.set_alternatives({{"other"}});
  TextJob job = Place("before", "after");
  job.request.choices = 2;
  Run(std::move(job));
  ASSERT_TRUE(answer_ && *answer_);
  ASSERT_THAT((*answer_)->choices, SizeIs(2));
  EXPECT_EQ((*answer_)->choices[1].text, "other");
  EXPECT_THAT(shown_, ElementsAre("answer", "other"));
}

TEST_F(TextTaskTest, StopsWhenNobodyWantsItAnyMore) {
  std::stop_source stop;
  stop.request_stop();
  TextJob job = Place("before", "after");
  job.stop = stop.get_token();
  Run(std::move(job));
  ASSERT_TRUE(answer_);
  ASSERT_FALSE(*answer_);
  EXPECT_EQ(answer_->error().code, base::ErrorCode::kCancelled);
  EXPECT_TRUE(shown_.empty());
}

TEST_F(TextTaskTest, PiecesOfAModelThatIsGoneAreRefused) {
  class Other final : public completion::Vocabulary {
   public:
    const completion::ModelFacts& facts() const override { return facts_; }
    std::vector<completion::PieceId> Pieces(
        std::string_view, completion::PieceRules) const override {
      return {};
    }
    std::string Text(std::span<const completion::PieceId>,
                     bool) const override {
      return {};
    }
    bool Knows(completion::PieceId) const override { return false; }
    base::Result<std::vector<completion::PieceId>> ChatPrompt(
        std::span<const completion::ChatTurn>) const override {
      return std::vector<completion::PieceId>();
    }

   private:
    completion::ModelFacts facts_;
  };
  TextJob job;
  job.request.pieces = {1, 2};
  job.request.vocabulary = std::make_shared<Other>();
  Run(std::move(job));
  ASSERT_TRUE(answer_);
  ASSERT_FALSE(*answer_);
  EXPECT_EQ(answer_->error().code, base::ErrorCode::kIo);
}

}  // namespace
}  // namespace krait::daemon
