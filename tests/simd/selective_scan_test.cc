// SPDX-License-Identifier: Apache-2.0
// The scan against the recurrence in double precision, and against itself cut
// in other ways.
#include "simd/selective_scan.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <vector>

#include "tests/simd/each_target.h"
#include "tests/simd/random_floats.h"

namespace krait::simd {
namespace {

class SelectiveScanTest : public EachTarget {};
KRAIT_INSTANTIATE_EACH_TARGET(SelectiveScanTest);

struct Shape {
  size_t channels;
  size_t state;
};

constexpr Shape kShapes[] = {{1, 1},   {3, 2},   {15, 16}, {16, 16}, {17, 15},
                             {33, 17}, {64, 16}, {65, 40}, {128, 32}};

double Wide(float value) {
  return static_cast<double>(value);
}

// Inputs of `tokens` tokens with a state before them; nothing is aligned.
struct Sequence {
  Sequence(const Shape& its_shape, size_t num_tokens, float max_dt = 0.3F)
      : shape(its_shape), tokens(num_tokens) {
    RandomFloats random(
        static_cast<uint32_t>(shape.channels * 1000 + shape.state + tokens));
    x = random.Draw(tokens * Stride());
    dt = random.Draw(tokens * Stride(), 0.0F, max_dt);
    bc = random.Draw(tokens * BcStride());
    a = random.Draw(shape.state * shape.channels, -16.0F, -0.01F);
    d = random.Draw(shape.channels);
    state = random.Draw(shape.state * shape.channels);
  }

  size_t Stride() const { return shape.channels + 3; }
  size_t BcStride() const { return 2 * shape.state + 1; }

  // Of `count` tokens from `begin` on.
  SelectiveScanInputs Inputs(size_t begin, size_t count) const {
    const float* row = bc.data() + begin * BcStride();
    return {.tokens = count,
            .channels = shape.channels,
            .state = shape.state,
            .x = x.data() + begin * Stride(),
            .x_stride = Stride(),
            .dt = dt.data() + begin * Stride(),
            .dt_stride = Stride(),
            .b = row,
            .b_stride = BcStride(),
            .c = row + shape.state,
            .c_stride = BcStride(),
            .a = a.data(),
            .d = d.data()};
  }

  Shape shape;
  size_t tokens;
  std::vector<float> x;      // [tokens, Stride()]
  std::vector<float> dt;     // [tokens, Stride()]
  std::vector<float> bc;     // [tokens, BcStride()]: B, C
  std::vector<float> a;      // [state, channels]
  std::vector<float> d;      // [channels]
  std::vector<float> state;  // [state, channels]
};

struct Computed {
  std::vector<float> y;      // [tokens, channels]
  std::vector<float> state;  // after them

  bool operator==(const Computed&) const = default;
};

// All tokens in pieces of `length`.
Computed Scan(const Sequence& seq, size_t length) {
  Computed result{std::vector<float>(seq.tokens * seq.shape.channels),
                  seq.state};
  for (size_t t = 0; t < seq.tokens; t += length) {
    const size_t count = std::min(length, seq.tokens - t);
    SelectiveScan(seq.Inputs(t, count), 0, seq.shape.channels,
                  result.state.data(), result.state.data(),
                  result.y.data() + t * seq.shape.channels, seq.shape.channels);
  }
  return result;
}

// One channel of the recurrence, and the same over absolute values, to which
// rounding errors are relative.
class Channel {
 public:
  Channel(const Sequence& seq, size_t channel) : seq_(seq), channel_(channel) {
    for (size_t n = 0; n < seq.shape.state; ++n) {
      state.push_back(Wide(seq.state[n * seq.shape.channels + channel]));
      magnitude.push_back(std::abs(state.back()));
    }
  }

  void Step(size_t t) {
    const double dt = Wide(seq_.dt[t * seq_.Stride() + channel_]);
    const double x = Wide(seq_.x[t * seq_.Stride() + channel_]);
    y = Wide(seq_.d[channel_]) * x;
    y_magnitude = std::abs(y);
    for (size_t n = 0; n < state.size(); ++n) {
      const double a = Wide(seq_.a[n * seq_.shape.channels + channel_]);
      const double b = Wide(seq_.bc[t * seq_.BcStride() + n]);
      const double c =
          Wide(seq_.bc[t * seq_.BcStride() + seq_.shape.state + n]);
      const double decay = std::exp(dt * a);
      state[n] = decay * state[n] + dt * b * x;
      magnitude[n] = decay * magnitude[n] + std::abs(dt * b * x);
      y += c * state[n];
      y_magnitude += std::abs(c) * magnitude[n];
    }
  }

  std::vector<double> state;
  std::vector<double> magnitude;
  double y = 0;
  double y_magnitude = 0;

 private:
  const Sequence& seq_;
  size_t channel_;
};

// Errors of the sums add up like a random walk; an exponential brings a few
// roundings of its own, and dt * A, up to 5 here, is off by half a unit.
void ExpectMatches(const Sequence& seq, const Computed& computed) {
  const double factor =
      6e-8 * (20.0 + 2.0 * std::sqrt(static_cast<double>(seq.shape.state +
                                                         seq.tokens)));
  const size_t channels = seq.shape.channels;
  for (size_t c = 0; c < channels; ++c) {
    Channel channel(seq, c);
    for (size_t t = 0; t < seq.tokens; ++t) {
      channel.Step(t);
      ASSERT_NEAR(Wide(computed.y[t * channels + c]), channel.y,
                  factor * channel.y_magnitude)
          << "token " << t << ", channel " << c;
    }
    for (size_t n = 0; n < seq.shape.state; ++n) {
      ASSERT_NEAR(Wide(computed.state[n * channels + c]), channel.state[n],
                  factor * channel.magnitude[n])
          << "state " << n << ", channel " << c;
    }
  }
}

TEST_P(SelectiveScanTest, MatchesTheRecurrence) {
  for (const Shape& shape : kShapes) {
    for (const size_t tokens : {1U, 2U, 7U, 100U}) {
      SCOPED_TRACE(shape.channels * 1000 + shape.state);
      const Sequence seq(shape, tokens);
      ExpectMatches(seq, Scan(seq, tokens));
    }
  }
}

TEST_P(SelectiveScanTest, WhatDecaysAtOnceIsGone) {
  Sequence seq({20, 16}, 5);
  for (float& dt : seq.dt) dt = 1000.0F;
  ExpectMatches(seq, Scan(seq, 5));
}

TEST_P(SelectiveScanTest, NoTimePassesWhenDtIsZero) {
  Sequence seq({35, 16}, 9);
  for (float& dt : seq.dt) dt = 0;
  EXPECT_EQ(Scan(seq, 9).state, seq.state);
}

TEST_P(SelectiveScanTest, CuttingTheTokensChangesNothing) {
  for (const Shape& shape : kShapes) {
    const Sequence seq(shape, 30);
    const Computed whole = Scan(seq, 30);
    for (const size_t length : {1U, 4U, 29U}) {
      ASSERT_TRUE(Scan(seq, length) == whole) << length;
    }
  }
}

TEST_P(SelectiveScanTest, CuttingTheChannelsChangesNothing) {
  for (const Shape& shape : kShapes) {
    const Sequence seq(shape, 12);
    const Computed whole = Scan(seq, 12);
    for (size_t split = 0; split <= shape.channels; ++split) {
      Computed parts{std::vector<float>(whole.y.size()), seq.state};
      const auto run = [&](size_t begin, size_t end) {
        SelectiveScan(seq.Inputs(0, 12), begin, end, seq.state.data(),
                      parts.state.data(), parts.y.data(), shape.channels);
      };
      run(split, shape.channels);
      run(0, split);
      ASSERT_TRUE(parts == whole) << split;
    }
  }
}

TEST_P(SelectiveScanTest, OnlyTheGivenChannelsAreTouched) {
  constexpr float kUntouched = 77.0F;
  const Sequence seq({50, 18}, 6);
  std::vector<float> state(seq.state.size(), kUntouched);
  std::vector<float> y(6 * 50, kUntouched);
  SelectiveScan(seq.Inputs(0, 6), 7, 41, seq.state.data(), state.data(),
                y.data(), 50);
  for (size_t i = 0; i < state.size(); ++i) {
    ASSERT_EQ(state[i] != kUntouched, i % 50 >= 7 && i % 50 < 41) << i;
  }
  for (size_t i = 0; i < y.size(); ++i) {
    ASSERT_EQ(y[i] != kUntouched, i % 50 >= 7 && i % 50 < 41) << i;
  }
}

// What a state brings that is not kept is that of one that is.
TEST_P(SelectiveScanTest, OutputsFromALaterTokenOnAreTheSame) {
  constexpr float kUntouched = 77.0F;
  for (const Shape& shape : {Shape{40, 16}, Shape{33, 37}}) {
    const Sequence seq(shape, 21);
    const Computed whole = Scan(seq, 21);
    for (size_t first = 0; first <= 21; ++first) {
      SelectiveScanInputs inputs = seq.Inputs(0, 21);
      inputs.first_output = first;
      std::vector<float> y(whole.y.size(), kUntouched);
      SelectiveScan(inputs, 0, shape.channels, seq.state.data(), nullptr,
                    first == 21 ? nullptr : y.data(), shape.channels);
      for (size_t i = 0; i < y.size(); ++i) {
        const bool asked = i >= first * shape.channels;
        ASSERT_EQ(y[i], asked ? whole.y[i] : kUntouched) << first << ", " << i;
      }
    }
  }
}

}  // namespace
}  // namespace krait::simd
