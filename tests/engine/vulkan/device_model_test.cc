// SPDX-License-Identifier: Apache-2.0
// Models on a device: against the reference implementations' golden data, and
// their states against a cold run, bit for bit.

#include "engine/arch/device_model.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <memory>
#include <ostream>
#include <string>
#include <utility>
#include <vector>

#include "engine/run/generation.h"
#include "engine/run/session.h"
#include "engine/state/state_codec.h"
#include "tests/engine/arch/golden.h"
#include "tests/engine/vulkan/test_device.h"

namespace krait::engine::vulkan {
namespace {

// All is computed in float32, activations with quantised weights, too: the
// reference's own noise is 5e-5.
constexpr float kTolerance = 1e-3F;

struct DeviceCase {
  const char* model;   // folder of tests/data/models
  const char* file;    // what to load in it
  const char* logits;  // expected/X.safetensors
};

void PrintTo(const DeviceCase& c, std::ostream* os) {
  *os << c.model << "/" << c.file;
}

std::string NameOf(const testing::TestParamInfo<DeviceCase>& test) {
  std::string name = std::string(test.param.model) + "_" + test.param.file;
  for (char& c : name) {
    if (std::isalnum(static_cast<unsigned char>(c)) == 0) c = '_';
  }
  return name;
}

Result<std::shared_ptr<const Model>> LoadOnDevice(
    const std::string& name, const std::shared_ptr<Device>& device) {
  Result<LoadedFile> loaded =
      Model::LoadFile(KRAIT_TEST_DATA "/models/" + name);
  if (!loaded) return loaded.error();
  return DeviceModel::Create(std::move(*loaded), device);
}

class DeviceModelTest : public DeviceTest,
                        public testing::WithParamInterface<DeviceCase> {
 protected:
  void SetUp() override {
    DeviceTest::SetUp();
    if (IsSkipped()) return;
    const DeviceCase& c = GetParam();
    auto model = LoadOnDevice(std::string(c.model) + "/" + c.file, device_);
    ASSERT_TRUE(model) << model.error().message;
    model_ = *model;
    golden_ = ReadGoldenPrompts(c.model);
  }

  std::shared_ptr<const Model> model_;
  GoldenPrompts golden_;
  WorkerPool pool_{PlanThreads(1)};
};

TEST_P(DeviceModelTest, IsTheReference) {
  const size_t vocab = model_->hyperparameters().vocab;
  const auto arrays =
      ReadGoldenArrays(std::string(GetParam().model) + "/expected/" +
                       GetParam().logits + ".safetensors");
  size_t checked = 0;
  Session session(model_, pool_);
  for (const auto& [name, expected] : arrays) {
    if (!name.starts_with("logits_")) continue;
    const size_t rows = expected.values.size() / vocab;
    const size_t last = name.find("_last");
    const auto& tokens =
        golden_.prompts[name.substr(7, last == name.npos ? last : last - 7)];
    const size_t first = last == name.npos ? 0 : tokens.size() - rows;
    std::vector<float> logits;
    session.Reset();
    ASSERT_TRUE(session.PrefillAllLogits(tokens, &logits));
    EXPECT_LT(MaxAbsDifference(logits.data() + first * vocab,
                               expected.values.data(), rows * vocab),
              kTolerance)
        << name;
    ++checked;
  }
  EXPECT_GE(checked, 3U);
  if (GetParam().logits != std::string("logits")) return;
  size_t continued = 0;
  for (const auto& [prompt, tokens] : golden_.prompts) {
    if (golden_.margin[prompt] < 2 * static_cast<double>(kTolerance)) continue;
    if (continued++ == 2) break;  // the processor plays the device slowly
    session.Reset();
    ASSERT_TRUE(session.Prefill(tokens));
    const GenerateOptions options{.max_tokens = 32,
                                  .ignore_end_of_sequence = true};
    EXPECT_EQ(Generate(session, options).tokens, golden_.greedy[prompt])
        << "after the prompt of " << prompt;
  }
  EXPECT_GE(continued, 2U);
}

INSTANTIATE_TEST_SUITE_P(
    Models, DeviceModelTest,
    testing::Values(
        DeviceCase{"llama-tiny", "hf", "logits"},
        DeviceCase{"llama-tiny", "gguf/model-f16.gguf", "gguf-F16"},
        DeviceCase{"mistral-tiny", "hf", "logits"},
        DeviceCase{"mistral-nowindow", "hf", "logits"},
        DeviceCase{"llama3-tiny", "gguf/model-f32.gguf", "logits"},
        DeviceCase{"llama-linear", "gguf/model-f32.gguf", "logits"},
        DeviceCase{"granite-tiny", "hf", "logits"},
        DeviceCase{"qwen2-tiny", "hf", "logits"},
        DeviceCase{"mixtral-tiny", "hf", "logits"},
        DeviceCase{"mamba2-tiny", "hf", "logits"},
        DeviceCase{"mamba2-tied", "gguf/model-f16.gguf", "gguf-F16"},
        DeviceCase{"granite-h-tiny", "hf", "logits"},
        DeviceCase{"granite-h-moe", "hf", "logits"},
        DeviceCase{"mamba1-tiny", "hf", "logits"},
        DeviceCase{"falcon-h1-tiny", "hf", "logits"},
        DeviceCase{"mamba2-kq", "gguf/model-Q4_K_M.gguf", "gguf-Q4_K_M"},
        DeviceCase{"mixtral-kq", "gguf/model-Q4_K_M.gguf", "gguf-Q4_K_M"},
        DeviceCase{"mistral-kq", "gguf/model-Q8_0.gguf", "gguf-Q8_0"},
        DeviceCase{"mistral-kq", "gguf/model-Q2_K.gguf", "gguf-Q2_K"},
        DeviceCase{"mistral-kq", "gguf/model-Q4_K_M.gguf", "gguf-Q4_K_M"},
        DeviceCase{"mistral-kq", "gguf/model-IQ4_XS.gguf", "gguf-IQ4_XS"}),
    NameOf);

// Products of many tokens in the other ways that the device has, which round
// more: weights and inputs to binary16, or inputs to 8 bits as the processor
// does (golden_test.cc, kQ8Tolerance).
class DeviceProductsTest : public DeviceTest,
                           public testing::WithParamInterface<MatMulKind> {
 protected:
  MatMulKind kind() const override { return GetParam(); }
  WorkerPool pool_{PlanThreads(1)};
};

TEST_P(DeviceProductsTest, AreNearThePlainOnesHoweverAPromptIsCut) {
  // Where a router's scores are near a tie, another expert is chosen.
  const struct {
    const char* name;
    float int8;
  } models[] = {{"mixtral-kq/gguf/model-Q4_K_M.gguf", 1.5F},
                {"mamba2-kq/gguf/model-Q4_K_M.gguf", 0.6F},
                {"mistral-kq/gguf/model-Q8_0.gguf", 0.6F},
                {"falcon-h1-tiny/hf", 0}};
  for (const auto& [name, int8] : models) {
    const float tolerance = GetParam() == MatMulKind::kInt8          ? int8
                            : GetParam() == MatMulKind::kCooperative ? 0.03F
                                                                     : 0;
    const auto model = LoadOnDevice(name, device_);
    ASSERT_TRUE(model) << model.error().message;
    const auto plain = LoadOnDevice(name, TestDevice::Get().device);
    ASSERT_TRUE(plain) << plain.error().message;
    std::vector<TokenId> tokens(70);
    for (size_t i = 0; i < tokens.size(); ++i) {
      tokens[i] = static_cast<TokenId>((i * 7919 + 13) %
                                       (*model)->hyperparameters().vocab);
    }
    std::vector<float> expected;
    ASSERT_TRUE(Session(*plain, pool_).PrefillAllLogits(tokens, &expected));
    std::vector<float> logits;
    ASSERT_TRUE(Session(*model, pool_).PrefillAllLogits(tokens, &logits));
    EXPECT_LE(MaxAbsDifference(logits.data(), expected.data(), expected.size()),
              tolerance)
        << name;
    Session cut(*model, pool_);
    ASSERT_TRUE(cut.Prefill(std::span(tokens).first(33)));
    ASSERT_TRUE(cut.Prefill(std::span(tokens).subspan(33)));
    EXPECT_TRUE(std::ranges::equal(cut.logits(),
                                   std::span(logits).last(cut.logits().size())))
        << name;
  }
}

INSTANTIATE_TEST_SUITE_P(Kinds, DeviceProductsTest,
                         testing::ValuesIn(TestDevice::Kinds()),
                         [](const testing::TestParamInfo<MatMulKind>& test) {
                           return TestDevice::NameOf(test.param);
                         });

// Attention with a sliding window of 16 and without, Mamba-2 and Mamba-1, and
// both, in turns and beside each other.
constexpr const char* kNames[] = {"mistral-tiny/hf",   "llama-tiny/hf",
                                  "mamba2-tiny/hf",    "mamba1-tiny/hf",
                                  "granite-h-tiny/hf", "falcon-h1-tiny/hf"};

// What a state gives does not depend on how it was come by.
class DeviceStateTest : public DeviceTest {
 protected:
  // Loaded once.
  void SetUp() override {
    DeviceTest::SetUp();
    if (IsSkipped() || !models_.empty()) return;
    for (const char* name : kNames) {
      auto model = LoadOnDevice(name, device_);
      ASSERT_TRUE(model) << model.error().message;
      models_.push_back(*model);
    }
  }

  static std::vector<TokenId> Tokens(const Model& model, size_t count) {
    std::vector<TokenId> tokens(count);
    for (size_t i = 0; i < count; ++i) {
      tokens[i] =
          static_cast<TokenId>((i * 7919 + 13) % model.hyperparameters().vocab);
    }
    return tokens;
  }

  static std::vector<float> LogitsOf(const Session& session) {
    return {session.logits().begin(), session.logits().end()};
  }

  // Logits of a run in one go, and the state after it.
  std::unique_ptr<Session> Cold(const std::shared_ptr<const Model>& model,
                                std::span<const TokenId> tokens) {
    auto session = std::make_unique<Session>(model, pool_);
    EXPECT_TRUE(session->Prefill(tokens));
    return session;
  }

  static void TearDownTestSuite() { models_.clear(); }

  static inline std::vector<std::shared_ptr<const Model>> models_;
  WorkerPool pool_{PlanThreads(1)};
};

TEST_F(DeviceStateTest, HowAPromptIsCutDoesNotShow) {
  for (const auto& model : models_) {
    const auto tokens = Tokens(*model, 150);
    const auto cold = Cold(model, tokens);
    Session session(model, pool_);
    size_t done = 0;
    for (const size_t count : std::initializer_list<size_t>{1, 62, 2, 40, 45}) {
      ASSERT_TRUE(session.Prefill(std::span(tokens).subspan(done, count)));
      done += count;
    }
    EXPECT_EQ(LogitsOf(session), LogitsOf(*cold));
  }
}

TEST_F(DeviceStateTest, AForkLeavesItsOriginalAlone) {
  for (const auto& model : models_) {
    const auto tokens = Tokens(*model, 150);
    const auto cold = Cold(model, tokens);
    Session session(model, pool_);
    ASSERT_TRUE(session.Prefill(std::span(tokens).first(100)));
    Session fork(model, pool_);
    fork.CopyFrom(session);
    const std::unique_ptr<State> clone = session.state().Clone();
    for (TokenId token = 0; token < 40; ++token) fork.Decode(token);
    ASSERT_TRUE(session.Prefill(std::span(tokens).subspan(100)));
    EXPECT_EQ(LogitsOf(session), LogitsOf(*cold));
    EXPECT_EQ(clone->position(), 100U);
    EXPECT_EQ(fork.state().position(), 140U);
  }
}

TEST_F(DeviceStateTest, PiecesOfTheDeviceAndOfAFileAreGoneOnFrom) {
  for (const auto& model : models_) {
    const auto tokens = Tokens(*model, 150);
    const auto cold = Cold(model, tokens);
    Session first(model, pool_);
    ASSERT_TRUE(first.Prefill(std::span(tokens).first(140)));
    const std::vector<BlockPieces> whole = first.state().TakeWholeBlocks();
    ASSERT_EQ(whole.size(), 2U);
    const BlockPieces last = first.state().last_block();
    const StateCodec codec(model->hyperparameters());
    for (const bool from_file : {false, true}) {
      const auto piece = [&](const BlockPieces& block, size_t rows) {
        if (!from_file) return block;
        std::vector<float> values;
        AppendRows(block, rows, &values);
        const auto made = codec.MakeBlock(values, rows);
        EXPECT_TRUE(made);
        return *made;
      };
      Session session(model, pool_);
      for (const BlockPieces& block : whole) {
        session.Replay(piece(block, kBlockTokens), kBlockTokens);
      }
      session.Replay(piece(last, 12), 12);
      ASSERT_TRUE(session.Prefill(std::span(tokens).subspan(140)));
      EXPECT_EQ(LogitsOf(session), LogitsOf(*cold)) << from_file;
    }
  }
}

// Within what a sliding window sees.
TEST_F(DeviceStateTest, ASnapshotOfTheDeviceAndOfAFileIsGoneOnFrom) {
  for (const auto& model : std::span(models_).subspan(2)) {
    const auto tokens = Tokens(*model, 150);
    const auto cold = Cold(model, tokens);
    Session first(model, pool_);
    ASSERT_TRUE(first.Prefill(std::span(tokens).first(140)));
    std::vector<std::shared_ptr<StateBlock>> kv;
    for (const BlockPieces& block : first.state().TakeWholeBlocks()) {
      if (block.kv != nullptr) kv.push_back(block.kv);
    }
    const auto snapshot = first.state().snapshot();
    ASSERT_NE(snapshot, nullptr);
    const std::span<const float> values = snapshot->values();
    EXPECT_EQ(values.size_bytes(), snapshot->bytes());
    const auto copy =
        std::make_shared<std::vector<float>>(values.begin(), values.end());
    const StateCodec codec(model->hyperparameters());
    for (const auto& from : {snapshot, codec.MakeSnapshot(*copy, copy)}) {
      ASSERT_NE(from, nullptr);
      Session session(model, pool_);
      session.state().Restore(128, from, kv);
      session.Replay(first.state().last_block(), 12);
      ASSERT_TRUE(session.Prefill(std::span(tokens).subspan(140)));
      EXPECT_EQ(LogitsOf(session), LogitsOf(*cold));
    }
  }
}

TEST_F(DeviceStateTest, GoesBackAndOn) {
  for (const auto& model : std::span(models_).subspan(1)) {
    const auto tokens = Tokens(*model, 150);
    const auto cold = Cold(model, tokens);
    Session session(model, pool_);
    ASSERT_TRUE(session.Prefill(std::span(tokens).first(130)));
    ASSERT_TRUE(session.Prefill(Tokens(*model, 20)));
    ASSERT_TRUE(session.state().Rewind(130));
    ASSERT_TRUE(session.Prefill(std::span(tokens).subspan(130)));
    EXPECT_EQ(LogitsOf(session), LogitsOf(*cold));
  }
}

TEST_F(DeviceStateTest, ABatchGivesEachWhatItGetsAlone) {
  for (const auto& model : models_) {
    const auto tokens = Tokens(*model, 100);
    const std::shared_ptr<Executor> executor = model->NewExecutor(pool_);
    std::vector<std::unique_ptr<Session>> sessions;
    std::vector<std::vector<float>> alone;
    std::vector<DecodeFeed> batch;
    for (const size_t length : std::initializer_list<size_t>{1, 64, 90}) {
      auto session = std::make_unique<Session>(model, executor);
      ASSERT_TRUE(session->Prefill(std::span(tokens).first(length)));
      Session single(model, executor);
      single.CopyFrom(*session);
      single.Decode(tokens[length]);
      alone.push_back(LogitsOf(single));
      batch.push_back({.session = session.get(), .token = tokens[length]});
      sessions.push_back(std::move(session));
    }
    DecodeBatch(batch);
    for (size_t i = 0; i < sessions.size(); ++i) {
      EXPECT_EQ(LogitsOf(*sessions[i]), alone[i]) << i;
    }
  }
}

TEST_F(DeviceStateTest, StatesAreThoseOfTheProcessor) {
  for (size_t m = 0; m < models_.size(); ++m) {
    const auto on_processor =
        Model::Load(std::string(KRAIT_TEST_DATA "/models/") + kNames[m]);
    ASSERT_TRUE(on_processor) << on_processor.error().message;
    const auto& model = models_[m];
    const auto tokens = Tokens(*model, 100);
    const auto theirs = Cold(*on_processor, tokens)->ExportState();
    const auto ours = Cold(model, tokens)->ExportState();
    ASSERT_EQ(ours.size(), theirs.size());
    for (size_t i = 0; i < ours.size(); ++i) {
      EXPECT_EQ(ours[i].name, theirs[i].name);
      EXPECT_EQ(ours[i].shape, theirs[i].shape);
      float largest = 1;
      for (const float value : theirs[i].values) {
        largest = std::max(largest, std::abs(value));
      }
      EXPECT_LT(MaxAbsDifference(ours[i].values.data(), theirs[i].values.data(),
                                 ours[i].values.size()),
                kTolerance * largest)
          << ours[i].name;
    }
  }
}

}  // namespace
}  // namespace krait::engine::vulkan
