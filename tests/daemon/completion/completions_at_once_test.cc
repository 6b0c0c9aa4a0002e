// SPDX-License-Identifier: Apache-2.0
// The other half of the promise: whatever else is asked at the same time, a
// completion is the one that it would be alone.
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "daemon/host/local/engine_generator.h"
#include "engine/threads/topology.h"
#include "tests/daemon/completion/default_model.h"
#include "tests/daemon/completion/source_text.h"

namespace krait::completion {
namespace {

using daemon::EngineGenerator;

#ifdef KRAIT_SANITIZED
constexpr size_t kPrefixBytes = 1200;
#else
constexpr size_t kPrefixBytes = 2000;
#endif
constexpr size_t kMaxTokens = 12;

// A place in a file, and what is said there.
struct Asked {
  std::string path;
  std::string prefix;
  std::string suffix;

  std::stop_source stop = {};
  size_t stop_after = 0;  // tokens; 0: goes on to the end
  std::string text = {};
  std::vector<float> logprobs = {};
  std::unique_ptr<RunningGeneration> running = {};

  GeneratorPrompt Prompt() const {
    return {.path = path, .prefix = prefix, .suffix = suffix};
  }
  bool stopped() const { return stop_after != 0; }
};

class CompletionsAtOnceTest : public testing::Test {
 protected:
  void SetUp() override {
    model_ = LoadDefaultModel();
    ASSERT_NE(model_, nullptr);
    for (const char* name : {"lsp/text.cc", "models/recipe.py",
                             "daemon/completion/stop/stop_rules.cc",
                             "daemon/completion/shown/syntax_check.cc"}) {
      sources_.push_back(ReadSource(name));
    }
  }

  std::unique_ptr<EngineGenerator> Create(size_t state_bytes) {
    auto generator =
        EngineGenerator::Create(model_, pool_, {.state_bytes = state_bytes});
    EXPECT_TRUE(generator);
    return std::move(*generator);
  }

  // Prompts of different lengths; the last two of one file, one of them a
  // beginning of the other.
  std::vector<Asked> Places() const {
    std::vector<Asked> places;
    for (size_t i = 0; i < sources_.size(); ++i) {
      const size_t cursor = std::min(kPrefixBytes >> i, sources_[i].size());
      places.push_back({.path = "file" + std::to_string(i),
                        .prefix = sources_[i].substr(0, cursor),
                        .suffix = sources_[i].substr(cursor, 300)});
    }
    places.push_back({.path = "file0",
                      .prefix = sources_[0].substr(0, kPrefixBytes / 2),
                      .suffix = sources_[0].substr(kPrefixBytes / 2, 300)});
    return places;
  }

  static void Begin(Generator& generator, Asked& asked,
                    bool may_resume = false) {
    asked.running =
        generator.Begin({.prompt = asked.Prompt(),
                         .sampling = {},
                         .max_tokens = kMaxTokens,
                         .ignore_end = true,
                         .may_resume = may_resume,
                         .on_piece =
                             [&asked](const completion::Piece& piece) {
                               asked.text += piece.bytes;
                               asked.logprobs.push_back(piece.logprob);
                               if (asked.logprobs.size() == asked.stop_after) {
                                 asked.stop.request_stop();
                               }
                               return true;
                             }},
                        asked.stop.get_token());
  }

  static size_t Running(const std::vector<Asked>& all) {
    size_t count = 0;
    for (const Asked& asked : all) {
      if (asked.running && !asked.running->outcome()) ++count;
    }
    return count;
  }

  static void Advance(Generator& generator, const std::vector<Asked>& all) {
    std::vector<RunningGeneration*> running;
    for (const Asked& asked : all) {
      if (asked.running) running.push_back(asked.running.get());
    }
    generator.Advance(running);
  }

  // Asks all, one more after each `rounds_between` rounds.
  static void AskAll(Generator& generator, std::vector<Asked>& all,
                     size_t rounds_between) {
    for (Asked& asked : all) {
      Begin(generator, asked);
      for (size_t i = 0; i < rounds_between; ++i) Advance(generator, all);
    }
    while (Running(all) > 0) Advance(generator, all);
  }

  // Asks for all places one after the other, without states to begin from.
  const std::vector<Asked>& Alone() {
    if (!alone_.empty()) return alone_;
    const auto generator = Create(0);
    alone_ = Places();
    for (Asked& asked : alone_) {
      Begin(*generator, asked);
      RunningGeneration* const one = asked.running.get();
      while (!one->outcome()) generator->Advance({&one, 1});
      asked.running.reset();
    }
    return alone_;
  }

  void ExpectAsAlone(const std::vector<Asked>& all) {
    ASSERT_EQ(all.size(), Alone().size());
    for (size_t i = 0; i < all.size(); ++i) {
      std::vector<float> expected = Alone()[i].logprobs;
      ASSERT_FALSE(expected.empty());
      const auto& outcome = *all[i].running->outcome();
      ASSERT_EQ(outcome.has_value(), !all[i].stopped());
      if (all[i].stopped()) {
        EXPECT_EQ(outcome.error().code, base::ErrorCode::kCancelled);
        expected.resize(all[i].stop_after);
      } else {
        EXPECT_EQ(all[i].text, Alone()[i].text) << i;
      }
      EXPECT_EQ(all[i].logprobs, expected) << i;
    }
  }

  std::shared_ptr<engine::WorkerPool> pool_ =
      std::make_shared<engine::WorkerPool>(engine::PlanThreads(2));
  std::shared_ptr<const engine::Model> model_;
  std::vector<std::string> sources_;
  std::vector<Asked> alone_;
};

TEST_F(CompletionsAtOnceTest, EachIsTheOneThatItWouldBeAlone) {
  // Without states to begin from, and with those of the round before.
  for (const size_t budget : {size_t{0}, size_t{1} << 30}) {
    const auto generator = Create(budget);
    for (const size_t rounds_between : {0U, 7U}) {
      std::vector<Asked> all = Places();
      AskAll(*generator, all, rounds_between);
      ASSERT_NO_FATAL_FAILURE(ExpectAsAlone(all))
          << budget << " bytes, " << rounds_between << " rounds between";
    }
  }
}

TEST_F(CompletionsAtOnceTest, ACancelledOneLeavesTheOthersUnharmed) {
  const auto generator = Create(size_t{1} << 30);
  std::vector<Asked> all = Places();
  all[0].stop_after = 3;
  all[2].stop_after = 1;
  AskAll(*generator, all, 2);
  ExpectAsAlone(all);
}

// One that is let go of while it is read, and one while it speaks.
TEST_F(CompletionsAtOnceTest, OneThatIsDroppedLeavesTheOthersUnharmed) {
  const auto generator = Create(size_t{1} << 30);
  std::vector<Asked> all = Places();
  std::vector<Asked> dropped = Places();
  for (size_t i = 0; i < 2; ++i) {
    Begin(*generator, dropped[i]);
    for (size_t rounds = 0; rounds < i * 60; ++rounds) {
      Advance(*generator, dropped);
    }
    Begin(*generator, all[i]);
    Advance(*generator, all);
    dropped[i].running.reset();
  }
  for (size_t i = 2; i < all.size(); ++i) Begin(*generator, all[i]);
  while (Running(all) > 0) Advance(*generator, all);
  ExpectAsAlone(all);
}

// A prompt that is almost read does not wait for the end of a long one, and
// who speaks goes on.
TEST_F(CompletionsAtOnceTest, AShortPromptOvertakesALongOne) {
  const auto generator = Create(size_t{1} << 30);
  std::vector<Asked> all = Places();
  Asked& cold = all[0];
  Asked& warm = all[1];
  ASSERT_TRUE(generator->Warm(warm.Prompt(), {}));
  Begin(*generator, cold);
  Advance(*generator, all);
  ASSERT_TRUE(cold.text.empty());  // has more than one slice to read
  Begin(*generator, warm);
  Advance(*generator, all);
  EXPECT_EQ(warm.logprobs.size(), 1U);
  EXPECT_TRUE(cold.text.empty());
  while (Running(all) > 0) Advance(*generator, all);
  EXPECT_FALSE(cold.text.empty());  // where the model ends it is its business
}

// Two users each type what is being said to them.
TEST_F(CompletionsAtOnceTest, EachIsGoneOnWith) {
  const auto generator = Create(size_t{1} << 30);
  std::vector<Asked> all = Places();
  all.resize(3);
  AskAll(*generator, all, 0);
  std::vector<Asked> more = Places();
  more.resize(3);
  for (size_t i = 0; i < more.size(); ++i) {
    more[i].prefix += all[i].text.substr(0, 2);
    Begin(*generator, more[i], /*may_resume=*/true);
  }
  while (Running(more) > 0) Advance(*generator, more);
  for (size_t i = 0; i < more.size(); ++i) {
    const auto& report = *more[i].running->outcome();
    ASSERT_TRUE(report);
    EXPECT_EQ(report->tokens_computed, 0U);
    EXPECT_TRUE(more[i].text.starts_with(all[i].text.substr(2))) << i;
  }
}

}  // namespace
}  // namespace krait::completion
