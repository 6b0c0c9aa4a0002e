// SPDX-License-Identifier: Apache-2.0
// What was generated while nobody waited is what a cold run generates, and
// costs nothing when it is asked for.
#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "daemon/completion/completion_service.h"
#include "daemon/host/local/engine_generator.h"
#include "engine/threads/topology.h"
#include "tests/daemon/completion/default_model.h"
#include "tests/daemon/completion/source_text.h"

namespace krait::completion {
namespace {

using daemon::EngineGenerator;

class PrefetchTest : public testing::Test {
 protected:
  void SetUp() override {
    model_ = LoadDefaultModel();
    ASSERT_NE(model_, nullptr);
    warm_ = Create(size_t{256} << 20);
    cold_ = Create(0);
    options_.max_tokens = 12;
    options_.extent = CompletionExtent::kUnlimited;
    options_.min_confidence = kShowAll;
    const std::string text = ReadSource("lsp/text.cc");
    const size_t cursor = text.find("return ", 900) + 7;
    request_.before = text.substr(0, cursor);
    request_.after = text.substr(cursor, 300);
  }

  std::unique_ptr<EngineGenerator> Create(size_t state_bytes) {
    auto generator =
        EngineGenerator::Create(model_, pool_, {.state_bytes = state_bytes});
    EXPECT_TRUE(generator);
    return std::move(*generator);
  }

  Completion Complete(Generator& generator) const {
    CompletionService service(generator);
    const auto completion = service.Complete(request_, options_);
    EXPECT_TRUE(completion);
    return *completion;
  }

  std::shared_ptr<engine::WorkerPool> pool_ =
      std::make_shared<engine::WorkerPool>(engine::PlanThreads(2));
  std::shared_ptr<const engine::Model> model_;
  // As long as it takes: each goes on with the one before, for at most a
  // second.
  void SayAhead() {
    CompletionService service(*warm_);
    for (int i = 0; i < 8; ++i) {
      EXPECT_TRUE(service.Prefetch(request_, options_));
    }
  }

  std::unique_ptr<EngineGenerator> warm_;
  std::unique_ptr<EngineGenerator> cold_;
  CompletionOptions options_;
  CompletionRequest request_;
};

TEST_F(PrefetchTest, WhatWasSaidAheadRunsNoModel) {
  SayAhead();
  const Completion warm = Complete(*warm_);
  EXPECT_EQ(warm.trace.tokens_computed, 0U);
  // The one that only said again what stands before the cursor.
  EXPECT_LE(warm.trace.tokens_generated, 1U);
  const Completion cold = Complete(*cold_);
  EXPECT_GT(cold.trace.tokens_generated, 1U);
  ASSERT_FALSE(cold.text.empty());
  EXPECT_EQ(warm.text, cold.text);

  // A part of it is typed: no prompt is read.
  request_.before += cold.text.substr(0, cold.text.size() / 2);
  EXPECT_EQ(Complete(*warm_).trace.tokens_computed, 0U);
  request_.before += "@#";
  EXPECT_GT(Complete(*warm_).trace.tokens_computed, 0U);
}

TEST_F(PrefetchTest, WhatWasSaidBeforeAStopIsKept) {
  std::stop_source stop;
  stop.request_stop();
  CompletionService service(*warm_);
  const auto stopped = service.Prefetch(request_, options_, stop.get_token());
  ASSERT_FALSE(stopped);
  EXPECT_EQ(stopped.error().code, base::ErrorCode::kCancelled);
  ASSERT_TRUE(service.Prefetch(request_, options_));
  EXPECT_EQ(Complete(*warm_).text, Complete(*cold_).text);
}

TEST_F(PrefetchTest, NothingIsDrawnByChanceAhead) {
  options_.sampling.temperature = 1;
  SayAhead();
  EXPECT_GT(Complete(*warm_).trace.tokens_computed, 0U);
}

}  // namespace
}  // namespace krait::completion
