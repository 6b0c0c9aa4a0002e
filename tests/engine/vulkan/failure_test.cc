// SPDX-License-Identifier: Apache-2.0
// What a device that is lost, is full or refuses does to a model, to its states
// and to the store that keeps them: calls throw, all can be let go of, and what
// comes after begins anew.

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "engine/arch/device_model.h"
#include "engine/run/session.h"
#include "engine/run/warm_session.h"
#include "engine/state/state_codec.h"
#include "engine/state/state_store.h"
#include "engine/vulkan/state_room.h"
#include "tests/engine/vulkan/failing_vulkan.h"
#include "tests/engine/vulkan/test_device.h"

namespace krait::engine::vulkan {
namespace {

class DeviceFailureTest : public testing::Test {
 protected:
  void SetUp() override {
    Heal();
    const auto real = OpenLibrary();
    if (!real) GTEST_SKIP() << real.error().message;
    const auto instance = Instance::Create(FailingVulkan(*real));
    if (!instance) GTEST_SKIP() << instance.error().message;
    instance_ = *instance;
    const auto info = instance_->Choose("llvmpipe");
    if (!info) GTEST_SKIP() << info.error().message;
    info_ = *info;
  }
  void TearDown() override { Heal(); }

  static void Heal() {
    TheVulkanFailures().submits_until_lost = -1;
    TheVulkanFailures().allocations_until_full = -1;
  }

  std::shared_ptr<Device> Open() {
    auto device = Device::Open(instance_, info_, failures_);
    EXPECT_TRUE(device) << device.error().message;
    return device ? *device : nullptr;
  }

  Result<std::shared_ptr<const Model>> Load(const std::string& name) {
    auto loaded = Model::LoadFile(KRAIT_TEST_DATA "/models/" + name);
    if (!loaded) return loaded.error();
    return DeviceModel::Create(std::move(*loaded), Open());
  }

  static std::vector<TokenId> Tokens(size_t count) {
    std::vector<TokenId> tokens(count);
    for (size_t i = 0; i < count; ++i) {
      tokens[i] = static_cast<TokenId>((i * 31 + 13) % 200);
    }
    return tokens;
  }

  std::shared_ptr<const Instance> instance_;
  DeviceInfo info_;
  std::shared_ptr<DeviceFailures> failures_ =
      std::make_shared<DeviceFailures>();
  WorkerPool pool_{PlanThreads(1)};
};

TEST_F(DeviceFailureTest, ALostDeviceIsToldAndCanBeLetGoOf) {
  const auto tokens = Tokens(100);
  std::vector<float> expected;
  for (const char* name : {"granite-h-tiny/hf", "llama-tiny/hf"}) {
    SCOPED_TRACE(name);
    // At the first call after loading, in the middle of one, in a decode.
    for (const int submits : {0, 1, 3}) {
      Heal();
      failures_->Clear();
      const auto model = Load(name);
      ASSERT_TRUE(model) << model.error().message;
      Session session(*model, pool_);
      TheVulkanFailures().submits_until_lost = submits;
      const auto run = [&] {
        for (int i = 0; i < 4; ++i) {
          (void)session.Prefill(tokens);
          session.Decode(3);
          Session fork(*model, pool_);
          fork.CopyFrom(session);
        }
      };
      EXPECT_THROW(run(), DeviceFailure);
      EXPECT_NE(failures_->first().find("the device was lost"),
                std::string::npos)
          << failures_->first();
      EXPECT_NE(failures_->first().find("llvmpipe"), std::string::npos);
      EXPECT_THROW((void)session.Prefill(tokens), DeviceFailure);
    }
    // Another one does what the first would have.
    Heal();
    const auto model = Load(name);
    ASSERT_TRUE(model) << model.error().message;
    Session session(*model, pool_);
    EXPECT_TRUE(session.Prefill(tokens));
  }
}

TEST_F(DeviceFailureTest, TheStoreOutlivesItsDevice) {
  const auto model = Load("granite-h-tiny/hf");
  ASSERT_TRUE(model) << model.error().message;
  StateStore store(StateNeeds((*model)->hyperparameters()), size_t{1} << 30);
  const auto tokens = Tokens(200);
  {
    WarmResources shared(*model, pool_, store);
    WarmSession session(shared);
    ASSERT_TRUE(session.Advance(tokens, {}));
    TheVulkanFailures().submits_until_lost = 0;
    auto more = tokens;
    more.push_back(7);
    EXPECT_THROW((void)session.Advance(more, {}), DeviceFailure);
  }
  EXPECT_GT(store.device_bytes(), 0U);
  // What would write them learns that they are gone.
  const auto sequences = store.Sequences();
  ASSERT_FALSE(sequences.empty());
  EXPECT_THROW((void)sequences[0].point.snapshot->values(), DeviceFailure);
  std::vector<float> values;
  EXPECT_THROW(sequences[0].point.tail.kv->AppendRows(
                   sequences[0].point.tail_rows, &values),
               DeviceFailure);
  store.Clear();
  EXPECT_EQ(store.held_bytes(), 0U);
}

TEST_F(DeviceFailureTest, ADeviceWithoutRoomRefusesAModelWithFigures) {
  for (int allocations = 0; allocations < 4; ++allocations) {
    TheVulkanFailures().allocations_until_full = allocations;
    const auto model = Load("llama-tiny/hf");
    ASSERT_FALSE(model) << allocations;
    EXPECT_EQ(model.error().code, ErrorCode::kUnsupported);
    EXPECT_NE(model.error().message.find("out of device memory"),
              std::string::npos)
        << model.error().message;
    EXPECT_NE(model.error().message.find(" MB"), std::string::npos);
  }
}

// A piece that says where it is.
class TestPiece final : public MovablePiece {
 public:
  TestPiece(const std::shared_ptr<StateRoom>& room, SlicePool& pool)
      : slice_(room->Take(pool)), entry_(room, *this) {}

  bool is_there() const { return slice_ != nullptr; }
  void Use() { entry_.Use(); }

 private:
  bool MoveOut() override { return std::exchange(slice_, nullptr) != nullptr; }

  std::shared_ptr<const Slice> slice_;
  StateRoom::Entry entry_;
};

TEST_F(DeviceFailureTest, AFullDeviceMakesRoomByTheLeastUsed) {
  const auto device = Open();
  const auto room = std::make_shared<StateRoom>();
  const auto pool = room->NewPool(device, size_t{16} << 20);
  TestPiece first(room, *pool);
  TestPiece second(room, *pool);
  TestPiece third(room, *pool);
  first.Use();
  room->BeginCall();
  third.Use();
  TheVulkanFailures().allocations_until_full = 0;
  TestPiece fourth(room, *pool);
  EXPECT_TRUE(first.is_there());
  EXPECT_FALSE(second.is_there());
  TestPiece fifth(room, *pool);
  EXPECT_FALSE(first.is_there());
  // What this call needs stays.
  EXPECT_TRUE(third.is_there() && fourth.is_there() && fifth.is_there());
  EXPECT_THROW(TestPiece(room, *pool), DeviceFailure);
  EXPECT_NE(failures_->first().find("has no room"), std::string::npos);
  room->BeginCall();
  TestPiece sixth(room, *pool);
  EXPECT_FALSE(third.is_there());
  EXPECT_EQ(room->taken_bytes(), 3 * pool->slice_bytes());
}

TEST_F(DeviceFailureTest, ABudgetIsKeptWithoutTheDevicesHelp) {
  const auto device = Open();
  const auto room = std::make_shared<StateRoom>(size_t{2} << 20);
  const auto pool = room->NewPool(device, size_t{1} << 20);
  TestPiece first(room, *pool);
  TestPiece second(room, *pool);
  room->BeginCall();
  TestPiece third(room, *pool);
  EXPECT_FALSE(first.is_there());
  EXPECT_TRUE(second.is_there());
  // One call may take more.
  second.Use();
  TestPiece fourth(room, *pool);
  EXPECT_TRUE(second.is_there() && third.is_there());
  EXPECT_EQ(room->taken_bytes(), 3 * pool->slice_bytes());
}

}  // namespace
}  // namespace krait::engine::vulkan
