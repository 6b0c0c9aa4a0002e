// SPDX-License-Identifier: Apache-2.0
// Models of which devices run a part: some layers, layers of two devices, all
// but the experts. They are beside the processor's results what a model that a
// device runs is, and their states are kept and gone on from like any other's.

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "engine/arch/decoder.h"
#include "engine/arch/device_model.h"
#include "engine/run/generation.h"
#include "engine/run/session.h"
#include "engine/run/warm_session.h"
#include "engine/state/state_codec.h"
#include "engine/state/state_store.h"
#include "tests/engine/arch/golden.h"
#include "tests/engine/run/parted_model.h"
#include "tests/engine/vulkan/test_device.h"

namespace krait::engine::vulkan {
namespace {

constexpr float kFloatTolerance = 1e-3F;  // as in device_model_test
// A part that the processor runs has activations as int8 where weights are.
constexpr float kQuantisedPartTolerance = 0.3F;

// Where the layers of a model run.
struct Division {
  const char* name;
  std::vector<size_t> counts;    // of the parts but for the last
  std::vector<bool> on_devices;  // of all parts
  bool two_devices = false;      // each part on one of its own
  bool experts_on_processor = false;
};

class OffloadTest : public DeviceTest {
 protected:
  static std::string Path(const std::string& model) {
    return KRAIT_TEST_DATA "/models/" + model;
  }

  std::shared_ptr<const Model> Load(const std::string& model,
                                    const Division& division) {
    const DeviceOptions options{.experts_on_processor =
                                    division.experts_on_processor};
    if (division.counts.empty()) {
      auto made =
          DeviceModel::Create(LoadFileForParts(Path(model)), device_, options);
      EXPECT_TRUE(made) << made.error().message;
      return made ? *made : nullptr;
    }
    return MakeParted(
        LoadFileForParts(Path(model)), division.counts,
        [&](const ModelFile& file, const PartShape& shape, size_t i) {
          if (!division.on_devices[i]) return Decoder::Create(file, shape);
          auto device = device_;
          if (division.two_devices && i > 0) {
            auto another = Device::Open(instance_, device_->info());
            EXPECT_TRUE(another) << another.error().message;
            device = *another;
          }
          return DeviceModel::CreatePart(file, shape, device, options);
        });
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

  // Against the processor's, which the golden data hold.
  void ExpectIsTheProcessors(const std::string& name, const Model& whole,
                             const std::shared_ptr<const Model>& model,
                             float tolerance) {
    const GoldenPrompts golden = ReadGoldenPrompts(name);
    const auto& tokens = golden.prompts.at("64");
    std::vector<float> expected;
    std::vector<float> logits;
    Session on_processor(std::shared_ptr<const Model>(&whole, [](auto*) {}),
                         pool_);
    Session session(model, pool_);
    ASSERT_TRUE(on_processor.PrefillAllLogits(tokens, &expected));
    ASSERT_TRUE(session.PrefillAllLogits(tokens, &logits));
    EXPECT_LT(MaxAbsDifference(logits.data(), expected.data(), expected.size()),
              tolerance);
    const GenerateOptions options{.max_tokens = 16,
                                  .ignore_end_of_sequence = true};
    EXPECT_EQ(Generate(session, options).tokens,
              Generate(on_processor, options).tokens);
  }

  // A cold run is what any other way to the same tokens gives, bit for bit.
  void ExpectStatesHold(const std::shared_ptr<const Model>& model) {
    const auto tokens = Tokens(*model, 150);
    const auto first = std::span(tokens).first(140);
    const auto rest = std::span(tokens).subspan(140);
    Session cold(model, pool_);
    ASSERT_TRUE(cold.Prefill(tokens));
    const auto expected = LogitsOf(cold);
    Session cut(model, pool_);
    for (size_t done = 0; done < tokens.size(); done += 30) {
      ASSERT_TRUE(cut.Prefill(std::span(tokens).subspan(done, 30)));
    }
    EXPECT_EQ(LogitsOf(cut), expected);

    Session original(model, pool_);
    ASSERT_TRUE(original.Prefill(first));
    const auto snapshot = original.state().snapshot();
    const auto whole = original.state().TakeWholeBlocks();
    const BlockPieces last = original.state().last_block();
    ASSERT_EQ(whole.size(), 2U);
    // Of this run, and as a file brings them back.
    const StateCodec codec(model->hyperparameters());
    const auto from_file = [&](const BlockPieces& block, size_t rows) {
      std::vector<float> values;
      AppendRows(block, rows, &values);
      return *codec.MakeBlock(values, rows);
    };
    for (const bool saved : {false, true}) {
      Session again(model, pool_);
      const auto piece = [&](const BlockPieces& block, size_t rows) {
        return saved ? from_file(block, rows) : block;
      };
      again.Replay(piece(whole[0], kBlockTokens), kBlockTokens);
      again.Replay(piece(whole[1], kBlockTokens), kBlockTokens);
      again.Replay(piece(last, 12), 12);
      ASSERT_TRUE(again.Prefill(rest));
      EXPECT_EQ(LogitsOf(again), expected) << saved;
      if (snapshot == nullptr) continue;
      std::vector<std::shared_ptr<StateBlock>> kv;
      for (const BlockPieces& block : whole) {
        const BlockPieces its = piece(block, kBlockTokens);
        if (its.kv != nullptr) kv.push_back(its.kv);
      }
      const auto copy = std::make_shared<std::vector<float>>(
          snapshot->values().begin(), snapshot->values().end());
      again.state().Restore(
          128, saved ? codec.MakeSnapshot(*copy, copy) : snapshot, kv);
      again.Replay(piece(last, 12), 12);
      ASSERT_TRUE(again.Prefill(rest));
      EXPECT_EQ(LogitsOf(again), expected) << saved;
    }
    // A fork, and a way back, leave the original as it was.
    Session fork(model, pool_);
    fork.CopyFrom(original);
    for (TokenId token = 0; token < 3; ++token) fork.Decode(token);
    ASSERT_TRUE(original.Prefill(Tokens(*model, 2)));
    ASSERT_TRUE(original.state().Rewind(140));
    ASSERT_TRUE(original.Prefill(rest));
    EXPECT_EQ(LogitsOf(original), expected);
    EXPECT_FALSE(original.state().Rewind(151));
    // Alone and together.
    Session one(model, pool_);
    Session other(model, pool_);
    one.CopyFrom(cold);
    other.CopyFrom(cut);
    one.Decode(5);
    fork.CopyFrom(cut);
    const DecodeFeed both[] = {{.session = &other, .token = 5},
                               {.session = &fork, .token = 6}};
    DecodeBatch(both);
    EXPECT_EQ(LogitsOf(other), LogitsOf(one));
  }

  WorkerPool pool_{PlanThreads(2)};
};

const Division kDivisions[] = {
    {.name = "first on a device", .counts = {1}, .on_devices = {true, false}},
    {.name = "last on a device", .counts = {1}, .on_devices = {false, true}},
    {.name = "two devices",
     .counts = {1},
     .on_devices = {true, true},
     .two_devices = true},
};

TEST_F(OffloadTest, PartsOfAttention) {
  const auto whole = Model::Load(Path("mistral-tiny/hf"));
  ASSERT_TRUE(whole) << whole.error().message;
  for (const Division& division : kDivisions) {
    SCOPED_TRACE(division.name);
    const auto model = Load("mistral-tiny/hf", division);
    ASSERT_NE(model, nullptr);
    ExpectIsTheProcessors("mistral-tiny", **whole, model, kFloatTolerance);
    ExpectStatesHold(model);
  }
}

TEST_F(OffloadTest, PartsOfAHybrid) {
  const auto whole = Model::Load(Path("granite-h-tiny/hf"));
  ASSERT_TRUE(whole) << whole.error().message;
  for (const Division& division : kDivisions) {
    SCOPED_TRACE(division.name);
    const auto model = Load("granite-h-tiny/hf", division);
    ASSERT_NE(model, nullptr);
    ExpectIsTheProcessors("granite-h-tiny", **whole, model, kFloatTolerance);
    ExpectStatesHold(model);
  }
}

TEST_F(OffloadTest, ExpertsOfTheProcessor) {
  const Division experts{
      .name = "", .counts = {}, .on_devices = {}, .experts_on_processor = true};
  for (const char* name : {"mixtral-tiny", "granite-h-moe"}) {
    SCOPED_TRACE(name);
    const std::string path = std::string(name) + "/hf";
    const auto whole = Model::Load(Path(path));
    ASSERT_TRUE(whole) << whole.error().message;
    const auto model = Load(path, experts);
    ASSERT_NE(model, nullptr);
    EXPECT_NE(model->ExecutorName().find(", experts "), std::string::npos);
    // A device has the addresses of experts, too.
    const size_t bytes = Load(path, {})->DecodeBytes();
    EXPECT_LE(model->DecodeBytes(), bytes);
    EXPECT_GT(model->DecodeBytes(), bytes / 100 * 99);
    ExpectIsTheProcessors(name, **whole, model, kFloatTolerance);
    ExpectStatesHold(model);
  }
  const auto model = Load("mixtral-kq/gguf/model-Q4_K_M.gguf", experts);
  const auto whole = Model::Load(Path("mixtral-kq/gguf/model-Q4_K_M.gguf"));
  ASSERT_TRUE(whole) << whole.error().message;
  Session session(model, pool_);
  Session on_processor(*whole, pool_);
  const auto tokens = Tokens(*model, 40);
  ASSERT_TRUE(session.Prefill(tokens));
  ASSERT_TRUE(on_processor.Prefill(tokens));
  EXPECT_LT(
      MaxAbsDifference(session.logits().data(), on_processor.logits().data(),
                       session.logits().size()),
      kQuantisedPartTolerance);
}

// Warm states beyond what they may take of the device go to the processor's
// memory, and come back.
TEST_F(OffloadTest, StatesBeyondTheBudgetMoveOutAndComeBack) {
  for (const char* path : {"granite-h-tiny/hf", "mistral-nowindow/hf"}) {
    SCOPED_TRACE(path);
    auto roomy = DeviceModel::Create(LoadFileForParts(Path(path)), device_);
    ASSERT_TRUE(roomy) << roomy.error().message;
    constexpr size_t kBudget = 600'000;
    auto narrow = DeviceModel::Create(LoadFileForParts(Path(path)), device_,
                                      {.state_bytes = kBudget});
    ASSERT_TRUE(narrow) << narrow.error().message;
    EXPECT_EQ((*narrow)->DeviceStateBytes(), kBudget);
    std::vector<std::vector<std::vector<float>>> logits;  // model, prompt
    for (const auto& model : {*roomy, *narrow}) {
      StateStore store(StateNeeds(model->hyperparameters()), size_t{1} << 30);
      WarmResources shared(model, pool_, store);
      WarmSession session(shared);
      auto& its = logits.emplace_back();
      for (const TokenId first : {1U, 2U, 3U, 1U}) {
        auto tokens = Tokens(*model, 200);
        tokens[0] = first;
        const bool again = its.size() == 3;
        if (again) tokens.push_back(9);
        const auto cost = session.Advance(tokens, {});
        ASSERT_TRUE(cost) << cost.error().message;
        EXPECT_EQ(cost->computed, again ? 1U : 200U);
        session.Fork().Decode(3);
        its.push_back(LogitsOf(session.Fork()));
      }
      EXPECT_GT(store.held_bytes(), kBudget);
      if (model == *roomy) {
        EXPECT_EQ(store.device_bytes(), store.held_bytes());
      } else {
        EXPECT_LE(store.device_bytes(), kBudget);
        EXPECT_GT(store.device_bytes(), 0U);
        const size_t on_host = store.held_bytes() - store.device_bytes();
        store.GiveBack(on_host / 2);
        EXPECT_LE(store.held_bytes() - store.device_bytes(), on_host / 2 + 1);
      }
    }
    EXPECT_EQ(logits[0], logits[1]);
  }
}

}  // namespace
}  // namespace krait::engine::vulkan
