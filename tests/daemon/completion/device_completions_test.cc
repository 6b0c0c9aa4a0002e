// SPDX-License-Identifier: Apache-2.0
// Completions of a model on a graphics card, of whose logits the largest come
// back: a generation that another one cut short is gone on with if these are
// enough.
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "daemon/host/local/engine_generator.h"
#include "engine/arch/device_model.h"
#include "engine/threads/topology.h"
#include "tests/engine/vulkan/test_device.h"

namespace krait::completion {
namespace {

constexpr std::string_view kPrefix = "def add(first, second):\n    return ";
constexpr std::string_view kOther = "import os\n\nfor name in os.listdir(";

class DeviceCompletionsTest : public testing::Test {
 protected:
  void SetUp() override {
    const auto& test_device = engine::vulkan::TestDevice::Get();
    if (test_device.device == nullptr) GTEST_SKIP() << test_device.missing;
    auto loaded = engine::Model::LoadFile(KRAIT_DEFAULT_MODEL);
    ASSERT_TRUE(loaded) << loaded.error().message;
    auto model =
        engine::DeviceModel::Create(std::move(*loaded), test_device.device);
    ASSERT_TRUE(model) << model.error().message;
    auto generator = daemon::EngineGenerator::Create(
        *model, pool_, {.state_bytes = size_t{1} << 30});
    ASSERT_TRUE(generator) << generator.error().message;
    generator_ = std::move(*generator);
  }

  struct Said {
    std::string text = {};
    std::vector<float> logprobs = {};
    std::vector<size_t> likeliest = {};  // how many, of each
    std::stop_source stop = {};
    std::unique_ptr<RunningGeneration> running = {};

    const GeneratorReport& report() const { return **running->outcome(); }
  };

  // `after_piece`: called with how many there were.
  void Begin(std::string_view prefix, size_t likeliest, Said* said,
             const std::function<void(size_t)>& after_piece = {}) {
    said->running = generator_->Begin(
        {.prompt = {.path = "a.py", .prefix = prefix, .suffix = "\n"},
         .sampling = {},
         .max_tokens = 8,
         .ignore_end = true,
         .likeliest = likeliest,
         .on_piece =
             [said, after_piece](const Piece& piece) {
               said->text += piece.bytes;
               said->logprobs.push_back(piece.logprob);
               said->likeliest.push_back(piece.likeliest.size());
               if (after_piece) after_piece(said->logprobs.size());
               return true;
             }},
        said->stop.get_token());
  }

  void Finish(std::vector<RunningGeneration*> all) {
    const auto is_running = [](const RunningGeneration* one) {
      return !one->outcome();
    };
    while (std::ranges::any_of(all, is_running)) generator_->Advance(all);
  }

  // Stops a generation of kPrefix behind a step of the model, before what comes
  // next is chosen: the other one's piece, of the same round, does.
  void CutShort() {
    Said other;
    Said cut;
    Begin(kOther, 0, &other, [&cut](size_t pieces) {
      if (pieces == 4) cut.stop.request_stop();
    });
    Begin(kPrefix, 0, &cut);
    Finish({other.running.get(), cut.running.get()});
    ASSERT_FALSE(*cut.running->outcome());
    ASSERT_FALSE(cut.logprobs.empty());
    ASSERT_LT(cut.logprobs.size(), 8U);
  }

  std::shared_ptr<engine::WorkerPool> pool_ =
      std::make_shared<engine::WorkerPool>(engine::PlanThreads(1));
  std::unique_ptr<daemon::EngineGenerator> generator_;
};

TEST_F(DeviceCompletionsTest, OneThatWasCutShortIsGoneOnWithIfThatIsEnough) {
  CutShort();
  Said more;
  Begin(kPrefix, 3, &more);
  Finish({more.running.get()});
  ASSERT_TRUE(*more.running->outcome());
  // What was said already has no others beside it, so it is read anew.
  EXPECT_NE(more.report().reason_for_plan,
            "goes on with what was being generated");
  EXPECT_EQ(more.likeliest, std::vector<size_t>(8, 3));

  generator_->Forget({}, [](size_t) {});
  CutShort();
  Said again;
  Begin(kPrefix, 0, &again);
  Finish({again.running.get()});
  ASSERT_TRUE(*again.running->outcome());
  EXPECT_EQ(again.report().reason_for_plan,
            "goes on with what was being generated");
  EXPECT_EQ(again.text, more.text);
  ASSERT_EQ(again.logprobs.size(), more.logprobs.size());
  for (size_t i = 0; i < again.logprobs.size(); ++i) {
    EXPECT_NEAR(again.logprobs[i], more.logprobs[i], 1e-4);
  }
}

}  // namespace
}  // namespace krait::completion
