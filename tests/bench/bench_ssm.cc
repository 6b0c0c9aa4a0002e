// SPDX-License-Identifier: Apache-2.0
// The recurrent layers' kernels on one thread: the decode step against the
// chunked form, convolution and gated norm. Counters: GFLOP/s by the
// operations of the algorithm (no exponentials), GB/s of state read and
// written, tokens/s of one layer.
#include <benchmark/benchmark.h>

#include <cstddef>
#include <cstdint>
#include <new>
#include <random>
#include <vector>

#include "simd/conv1d.h"
#include "simd/norm.h"
#include "simd/ssm.h"

namespace krait::simd {
namespace {

// Cache-line aligned, as the engine's buffers are: vectors that straddle lines
// cost up to half of the speed.
template <class T>
struct LineAllocator {
  using value_type = T;
  LineAllocator() = default;
  template <class U>
  explicit LineAllocator(const LineAllocator<U>&) {}
  T* allocate(size_t n) {
    return static_cast<T*>(
        ::operator new (n * sizeof(T), std::align_val_t{64}));
  }
  void deallocate(T* p, size_t) { ::operator delete (p, std::align_val_t{64}); }
  bool operator==(const LineAllocator&) const { return true; }
};
using Floats = std::vector<float, LineAllocator<float>>;

Floats RandomFloats(size_t n, float low, float high) {
  std::mt19937 generator(static_cast<uint32_t>(n));
  std::uniform_real_distribution<float> uniform(low, high);
  Floats values(n);
  for (float& value : values) value = uniform(generator);
  return values;
}

// One layer's inputs, laid out as after the projection and convolution: x, B
// and C of a token follow each other.
class Layer {
 public:
  explicit Layer(const benchmark::State& run)
      : heads_(Arg(run, 0)),
        head_dim_(Arg(run, 1)),
        state_(Arg(run, 2)),
        groups_(Arg(run, 3)),
        tokens_(Arg(run, 4)),
        stride_(heads_ * head_dim_ + 2 * groups_ * state_),
        xbc_(RandomFloats(tokens_ * stride_, -1.0f, 1.0f)),
        dt_(RandomFloats(tokens_ * heads_, 0.001f, 0.1f)),
        a_(RandomFloats(heads_, -16.0f, -1.0f)),
        d_(RandomFloats(heads_, -1.0f, 1.0f)),
        states_(heads_ * state_ * head_dim_, 0.0f),
        y_(tokens_ * heads_ * head_dim_),
        scratch_(SsdScratchBytes(head_dim_, state_) / sizeof(float)) {}

  void Step(size_t token) {
    SsmInputs in = Inputs();
    in.tokens = 1;
    in.x += token * stride_;
    in.b += token * stride_;
    in.c += token * stride_;
    in.dt += token * heads_;
    SsmStep(in, 0, heads_, states_.data(),
            y_.data() + token * heads_ * head_dim_);
  }

  void Chunk() {
    SsdChunk(Inputs(), SsdParts::kBoth, 0, heads_, states_.data(), y_.data(),
             heads_ * head_dim_, scratch_.data());
  }

  size_t tokens() const { return tokens_; }
  double StateBytes() const {
    return static_cast<double>(states_.size() * sizeof(float));
  }
  // Per token: decay, update (2) and read-out (2) of each state element.
  double StepFlops() const { return 5.0 * static_cast<double>(states_.size()); }
  // Of a chunk: two products with the state, the triangle of M X, and B C^T.
  double ChunkFlops() const {
    const double t = static_cast<double>(tokens_);
    const double pairs = t * (t + 1.0) / 2.0;
    return 4.0 * t * static_cast<double>(states_.size()) +
           2.0 * pairs * static_cast<double>(heads_ * head_dim_) +
           2.0 * pairs * static_cast<double>(groups_ * state_);
  }

 private:
  static size_t Arg(const benchmark::State& run, size_t i) {
    return static_cast<size_t>(run.range(i));
  }

  SsmInputs Inputs() const {
    const float* b = xbc_.data() + heads_ * head_dim_;
    return {.tokens = tokens_,
            .heads = heads_,
            .groups = groups_,
            .head_dim = head_dim_,
            .state = state_,
            .x = xbc_.data(),
            .x_stride = stride_,
            .b = b,
            .b_stride = stride_,
            .c = b + groups_ * state_,
            .c_stride = stride_,
            .dt = dt_.data(),
            .dt_stride = heads_,
            .a = a_.data(),
            .d = d_.data()};
  }

  size_t heads_;
  size_t head_dim_;
  size_t state_;
  size_t groups_;
  size_t tokens_;
  size_t stride_;
  Floats xbc_;     // [tokens, stride]
  Floats dt_;      // [tokens, heads]
  Floats a_;       // [heads]
  Floats d_;       // [heads]
  Floats states_;  // [heads, state, head_dim]
  Floats y_;       // [tokens, heads * head_dim]
  Floats scratch_;
};

benchmark::Counter PerSecond(double amount) {
  return {amount, benchmark::Counter::kIsIterationInvariantRate};
}

void BM_SsmSteps(benchmark::State& run) {
  Layer layer(run);
  for (auto _ : run) {
    for (size_t t = 0; t < layer.tokens(); ++t) layer.Step(t);
  }
  const double tokens = static_cast<double>(layer.tokens());
  run.counters["tokens/s"] = PerSecond(tokens);
  run.counters["GFLOP/s"] = PerSecond(1e-9 * tokens * layer.StepFlops());
  run.counters["GB/s"] = PerSecond(2e-9 * tokens * layer.StateBytes());
}

void BM_SsdChunk(benchmark::State& run) {
  Layer layer(run);
  for (auto _ : run) layer.Chunk();
  run.counters["tokens/s"] = PerSecond(static_cast<double>(layer.tokens()));
  run.counters["GFLOP/s"] = PerSecond(1e-9 * layer.ChunkFlops());
}

// The ceiling of the step: a plain read and write of as many bytes.
void BM_ScaleInPlace(benchmark::State& run) {
  Floats values(static_cast<size_t>(run.range(0)), 1.0f);
  float factor = 1.0f;
  benchmark::DoNotOptimize(factor);
  for (auto _ : run) {
    for (float& value : values) value *= factor;
    benchmark::ClobberMemory();
  }
  run.counters["GB/s"] =
      PerSecond(2e-9 * static_cast<double>(values.size() * sizeof(float)));
}

void BM_CausalConv1d(benchmark::State& run) {
  const size_t channels = static_cast<size_t>(run.range(0));
  const size_t tokens = static_cast<size_t>(run.range(1));
  const Floats weight = RandomFloats(4 * channels, -1.0f, 1.0f);
  const Floats bias = RandomFloats(channels, -1.0f, 1.0f);
  const Floats x = RandomFloats(tokens * channels, -1.0f, 1.0f);
  Floats window(3 * channels, 0.0f);
  Floats y(x.size());
  const CausalConv1d conv{.channels = channels,
                          .width = 4,
                          .weight = weight.data(),
                          .bias = bias.data()};
  for (auto _ : run) {
    CausalConv1dSilu(conv, 0, channels, tokens, x.data(), channels,
                     window.data(), y.data(), channels);
    benchmark::ClobberMemory();
  }
  run.counters["Gelem/s"] = PerSecond(1e-9 * static_cast<double>(x.size()));
}

void BM_GatedGroupRmsNorm(benchmark::State& run) {
  const size_t n = static_cast<size_t>(run.range(0));
  const size_t groups = static_cast<size_t>(run.range(1));
  const Floats x = RandomFloats(n, -1.0f, 1.0f);
  const Floats z = RandomFloats(n, -4.0f, 4.0f);
  Floats y(n);
  for (auto _ : run) {
    GatedGroupRmsNorm(x.data(), z.data(), x.data(), n, groups, 1e-5f, y.data());
    benchmark::ClobberMemory();
  }
  run.counters["Gelem/s"] = PerSecond(1e-9 * static_cast<double>(n));
}

// Mamba-2 130M, Codestral Mamba 7B, the embedded model.
void Shapes(benchmark::internal::Benchmark* bench) {
  bench->ArgNames({"heads", "head_dim", "state", "groups", "tokens"})
      ->Args({24, 64, 128, 1, 64})
      ->Args({128, 64, 128, 8, 64})
      ->Args({8, 64, 64, 1, 64});
}

// Short chunks: a few tokens of a keystroke or of a verified draft.
void ShortShapes(benchmark::internal::Benchmark* bench) {
  Shapes(bench);
  for (int64_t tokens : {1, 4, 8, 16}) {
    bench->Args({24, 64, 128, 1, tokens});
  }
}

BENCHMARK(BM_SsmSteps)->Apply(Shapes);
BENCHMARK(BM_SsdChunk)->Apply(ShortShapes);
BENCHMARK(BM_ScaleInPlace)
    ->Arg(24 * 64 * 128)
    ->Arg(128 * 64 * 128)
    ->Arg(8 * 64 * 64);
BENCHMARK(BM_CausalConv1d)
    ->Args({1792, 64})
    ->Args({1792, 1})
    ->Args({10240, 64});
BENCHMARK(BM_GatedGroupRmsNorm)->Args({1536, 1})->Args({8192, 8});

}  // namespace
}  // namespace krait::simd

BENCHMARK_MAIN();
