// SPDX-License-Identifier: Apache-2.0
// Mamba-2's recurrence in chunks, against its definition in double: shapes of
// every size beside a tile's, several sequences, chunks that are cut short,
// slow and fast decays, and that what a token gets does not depend on what
// follows.

#include "engine/vulkan/chunked_scan.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <optional>
#include <vector>

#include "tests/engine/vulkan/mamba2_reference.h"
#include "tests/engine/vulkan/sequences_fixture.h"

namespace krait::engine::vulkan {
namespace {

constexpr uint32_t kNotKept = DeviceSequence::kNotKept;

// How fast states decay: of dt before softplus, and of A.
struct Decays {
  float dt_low, dt_high;
  float a_low, a_high;
};

class ChunkedScanTest : public SequencesTest {
 protected:
  static Mamba2Shape ShapeOf(size_t heads, size_t head_dim, size_t state,
                             size_t groups) {
    return {.d_inner = heads * head_dim,
            .heads = heads,
            .head_dim = head_dim,
            .state = state,
            .groups = groups,
            .conv_width = 4};
  }

  // Random inputs of the sequences of Begin, their rows wider than they are.
  void Fill(const Mamba2Shape& shape, const Decays& decays) {
    shape_ = shape;
    stride_ = shape.conv_dim() + shape.heads + 3;
    x_ = Random(tokens_ * stride_);
    dt_bias_ = Random(shape.heads, decays.dt_low, decays.dt_high);
    a_ = Random(shape.heads, decays.a_low, decays.a_high);
    d_ = Random(shape.heads);
    x_slice_ = Put(x_);
  }

  // Runs what is there; returns y.
  std::vector<float> Run(bool with_outputs = true) {
    uint32_t most = 0;
    for (const auto& sequence : sequences_) {
      most = std::max(most, sequence.tokens);
    }
    const size_t slots = ChunkedScan::Slots(tokens_, sequences_.size());
    const Slice y = Room(tokens_ * shape_.d_inner);
    commands_->Begin();
    kernels_->chunked_scan().Record(
        *commands_,
        {.shape = shape_,
         .x = x_slice_.address,
         .x_stride = stride_,
         .dt = x_slice_.address + shape_.conv_dim() * sizeof(float),
         .dt_stride = stride_,
         .y = with_outputs ? y.address : 0,
         .dt_bias = Put(dt_bias_).address,
         .a = Put(a_).address,
         .d = Put(d_).address,
         .ssm_offset = kStateOffset,
         // What is there of other calls may be no number.
         .scratch = Put(std::vector<float>(
                            ChunkedScan::ScratchFloats(shape_, slots), NAN))
                        .address,
         .scratch_slots = slots},
        OnDevice(), most);
    commands_->Run();
    return Get(y, tokens_ * shape_.d_inner);
  }

  void ExpectNear(float value, const Mamba2Reference::Values& expected,
                  size_t i, const char* what) {
    // exp() and log() of Vulkan have a few units in the last place.
    const double tolerance = SumTolerance(ChunkedScan::kChunk + shape_.state,
                                          expected.magnitude[i]) +
                             1e-30;
    ASSERT_NEAR(value, expected.exact[i], tolerance) << what << " " << i;
  }
  void ExpectState(const Slice& slice,
                   const Mamba2Reference::Values& expected) {
    const std::vector<float> state = After(slice, expected.exact.size());
    for (size_t i = 0; i < state.size(); ++i) {
      ExpectNear(state[i], expected, i, "of the state");
      if (HasFatalFailure()) return;
    }
  }

  // All outputs that are asked for, and states; no others are written.
  void ExpectDefinition(const std::vector<float>& y) {
    const Mamba2Reference reference{shape_,          x_.data(), stride_,
                                    dt_bias_.data(), a_.data(), d_.data()};
    for (size_t s = 0; s < sequences_.size(); ++s) {
      const DeviceSequence& sequence = sequences_[s];
      Mamba2Reference::Values now = Mamba2Reference::Of(Before(s));
      Mamba2Reference::Values kept = now;
      for (size_t t = 0; t < sequence.tokens; ++t) {
        const size_t token = sequence.first_token + t;
        const Mamba2Reference::Values expected = reference.Step(token, &now);
        for (size_t i = 0; i < shape_.d_inner; ++i) {
          const float value = y[token * shape_.d_inner + i];
          if (t < sequence.first_output) {
            ASSERT_EQ(value, -77) << "was not asked for";
          } else {
            ExpectNear(value, expected, i, "of y");
          }
          if (HasFatalFailure()) FAIL() << "token " << t << " of " << s;
        }
        if (t + 1 == sequence.kept_after) kept = now;
      }
      ExpectState(states_[s], now);
      if (sequence.kept_after != kNotKept) ExpectState(kept_[s], kept);
      if (HasFatalFailure()) FAIL() << "of sequence " << s;
    }
  }

  Mamba2Shape shape_;
  size_t stride_ = 0;
  std::vector<float> x_;
  std::vector<float> dt_bias_;
  std::vector<float> a_;
  std::vector<float> d_;
  Slice x_slice_;
};

TEST_F(ChunkedScanTest, IsThatOfTheDefinition) {
  const struct {
    size_t heads, head_dim, state, groups;
    Decays decays;
  } cases[] = {{2, 64, 128, 1, {-8, 3, -4, -0.1F}},
               {4, 64, 16, 2, {-1, 1, -1, -0.5F}},
               {1, 1, 1, 1, {-8, 3, -4, -0.1F}},
               {3, 80, 33, 3, {-8, 3, -4, -0.1F}},
               {2, 7, 65, 1, {-8, 3, -4, -0.1F}},
               {2, 64, 256, 2, {-9, -7, -0.01F, -0.001F}},  // all is kept
               {2, 24, 64, 1, {20, 90, -16, -1}},           // nothing is
               {2, 128, 8, 1, {-80, 80, -1e3F, -1e-3F}},
               {Pick(1, 3), Pick(1, 140), Pick(1, 140), 1, {-8, 3, -4, -0.1F}}};
  for (const auto& [heads, head_dim, state, groups, decays] : cases) {
    const Mamba2Shape shape = ShapeOf(heads, head_dim, state, groups);
    ASSERT_TRUE(kernels_->PrepareMamba2(shape));
    Begin({{1},
           {64, 64},
           {65, 64, 63},
           {130, 128, 70},
           {20, 0, 20},
           {static_cast<uint32_t>(Pick(1, 200)), kNotKept}},
          heads * state * head_dim);
    KeepStatesBefore();
    Fill(shape, decays);
    ExpectDefinition(Run());
    if (HasFatalFailure()) {
      FAIL() << heads << " heads of " << head_dim << " x " << state;
    }
  }
}

// Large steps, then small ones: sums of logarithms whose differences are small.
TEST_F(ChunkedScanTest, DecaysBehindLargeOnesAreExact) {
  const Mamba2Shape shape = ShapeOf(1, 4, 4, 1);
  ASSERT_TRUE(kernels_->PrepareMamba2(shape));
  Begin({{64}}, 16);
  KeepStatesBefore();
  Fill(shape, {0, 0, -1, -1});
  for (size_t t = 0; t < 64; ++t) {
    x_[t * stride_ + shape.conv_dim()] = t < 32 ? 3000.0F : -5.0F;
  }
  x_slice_ = Put(x_);
  ExpectDefinition(Run());
}

// What a token gets and what is kept is the same with less before it that is
// asked for, with less behind it, and beside other sequences.
TEST_F(ChunkedScanTest, OutputsDoNotDependOnHowACallIsCut) {
  const Mamba2Shape shape = ShapeOf(2, 20, 48, 1);
  ASSERT_TRUE(kernels_->PrepareMamba2(shape));
  Begin({{150, 128}}, 2 * 20 * 48);
  KeepStatesBefore();
  Fill(shape, {-8, 3, -4, -0.1F});
  const std::vector<float> whole = Run();
  const std::vector<float> kept = After(kept_[0], 2 * 20 * 48);
  const std::vector<float> state = After(states_[0], 2 * 20 * 48);
  for (const uint32_t tokens : {1U, 63U, 64U, 65U, 128U, 141U}) {
    const uint32_t first_output = tokens / 2;
    sequences_[0].tokens = tokens;
    sequences_[0].first_output = first_output;
    sequences_[0].kept_after = tokens >= 128 ? 128 : kNotKept;
    const std::vector<float> cut = Run();
    for (size_t i = first_output * shape.d_inner; i < tokens * shape.d_inner;
         ++i) {
      ASSERT_EQ(cut[i], whole[i]) << "token " << i / shape.d_inner;
    }
    if (tokens >= 128) {
      EXPECT_EQ(After(kept_[0], 2 * 20 * 48), kept);
    }
  }
  // From the last point of the grid, the state is the same, too.
  sequences_[0].from = kept_[0].address;
  sequences_[0].first_token = 128;
  sequences_[0].tokens = 22;
  sequences_[0].first_output = 22;
  sequences_[0].kept_after = kNotKept;
  Run(/*with_outputs=*/false);
  EXPECT_EQ(After(states_[0], 2 * 20 * 48), state);
}

}  // namespace
}  // namespace krait::engine::vulkan
