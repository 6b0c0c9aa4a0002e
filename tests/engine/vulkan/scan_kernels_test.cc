// SPDX-License-Identifier: Apache-2.0
// What recurrent mixers' shaders do, against the definitions in double: random
// shapes, sequences of different lengths in one call, and the state kept on the
// way.

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "engine/vulkan/kernels.h"
#include "tests/engine/vulkan/mamba2_reference.h"
#include "tests/engine/vulkan/sequences_fixture.h"

namespace krait::engine::vulkan {
namespace {

double Silu(double x) {
  return x / (1 + std::exp(-x));
}

class ScanKernelsTest : public SequencesTest {
 protected:
  static std::vector<Lengths> SomeLengths() {
    return {{1, DeviceSequence::kNotKept}, {9, 9}, {23, 5}, {8, 0}};
  }
};

TEST_F(ScanKernelsTest, TheConvolutionIsThatOfTheDefinition) {
  for (int round = 0; round < 6; ++round) {
    const size_t width = Pick(2, 8);
    const size_t channels = Pick(1, 130);
    const size_t x_stride = channels + Pick(0, 9);
    const bool in_place = round % 2 == 0;
    Begin(SomeLengths(), (width - 1) * channels);
    const std::vector<float> x = Random(tokens_ * x_stride, -3, 3);
    const std::vector<float> weight = Random(width * channels);
    const std::vector<float> bias = Random(channels);
    const Slice x_slice = Put(x);
    const Slice y_slice = in_place ? x_slice : Room(tokens_ * channels);
    const size_t y_stride = in_place ? x_stride : channels;
    commands_->Begin();
    kernels_->ConvSilu(*commands_,
                       {.x = x_slice.address,
                        .x_stride = x_stride,
                        .y = y_slice.address,
                        .y_stride = y_stride,
                        .weight = Put(weight).address,
                        .bias = Put(bias).address,
                        .channels = channels,
                        .width = width,
                        .window_offset = kStateOffset},
                       OnDevice());
    commands_->Run();
    const std::vector<float> y = Get(y_slice, tokens_ * y_stride);
    for (size_t s = 0; s < sequences_.size(); ++s) {
      const DeviceSequence& sequence = sequences_[s];
      std::vector<double> window = Before(s);  // [width - 1 + t, channels]
      const auto last = [&] {
        return std::vector<double>(
            window.end() - static_cast<ptrdiff_t>((width - 1) * channels),
            window.end());
      };
      std::vector<double> kept = last();
      for (size_t t = 0; t < sequence.tokens; ++t) {
        const size_t token = sequence.first_token + t;
        for (size_t c = 0; c < channels; ++c) {
          window.push_back(double{x[token * x_stride + c]});
        }
        for (size_t c = 0; c < channels; ++c) {
          double sum = double{bias[c]};
          for (size_t k = 0; k < width; ++k) {
            sum += double{weight[k * channels + c]} *
                   window[(t + k) * channels + c];
          }
          ASSERT_NEAR(y[token * y_stride + c], Silu(sum), 2e-5);
        }
        if (t + 1 == sequence.kept_after) kept = last();
      }
      ExpectState(states_[s], last(), 0);
      if (sequence.kept_after != DeviceSequence::kNotKept) {
        ExpectState(kept_[s], kept, 0);
      }
    }
  }
}

// The same bits as in one go, side by side.
TEST_F(ScanKernelsTest, PiecesOfAConvolutionAreThoseOfTheWhole) {
  for (const size_t width : {size_t{2}, size_t{4}, size_t{8}}) {
    const size_t channels = 70;
    const size_t state = (width - 1) * channels;
    Begin({{1}, {64, 64}, {200, 128}, {130, 64}}, state);
    KeepStatesBefore();
    Convolve convolve{.x = Put(Random(tokens_ * channels)).address,
                      .x_stride = channels,
                      .y_stride = channels,
                      .weight = Put(Random(width * channels)).address,
                      .bias = Put(Random(channels)).address,
                      .channels = channels,
                      .width = width,
                      .window_offset = kStateOffset};
    std::vector<std::vector<float>> results[2];
    for (const size_t most_tokens : {size_t{0}, size_t{200}}) {
      const Slice y = Room(tokens_ * channels);
      convolve.y = y.address;
      convolve.most_tokens = most_tokens;
      commands_->Begin();
      kernels_->ConvSilu(*commands_, convolve, OnDevice());
      commands_->Run();
      auto& result = results[most_tokens == 0 ? 0 : 1];
      result.push_back(Get(y, tokens_ * channels));
      for (size_t s = 0; s < sequences_.size(); ++s) {
        result.push_back(After(states_[s], state));
        result.push_back(After(kept_[s], state));
      }
    }
    EXPECT_EQ(results[0], results[1]);
  }
}

// Heads of every size that divides a workgroup, and others.
TEST_F(ScanKernelsTest, MambaTwosScanIsThatOfTheDefinition) {
  const std::pair<size_t, size_t> shapes[] = {{64, 128}, {80, 16}, {1, 3},
                                              {256, 5},  {96, 33}, {32, 64}};
  for (const auto& [head_dim, state] : shapes) {
    const size_t groups = Pick(1, 2);
    const size_t heads = groups * Pick(1, 2);
    const Mamba2Shape shape{.d_inner = heads * head_dim,
                            .heads = heads,
                            .head_dim = head_dim,
                            .state = state,
                            .groups = groups,
                            .conv_width = 4};
    ASSERT_TRUE(kernels_->PrepareMamba2(shape));
    Begin(SomeLengths(), heads * state * head_dim);
    const size_t stride = shape.in_proj_rows();
    const std::vector<float> x = Random(tokens_ * stride);
    const std::vector<float> dt_bias = Random(heads, -8, 3);
    const std::vector<float> a = Random(heads, -4, -0.1F);
    const std::vector<float> d = Random(heads);
    const Slice y_slice = Room(tokens_ * shape.d_inner);
    commands_->Begin();
    kernels_->SsmScan(*commands_,
                      {.shape = shape,
                       .x = Put(x).address,
                       .y = y_slice.address,
                       .dt_bias = Put(dt_bias).address,
                       .a = Put(a).address,
                       .d = Put(d).address,
                       .ssm_offset = kStateOffset},
                      OnDevice());
    commands_->Run();
    const std::vector<float> y = Get(y_slice, tokens_ * shape.d_inner);
    const Mamba2Reference reference{shape,          x.data(), stride,
                                    dt_bias.data(), a.data(), d.data()};
    for (size_t s = 0; s < sequences_.size(); ++s) {
      const DeviceSequence& sequence = sequences_[s];
      Mamba2Reference::Values now = Mamba2Reference::Of(Before(s));
      std::vector<double> kept = now.exact;
      for (size_t t = 0; t < sequence.tokens; ++t) {
        const size_t token = sequence.first_token + t;
        const std::vector<double> expected = reference.Step(token, &now).exact;
        for (size_t i = 0; i < shape.d_inner; ++i) {
          ASSERT_NEAR(y[token * shape.d_inner + i], expected[i],
                      1e-5 * static_cast<double>(8 + state))
              << "token " << t << " of sequence " << s;
        }
        if (t + 1 == sequence.kept_after) kept = now.exact;
      }
      ExpectState(states_[s], now.exact, 1e-4);
      if (sequence.kept_after != DeviceSequence::kNotKept) {
        ExpectState(kept_[s], kept, 1e-4);
      }
    }
  }
}

TEST_F(ScanKernelsTest, MambaOnesScanIsThatOfTheDefinition) {
  for (const size_t state : {size_t{1}, size_t{16}, size_t{37}}) {
    const Mamba1Shape shape{.d_inner = Pick(1, 150),
                            .state = state,
                            .dt_rank = Pick(1, 20),
                            .conv_width = 4};
    ASSERT_TRUE(kernels_->PrepareMamba1(shape));
    const size_t channels = shape.d_inner;
    const size_t stride = shape.x_proj_rows() + Pick(0, 3);
    Begin(SomeLengths(), state * channels);
    const std::vector<float> x = Random(tokens_ * channels);
    const std::vector<float> dt = Random(tokens_ * channels);
    const std::vector<float> selected = Random(tokens_ * stride);
    const std::vector<float> dt_bias = Random(channels, -8, 3);
    const std::vector<float> a = Random(state * channels, -4, -0.1F);
    const std::vector<float> d = Random(channels);
    const Slice y_slice = Room(tokens_ * channels);
    commands_->Begin();
    kernels_->SelectiveScan(*commands_,
                            {.shape = shape,
                             .x = Put(x).address,
                             .dt = Put(dt).address,
                             .selected = Put(selected).address,
                             .selected_stride = stride,
                             .y = y_slice.address,
                             .dt_bias = Put(dt_bias).address,
                             .a = Put(a).address,
                             .d = Put(d).address,
                             .ssm_offset = kStateOffset},
                            OnDevice());
    commands_->Run();
    const std::vector<float> y = Get(y_slice, tokens_ * channels);
    for (size_t s = 0; s < sequences_.size(); ++s) {
      const DeviceSequence& sequence = sequences_[s];
      std::vector<double> now = Before(s);
      std::vector<double> kept = now;
      for (size_t t = 0; t < sequence.tokens; ++t) {
        const size_t token = sequence.first_token + t;
        const float* b = selected.data() + token * stride + shape.dt_rank;
        for (size_t i = 0; i < channels; ++i) {
          const auto input = double{x[token * channels + i]};
          const double step =
              SoftplusOf(double{dt[token * channels + i]} + double{dt_bias[i]});
          double sum = double{d[i]} * input;
          for (size_t n = 0; n < state; ++n) {
            double& cell = now[n * channels + i];
            cell = std::exp(step * double{a[n * channels + i]}) * cell +
                   step * input * double{b[n]};
            sum += double{b[state + n]} * cell;
          }
          ASSERT_NEAR(y[token * channels + i], sum,
                      1e-5 * static_cast<double>(8 + state))
              << "token " << t << " of sequence " << s;
        }
        if (t + 1 == sequence.kept_after) kept = now;
      }
      ExpectState(states_[s], now, 1e-4);
      if (sequence.kept_after != DeviceSequence::kNotKept) {
        ExpectState(kept_[s], kept, 1e-4);
      }
    }
  }
}

TEST_F(ScanKernelsTest, WhatAScanCannotHoldIsRefused) {
  EXPECT_FALSE(kernels_->PrepareMamba1(
      {.d_inner = 64, .state = 257, .dt_rank = 4, .conv_width = 4}));
  EXPECT_FALSE(kernels_->PrepareMamba1(
      {.d_inner = 64, .state = 16, .dt_rank = 4, .conv_width = 9}));
  const Status refused = kernels_->PrepareMamba2({.d_inner = 512,
                                                  .heads = 1,
                                                  .head_dim = 512,
                                                  .state = 16,
                                                  .groups = 1,
                                                  .conv_width = 4});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::kUnsupported);
  EXPECT_FALSE(kernels_->PrepareAttention(Kernels::kMaxHeadDim + 1));
}

TEST_F(ScanKernelsTest, GatesAreNormedInGroups) {
  for (int round = 0; round < 6; ++round) {
    const size_t tokens = Pick(1, 4);
    const size_t groups = Pick(1, 3);
    const size_t size = Pick(1, 300);
    const size_t width = groups * size;
    const size_t stride = width + Pick(0, 7);
    const bool has_norm = round % 2 == 0;
    const std::vector<float> y = Random(tokens * width);
    const std::vector<float> z = Random(tokens * stride, -5, 5);
    const std::vector<float> weight = Random(width);
    const Slice in_place = Put(y);
    commands_->Begin();
    kernels_->GateNorm(*commands_,
                       {.y = in_place.address,
                        .z = Put(z).address,
                        .z_stride = stride,
                        .groups = groups,
                        .size = size,
                        .weight = has_norm ? Put(weight).address : 0,
                        .eps = 1e-5F},
                       tokens);
    commands_->Run();
    const std::vector<float> result = Get(in_place, y.size());
    for (size_t t = 0; t < tokens; ++t) {
      for (size_t g = 0; g < groups; ++g) {
        std::vector<double> gated(size);
        double squares = 0;
        for (size_t i = 0; i < size; ++i) {
          gated[i] = double{y[t * width + g * size + i]} *
                     Silu(double{z[t * stride + g * size + i]});
          squares += gated[i] * gated[i];
        }
        const double norm =
            1 / std::sqrt(squares / static_cast<double>(size) + 1e-5);
        for (size_t i = 0; i < size; ++i) {
          const double factor =
              has_norm ? norm * double{weight[g * size + i]} : 1;
          ASSERT_NEAR(result[t * width + g * size + i], gated[i] * factor,
                      1e-5 * (1 + std::abs(gated[i] * factor)));
        }
      }
    }
  }
}

TEST_F(ScanKernelsTest, ColumnsHaveFactorsAndLogsHaveRows) {
  const size_t size = 70;
  const size_t stride = 75;
  const size_t row_size = 80;
  const std::vector<size_t> positions = {3, 64, 65};
  const std::vector<float> x = Random(3 * stride);
  std::vector<Slice> pages;
  std::vector<Address> addresses;
  for (int p = 0; p < 2; ++p) {
    pages.push_back(Room(2 * kBlockTokens * row_size));
    addresses.push_back(pages.back().address);
  }
  const Address table = Put(addresses).address;
  std::vector<DeviceRow> rows;
  for (const size_t position : positions) {
    rows.push_back(
        {.pages = table, .position = static_cast<uint32_t>(position)});
  }
  Kernels::LogRows copy{.x = Put(x).address,
                        .rows = Put(rows).address,
                        .size = size,
                        .row_size = row_size,
                        .stride = stride,
                        .page_offset = kBlockTokens * row_size};
  const Slice back = Room(3 * stride);
  commands_->Begin();
  kernels_->CopyLogRows(*commands_, copy, 3);
  commands_->Barrier();
  copy.x = back.address;
  copy.to_log = false;
  kernels_->CopyLogRows(*commands_, copy, 3);
  commands_->Run();
  const std::vector<float> copied = Get(back, 3 * stride);
  const std::vector<float> page = Get(pages[1], 2 * kBlockTokens * row_size);
  for (size_t t = 0; t < 3; ++t) {
    for (size_t i = 0; i < stride; ++i) {
      EXPECT_EQ(copied[t * stride + i], i < size ? x[t * stride + i] : -77);
    }
  }
  EXPECT_EQ(page[(kBlockTokens + 1) * row_size + 7], x[2 * stride + 7]);

  const std::vector<float> scales = Random(size);
  const std::vector<float> columns = Random(3 * size);
  const Slice in_place = Put(columns);
  commands_->Begin();
  kernels_->ScaleColumns(*commands_, in_place.address, Put(scales).address, 3,
                         size);
  commands_->Run();
  const std::vector<float> scaled = Get(in_place, columns.size());
  for (size_t i = 0; i < columns.size(); ++i) {
    EXPECT_EQ(scaled[i], columns[i] * scales[i % size]);
  }
}

}  // namespace
}  // namespace krait::engine::vulkan
