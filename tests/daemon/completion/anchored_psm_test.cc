// SPDX-License-Identifier: Apache-2.0
//
// What keystrokes cost with models that read the suffix behind the prefix: a
// recurrent hybrid and a transformer. Tokens are counted, not time.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/completion/completion_service.h"
#include "daemon/completion/shown/syntax.h"
#include "daemon/host/local/engine_generator.h"
#include "engine/threads/topology.h"
#include "grammars/language.h"
#include "tests/daemon/completion/source_text.h"

namespace krait::completion {
namespace {

using daemon::EngineGenerator;
using testing::Each;
using testing::HasSubstr;
using testing::Le;

// Tokens per second, about those of Granite 4.0 H 350M on two cores: so plans
// are those of a model for which a thousand tokens are long to wait for.
constexpr double kSpeed = 1500;

class AnchoredPsmTest : public testing::TestWithParam<const char*> {
 protected:
  void SetUp() override {
    auto model = engine::Model::Load(std::string(KRAIT_TEST_DATA) + "/models/" +
                                     GetParam() + "/hf");
    ASSERT_TRUE(model) << model.error().message;
    auto generator = EngineGenerator::Create(
        *model, std::make_shared<engine::WorkerPool>(engine::PlanThreads(2)),
        {.state_bytes = size_t{256} << 20, .assumed_speed = kSpeed});
    ASSERT_TRUE(generator) << generator.error().message;
    generator_ = std::move(*generator);
    service_ = std::make_unique<CompletionService>(*generator_);
    options_.max_tokens = 1;
    // With it all of a word is said anew until it ends, and then read at once.
    options_.file_memory = false;
    // Of a vocabulary of some hundred, what 2048 are of a real one: some 160
    // lines.
    options_.limits.prefix_tokens = 5000;
    options_.min_confidence = kShowAll;
    text_ = ReadSource("daemon/session/lsp_session.cc");
    cursor_ = LineBegin(260);
  }

  size_t LineBegin(size_t line) const {
    size_t at = 0;
    for (; line > 0; --line) at = text_.find('\n', at) + 1;
    return at;
  }
  CompletionRequest Request() const {
    return {.path = "a.cc",
            .before = text_.substr(0, cursor_),
            .after = text_.substr(cursor_),
            .syntax = ParseForRequest(grammars::LanguageOfPath("a.cc"), text_,
                                      cursor_)};
  }
  // Returns how many tokens of the prompt were run through the model.
  size_t Ask() {
    const auto completion = service_->Complete(Request(), options_);
    EXPECT_TRUE(completion);
    trace_ = completion->trace;
    EXPECT_EQ(trace_.plan, PromptPlan::kAnchoredPsm);
    return trace_.tokens_computed;
  }
  // Of what the model was shown last.
  size_t prompt_tokens() const {
    return trace_.tokens_reused + trace_.tokens_replayed +
           trace_.tokens_computed;
  }
  void GoTo(size_t line) { cursor_ = text_.find('\n', LineBegin(line)); }
  // The cursor stays where it is in the text.
  void InsertAbove(size_t line, std::string_view text) {
    text_.insert(LineBegin(line), text);
    cursor_ += text.size();
  }
  void Pause() {
    EXPECT_TRUE(service_->Warm(Request(), options_));
    EXPECT_TRUE(service_->ReadAhead(Request(), options_));
  }
  size_t Type(char c) {
    text_.insert(cursor_++, 1, c);
    return Ask();
  }
  std::vector<size_t> Type(std::string_view text) {
    std::vector<size_t> costs;
    for (const char c : text) costs.push_back(Type(c));
    return costs;
  }

  std::unique_ptr<EngineGenerator> generator_;
  std::unique_ptr<CompletionService> service_;
  CompletionOptions options_;
  CompletionTrace trace_;
  std::string text_;
  size_t cursor_ = 0;
};

// Of more than these lines and a suffix: more than is quickly read.
constexpr size_t kManyTokens = 1000;

#ifdef KRAIT_SANITIZED
constexpr int kRounds = 3;
#else
constexpr int kRounds = 12;
#endif

constexpr std::string_view kTyped =
    "  const size_t limit = std::min(count, kMost);\n"
    "  if (limit == 0) return {};\n"
    "  return documents.at(limit);\n";

TEST_P(AnchoredPsmTest, AKeystrokeCostsWhatWasTyped) {
  Ask();
  std::vector<size_t> costs = Type(kTyped);
  EXPECT_THAT(costs, Each(Le(3U)));
  std::ranges::sort(costs);
  EXPECT_LE(costs[costs.size() / 2], 2U);
}

TEST_P(AnchoredPsmTest, SoItDoesThroughPausesAndLongTexts) {
  Ask();
  std::string longer;
  for (int i = 0; i < kRounds; ++i) longer += kTyped;
  std::vector<size_t> costs;
  for (size_t i = 0; i < longer.size(); ++i) {
    text_.insert(cursor_++, 1, longer[i]);
    if (i % 7 == 0) costs.push_back(Ask());
    if (i % 50 == 0) Pause();
  }
  EXPECT_THAT(costs, Each(Le(12U)));
}

TEST_P(AnchoredPsmTest, WhatIsDeletedIsNotReadAgain) {
  Ask();
  Type(kTyped.substr(0, 60));
  for (int i = 0; i < 12; ++i) {
    text_.erase(--cursor_, 1);
    EXPECT_LE(Ask(), 16U);
  }
}

TEST_P(AnchoredPsmTest, AJumpInAFileThatWasReadCostsTheWayAndTheSuffix) {
  Ask();
  Pause();
  EXPECT_LE(Ask(), 1U);
  for (const size_t line : {60U, 460U, 225U, 403U, 110U}) {
    SCOPED_TRACE(line);
    GoTo(line);
    EXPECT_LE(Ask(), 300U);
    // All of the file above is in it.
    EXPECT_GT(prompt_tokens(), line * 8);
    const std::vector<size_t> costs = Type("  // checked\n");
    EXPECT_THAT(costs, Each(Le(3U)));
  }
}

TEST_P(AnchoredPsmTest, AJumpToWhatWasNotReadCostsTheLinesThere) {
  Ask();
  GoTo(460);
  EXPECT_LE(Ask(), 300U);
  EXPECT_THAT(trace_.plan_reason, HasSubstr("the lines around it are read"));
  EXPECT_LT(prompt_tokens(), 300U);
  EXPECT_THAT(Type("  // checked\n"), Each(Le(3U)));
  Pause();
  EXPECT_LE(Type('x'), 3U);
  EXPECT_EQ(trace_.plan_reason, "");
  EXPECT_GT(prompt_tokens(), kManyTokens);
}

TEST_P(AnchoredPsmTest, AnEditFurtherUpDoesNotHoldUpWhoTypesBelow) {
  Ask();
  Pause();
  InsertAbove(160, "// What is new here.\n");
  EXPECT_LE(Ask(), 400U);
  EXPECT_THAT(trace_.plan_reason, HasSubstr("as it was when it was read"));
  EXPECT_GT(prompt_tokens(), kManyTokens);
  EXPECT_THAT(Type(kTyped.substr(0, 60)), Each(Le(3U)));
  Pause();
  EXPECT_LE(Type('x'), 3U);
  EXPECT_EQ(trace_.plan_reason, "");
}

TEST_P(AnchoredPsmTest, SoItIsWithAJumpAfterEdits) {
  Ask();
  Pause();
  Type(kTyped);
  InsertAbove(120, "// What is new here.\n");
  for (const size_t line : {440U, 330U}) {
    SCOPED_TRACE(line);
    GoTo(line);
    EXPECT_LE(Ask(), 300U);
    EXPECT_THAT(trace_.plan_reason, HasSubstr("as it was when it was read"));
    EXPECT_GT(prompt_tokens(), line * 8);
  }
}

TEST_P(AnchoredPsmTest, TheEditItselfCostsTheSuffixThere) {
  Ask();
  Pause();
  cursor_ = LineBegin(160);
  EXPECT_LE(Type('x'), 400U);
  EXPECT_THAT(Type(" = limit;\n"), Each(Le(3U)));
}

TEST_P(AnchoredPsmTest, NoMoreIsReadThanTheUserWants) {
  options_.limits.pause_tokens = 0;
  Ask();
  Pause();
  EXPECT_LE(Ask(), 1U);
  EXPECT_LE(prompt_tokens(), 5000U + 300U);
  GoTo(60);
  EXPECT_LE(Ask(), 300U);
  EXPECT_LT(prompt_tokens(), 300U);
}

// The hybrid has both kinds of memory.
#ifdef KRAIT_SANITIZED
const auto kAnchoredModels = testing::Values("granite-h-tiny");
#else
const auto kAnchoredModels = testing::Values("granite-h-tiny", "qwen2-tiny");
#endif

INSTANTIATE_TEST_SUITE_P(Models, AnchoredPsmTest, kAnchoredModels,
                         [](const auto& info) {
                           return std::string(info.param, 0, 4) == "gran"
                                      ? "hybrid"
                                      : "transformer";
                         });

}  // namespace
}  // namespace krait::completion
