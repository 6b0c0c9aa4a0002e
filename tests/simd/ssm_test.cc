// SPDX-License-Identifier: Apache-2.0
// The step and the chunked form against the recurrence in double precision,
// and against each other.
#include "simd/ssm.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <limits>
#include <vector>

#include "tests/simd/each_target.h"
#include "tests/simd/random_floats.h"

namespace krait::simd {
namespace {

class SsmTest : public EachTarget {};
KRAIT_INSTANTIATE_EACH_TARGET(SsmTest);

struct ScanShape {
  size_t heads;
  size_t groups;
  size_t head_dim;
  size_t state;
};

const std::vector<ScanShape>& Shapes() {
  static const std::vector<ScanShape> shapes = {
      {1, 1, 1, 1},   {4, 2, 5, 3},    {8, 8, 16, 16},  {4, 1, 16, 32},
      {6, 3, 17, 9},  {2, 1, 33, 31},  {2, 2, 64, 16},  {3, 1, 64, 64},
      {2, 1, 65, 20}, {2, 1, 64, 128}, {2, 1, 100, 37}, {1, 1, 129, 8}};
  return shapes;
}

// A buffer whose first float is one float past a cache line, so that nothing
// relies on alignment.
class Misaligned {
 public:
  explicit Misaligned(const std::vector<float>& values)
      : storage_(values.size() + 17) {
    const auto address = reinterpret_cast<uintptr_t>(storage_.data());
    ofs_ = (64 - address % 64) / sizeof(float) + 1;
    std::copy(values.begin(), values.end(), data());
  }
  float* data() { return storage_.data() + ofs_; }

 private:
  std::vector<float> storage_;
  size_t ofs_ = 0;
};

class Scratch {
 public:
  explicit Scratch(const ScanShape& shape)
      : bytes_(SsdScratchBytes(shape.head_dim, shape.state)),
        storage_(bytes_ / sizeof(float) + 16 + kGuard,
                 std::numeric_limits<float>::quiet_NaN()) {
    const auto address = reinterpret_cast<uintptr_t>(storage_.data());
    data_ = storage_.data() + (64 - address % 64) % 64 / sizeof(float);
    std::fill_n(End(), kGuard, kGuardValue);
  }
  ~Scratch() {
    EXPECT_EQ(bytes_ % 64, 0u);
    for (size_t i = 0; i < kGuard; ++i) EXPECT_EQ(End()[i], kGuardValue);
  }
  void* data() { return data_; }

 private:
  static constexpr size_t kGuard = 64;
  static constexpr float kGuardValue = 1234.5f;
  float* End() { return data_ + bytes_ / sizeof(float); }

  size_t bytes_;
  std::vector<float> storage_;
  float* data_ = nullptr;
};

// Inputs of `tokens` tokens with a state before them.
struct Sequence {
  Sequence(const ScanShape& its_shape, size_t num_tokens, float max_dt,
           float min_a = -16.0f)
      : shape(its_shape),
        tokens(num_tokens),
        stride(shape.heads * shape.head_dim + 2 * shape.groups * shape.state +
               3) {
    RandomFloats random(static_cast<uint32_t>(stride * 1000 + tokens));
    xbc = random.Draw(tokens * stride);
    dt = random.Draw(tokens * shape.heads, 0.0f, max_dt);
    a = random.Draw(shape.heads, min_a, -0.01f);
    d = random.Draw(shape.heads);
    states = random.Draw(shape.heads * shape.state * shape.head_dim);
  }

  SsmInputs Inputs(size_t token_begin, size_t count) const {
    const float* row = xbc.data() + token_begin * stride;
    const float* b = row + shape.heads * shape.head_dim;
    return {.tokens = count,
            .heads = shape.heads,
            .groups = shape.groups,
            .head_dim = shape.head_dim,
            .state = shape.state,
            .x = row,
            .x_stride = stride,
            .b = b,
            .b_stride = stride,
            .c = b + shape.groups * shape.state,
            .c_stride = stride,
            .dt = dt.data() + token_begin * shape.heads,
            .dt_stride = shape.heads,
            .a = a.data(),
            .d = d.data()};
  }

  size_t OutputDim() const { return shape.heads * shape.head_dim; }

  ScanShape shape;
  size_t tokens;
  size_t stride;
  std::vector<float> xbc;     // [tokens, stride]: x, B, C, 3 unused
  std::vector<float> dt;      // [tokens, heads]
  std::vector<float> a;       // [heads]
  std::vector<float> d;       // [heads]
  std::vector<float> states;  // [heads, state, head_dim]
};

// y and the states after; `magnitude` is the same recurrence over absolute
// values, to which rounding errors are relative.
struct Outcome {
  std::vector<double> y;                 // [tokens, heads * head_dim]
  std::vector<double> y_magnitude;       // likewise
  std::vector<double> states;            // [heads, state, head_dim]
  std::vector<double> states_magnitude;  // likewise
};

double Wide(float value) {
  return static_cast<double>(value);
}

// S = exp(dt A) S + dt B (outer) x; y = C S + D x, element by element.
Outcome Reference(const Sequence& seq) {
  const ScanShape& shape = seq.shape;
  Outcome result;
  result.states.assign(seq.states.begin(), seq.states.end());
  for (float s : seq.states)
    result.states_magnitude.push_back(Wide(std::abs(s)));
  for (size_t t = 0; t < seq.tokens; ++t) {
    const SsmInputs in = seq.Inputs(t, 1);
    for (size_t h = 0; h < shape.heads; ++h) {
      const size_t group = h * shape.groups / shape.heads;
      const double dt = Wide(in.dt[h]);
      const double decay = std::exp(dt * Wide(in.a[h]));
      for (size_t p = 0; p < shape.head_dim; ++p) {
        const double x = Wide(in.x[h * shape.head_dim + p]);
        double y = Wide(in.d[h]) * x;
        double magnitude = std::abs(y);
        for (size_t n = 0; n < shape.state; ++n) {
          const double b = Wide(in.b[group * shape.state + n]);
          const double c = Wide(in.c[group * shape.state + n]);
          const size_t at = (h * shape.state + n) * shape.head_dim + p;
          double& s = result.states[at];
          double& m = result.states_magnitude[at];
          s = decay * s + dt * b * x;
          m = decay * m + std::abs(dt * b * x);
          y += c * s;
          magnitude += std::abs(c) * m;
        }
        result.y.push_back(y);
        result.y_magnitude.push_back(magnitude);
      }
    }
  }
  return result;
}

struct Computed {
  std::vector<float> y;
  std::vector<float> states;
};

Computed RunSteps(const Sequence& seq) {
  Computed result{std::vector<float>(seq.tokens * seq.OutputDim()), {}};
  Misaligned states(seq.states);
  for (size_t t = 0; t < seq.tokens; ++t) {
    SsmStep(seq.Inputs(t, 1), 0, seq.shape.heads, states.data(),
            result.y.data() + t * seq.OutputDim());
  }
  result.states.assign(states.data(), states.data() + seq.states.size());
  return result;
}

// Chunks of the given lengths, the last one repeated until the end.
Computed RunChunks(const Sequence& seq, std::vector<size_t> lengths) {
  Computed result{std::vector<float>(seq.tokens * seq.OutputDim()), {}};
  Misaligned states(seq.states);
  Scratch scratch(seq.shape);
  size_t used = 0;
  for (size_t t = 0; t < seq.tokens;) {
    const size_t wanted = lengths[std::min(used++, lengths.size() - 1)];
    const size_t count = std::min(wanted, seq.tokens - t);
    SsdChunk(seq.Inputs(t, count), SsdParts::kBoth, 0, seq.shape.heads,
             states.data(), result.y.data() + t * seq.OutputDim(),
             seq.OutputDim(), scratch.data());
    t += count;
  }
  result.states.assign(states.data(), states.data() + seq.states.size());
  return result;
}

// Sums of `terms` terms in float: the errors add up like a random walk; the
// exponentials bring a few roundings of their own.
void ExpectNear(const std::vector<float>& actual,
                const std::vector<double>& expected,
                const std::vector<double>& magnitude, size_t terms) {
  ASSERT_EQ(actual.size(), expected.size());
  const double factor =
      6e-8 * (12.0 + 2.0 * std::sqrt(static_cast<double>(terms)));
  for (size_t i = 0; i < actual.size(); ++i) {
    ASSERT_NEAR(Wide(actual[i]), expected[i], factor * magnitude[i] + 1e-36)
        << "at " << i << " of " << actual.size();
  }
}

void ExpectMatches(const Sequence& seq, const Computed& computed,
                   const Outcome& reference) {
  const size_t memory = std::min<size_t>(seq.tokens, 100);
  ExpectNear(computed.y, reference.y, reference.y_magnitude,
             seq.shape.state + memory);
  ExpectNear(computed.states, reference.states, reference.states_magnitude,
             memory);
}

TEST_P(SsmTest, StepsMatchTheRecurrence) {
  for (const ScanShape& shape : Shapes()) {
    SCOPED_TRACE(shape.head_dim * 1000 + shape.state);
    const Sequence seq(shape, 10, 0.3f);
    ExpectMatches(seq, RunSteps(seq), Reference(seq));
  }
}

TEST_P(SsmTest, OneChunkMatchesTheRecurrence) {
  for (const ScanShape& shape : Shapes()) {
    for (size_t tokens : {1u, 2u, 3u, 4u, 7u, 8u, 13u, 16u, 33u, 63u, 64u}) {
      SCOPED_TRACE(shape.head_dim * 1000 + shape.state);
      const Sequence seq(shape, tokens, 0.3f);
      ExpectMatches(seq, RunChunks(seq, {tokens}), Reference(seq));
    }
  }
}

TEST_P(SsmTest, LongSequencesInRandomChunksMatchTheRecurrence) {
  RandomFloats random(7);
  for (const ScanShape& shape :
       {ScanShape{4, 2, 16, 16}, ScanShape{2, 1, 64, 64},
        ScanShape{3, 3, 21, 13}}) {
    const Sequence seq(shape, 300, 0.1f, -2.0f);
    const Outcome reference = Reference(seq);
    ExpectMatches(seq, RunSteps(seq), reference);
    ExpectMatches(seq, RunChunks(seq, {kSsdMaxChunk}), reference);
    std::vector<size_t> lengths(300);
    for (size_t& length : lengths) length = random.Size(1, kSsdMaxChunk);
    ExpectMatches(seq, RunChunks(seq, lengths), reference);
  }
}

// cum_t reaches -60,000 within a chunk, past which a difference of two floats
// would be off by a few percent.
TEST_P(SsmTest, StrongDecaysKeepTheirPrecision) {
  Sequence seq({2, 1, 16, 16}, 64, 0.1f, -16.0f);
  for (size_t i = 0; i < 63 * seq.shape.heads / 2; ++i) seq.dt[i] = 120.0f;
  const Outcome reference = Reference(seq);
  ExpectMatches(seq, RunSteps(seq), reference);
  ExpectMatches(seq, RunChunks(seq, {64}), reference);
}

TEST_P(SsmTest, NoTimePassesWhenDtIsZero) {
  Sequence seq({2, 1, 16, 8}, 20, 0.1f);
  std::fill(seq.dt.begin(), seq.dt.end(), 0.0f);
  EXPECT_EQ(RunSteps(seq).states, seq.states);
  EXPECT_EQ(RunChunks(seq, {20}).states, seq.states);
}

// The first tokens of a chunk come out the same, bit for bit, however long the
// chunk is and whatever follows, be it not a number.
TEST_P(SsmTest, ChunksAreCausal) {
  for (const ScanShape& shape :
       {ScanShape{4, 2, 16, 16}, ScanShape{2, 1, 64, 128},
        ScanShape{2, 2, 19, 5}}) {
    Sequence seq(shape, 64, 0.2f);
    const Computed whole = RunChunks(seq, {64});
    for (size_t count : {1u, 2u, 5u, 8u, 11u, 17u, 30u, 32u, 63u}) {
      Sequence poisoned = seq;
      std::fill(
          poisoned.xbc.begin() + static_cast<ptrdiff_t>(count * seq.stride),
          poisoned.xbc.end(), std::numeric_limits<float>::quiet_NaN());
      std::fill(
          poisoned.dt.begin() + static_cast<ptrdiff_t>(count * shape.heads),
          poisoned.dt.end(), 1e4f);
      Sequence prefix = seq;
      prefix.tokens = count;
      const Computed part = RunChunks(prefix, {count});
      const Computed full = RunChunks(poisoned, {64});
      for (size_t i = 0; i < count * seq.OutputDim(); ++i) {
        ASSERT_EQ(part.y[i], whole.y[i]) << count << " tokens, element " << i;
        ASSERT_EQ(full.y[i], whole.y[i]) << count << " tokens, element " << i;
      }
    }
  }
}

TEST_P(SsmTest, OutputsFromALaterTokenOnAreTheSame) {
  constexpr size_t kTokens = 41;
  constexpr float kUntouched = 77.0f;
  for (const ScanShape& shape :
       {ScanShape{4, 2, 16, 16}, ScanShape{2, 1, 65, 33}}) {
    const Sequence seq(shape, kTokens, 0.2f);
    const Computed whole = RunChunks(seq, {kTokens});
    for (size_t first = 0; first <= kTokens; ++first) {
      Misaligned states(seq.states);
      std::vector<float> y(whole.y.size(), kUntouched);
      // Nothing that an earlier call left may be used.
      Scratch scratch(shape);
      SsmInputs in = seq.Inputs(0, kTokens);
      in.first_output = first;
      SsdChunk(in, SsdParts::kBoth, 0, shape.heads, states.data(), y.data(),
               seq.OutputDim(), scratch.data());
      for (size_t i = 0; i < y.size(); ++i) {
        const bool asked = i >= first * seq.OutputDim();
        ASSERT_EQ(y[i], asked ? whole.y[i] : kUntouched) << first << ", " << i;
      }
      ASSERT_EQ(std::memcmp(states.data(), whole.states.data(),
                            whole.states.size() * 4),
                0);
    }
  }
}

TEST_P(SsmTest, SplittingTheHeadsChangesNothing) {
  for (const ScanShape& shape :
       {ScanShape{8, 2, 16, 16}, ScanShape{6, 1, 64, 33},
        ScanShape{8, 8, 17, 7}}) {
    const Sequence seq(shape, 41, 0.2f);
    const Computed whole = RunChunks(seq, {41});
    const SsmInputs in = seq.Inputs(0, 41);
    for (size_t split = 0; split <= shape.heads; ++split) {
      Misaligned states(seq.states);
      std::vector<float> y(whole.y.size());
      Scratch scratch(shape);
      SsdChunk(in, SsdParts::kBoth, split, shape.heads, states.data(), y.data(),
               seq.OutputDim(), scratch.data());
      SsdChunk(in, SsdParts::kBoth, 0, split, states.data(), y.data(),
               seq.OutputDim(), scratch.data());
      ASSERT_EQ(std::memcmp(y.data(), whole.y.data(), y.size() * 4), 0);
      ASSERT_EQ(std::memcmp(states.data(), whole.states.data(),
                            whole.states.size() * 4),
                0);
    }
  }
}

TEST_P(SsmTest, OnlyTheGivenHeadsAreTouched) {
  const ScanShape shape{6, 3, 20, 6};
  const Sequence seq(shape, 9, 0.2f);
  const size_t head_size = shape.state * shape.head_dim;
  std::vector<float> states = seq.states;
  std::vector<float> y(9 * (seq.OutputDim() + 2), 77.0f);
  Scratch scratch(shape);
  SsdChunk(seq.Inputs(0, 9), SsdParts::kBoth, 2, 5, states.data(), y.data(),
           seq.OutputDim() + 2, scratch.data());
  SsmStep(seq.Inputs(0, 1), 2, 5, states.data(), y.data());
  for (size_t i = 0; i < states.size(); ++i) {
    const size_t head = i / head_size;
    ASSERT_EQ(states[i] != seq.states[i], head >= 2 && head < 5) << i;
  }
  for (size_t i = 0; i < y.size(); ++i) {
    const size_t head = i % (seq.OutputDim() + 2) / shape.head_dim;
    ASSERT_EQ(y[i] != 77.0f, head >= 2 && head < 5) << i;
  }
}

}  // namespace
}  // namespace krait::simd
