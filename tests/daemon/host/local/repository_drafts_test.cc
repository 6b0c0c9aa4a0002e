// SPDX-License-Identifier: Apache-2.0
//
// A model that is mixed with nothing: a repository is where its drafts are
// guessed from, and changes nothing of what it says.
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "daemon/completion/text/repository_place.h"
#include "daemon/host/local/engine_generator.h"
#include "engine/threads/topology.h"
#include "tests/daemon/repository/repository_testing.h"

namespace krait::daemon {
namespace {

// What was generated.
struct Said {
  std::string text = {};
  std::vector<float> logprobs = {};
};

class RepositoryDraftsTest : public repository::RepositoryTest,
                             public testing::WithParamInterface<const char*> {
 protected:
  void SetUp() override {
    RepositoryTest::SetUp();
    auto model = engine::Model::Load(std::string(KRAIT_TEST_DATA) + "/models/" +
                                     GetParam() + "/hf");
    ASSERT_TRUE(model) << model.error().message;
    ASSERT_TRUE((*model)->TakesDrafts());
    auto generator = EngineGenerator::Create(
        *model, std::make_shared<engine::WorkerPool>(engine::PlanThreads(2)),
        {.mixing = engine::MemoryMixing::kNever});
    ASSERT_TRUE(generator) << generator.error().message;
    generator_ = std::move(*generator);
  }

  Said Generate(const completion::RepositoryPlace* place) {
    Said said;
    completion::GeneratorRequest request{
        .prompt = {.document = "a.py",
                   .path = "a.py",
                   .prefix = kPrefix,
                   .suffix = {}},
        .sampling = {},
        .max_tokens = 60,
        .ignore_end = true,
        .may_resume = false,
        .on_piece = [&said](const completion::Piece& piece) {
          said.text += piece.bytes;
          said.logprobs.push_back(piece.logprob);
          return true;
        }};
    request.prompt.remembered = completion::RememberedTexts{
        .before = kPrefix, .after = {}, .repository = place};
    const auto running = generator_->Begin(std::move(request), {});
    completion::RunningGeneration* const one = running.get();
    while (!one->outcome()) generator_->Advance({&one, 1});
    EXPECT_TRUE(*one->outcome());
    return said;
  }

  static constexpr const char* kPrefix = "def read(self):\n    return";

  std::unique_ptr<EngineGenerator> generator_;
};

TEST_P(RepositoryDraftsTest, WhatIsSaidIsTheSame) {
  const Said alone = Generate(nullptr);
  ASSERT_GT(alone.logprobs.size(), 30U);
  // What it says, as far as it is text, and half of that.
  std::string text = alone.text;
  std::erase_if(text, [](char c) { return c != '\n' && (c < ' ' || c > '~'); });
  Write("b.py", kPrefix + text + "\n");
  Write("c.py", kPrefix + text.substr(0, text.size() / 2) + "# c\n");
  Write("d.cc", "int d;\n");
  const completion::RepositoryPlace place{
      .root = root_.string(), .language = "python", .wait = true};
  const size_t before = generator_->memory_use().bytes;
  for (size_t i = 0; i < 3; ++i) {
    const Said drafted = Generate(&place);
    EXPECT_EQ(drafted.text, alone.text);
    EXPECT_EQ(drafted.logprobs, alone.logprobs);
  }
  // What was read counts as what the model takes, and goes with the rest.
  EXPECT_GT(generator_->memory_use().bytes, before);
  generator_->GiveBack(generator_->memory_use().bytes);
  EXPECT_EQ(generator_->memory_use().bytes, 0U);
  Generate(&place);
  EXPECT_GT(generator_->memory_use().bytes, 0U);
  generator_->Forget({}, [](size_t) {});
  EXPECT_EQ(generator_->memory_use().bytes, 0U);
}

// With positions, with a recurrence, and with both.
INSTANTIATE_TEST_SUITE_P(Models, RepositoryDraftsTest,
                         testing::Values("llama-tiny", "mamba2-tied",
                                         "granite-h-tiny"));

}  // namespace
}  // namespace krait::daemon
