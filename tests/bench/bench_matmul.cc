// SPDX-License-Identifier: Apache-2.0
// MatVecs, of one token or a few: GB/s of weights read, once for all tokens.
// MatMul: 10^9 operations (2 per multiply-accumulate) per second. Both on one
// thread.
#include <benchmark/benchmark.h>

#include <cstdint>
#include <cstring>
#include <memory>
#include <new>
#include <sstream>
#include <string>
#include <vector>

#include "simd/int8_peak.h"
#include "simd/matmul.h"
#include "simd/targets.h"

namespace krait::simd {
namespace {

struct Deleter {
  void operator()(uint8_t* p) const {
    ::operator delete[](p, std::align_val_t{64});
  }
};
using Buffer = std::unique_ptr<uint8_t[], Deleter>;

Buffer Allocate(size_t bytes) {
  return Buffer(new (std::align_val_t{64}) uint8_t[bytes]);
}

// Small arbitrary weights: any bits would do for speed, but denormals and NaN
// could be slow. Of the formats with blocks all bytes are the same; so are
// scales: 0.03 in binary16.
Buffer MakeWeights(WeightType type, size_t rows, size_t cols) {
  const size_t bytes = rows * RowBytes(type, cols);
  Buffer data = Allocate(bytes);
  std::memset(data.get(), 0x28, bytes);
  return data;
}

// Shape and formats of a case.
struct Case {
  ActivationFormat format() const { return FormatOf(type).activations; }

  WeightType type;
  size_t rows;
  size_t cols;
  size_t tokens;
};

struct Problem {
  explicit Problem(const Case& c)
      : data(MakeWeights(c.type, c.rows, c.cols)),
        w{.data = data.get(), .type = c.type, .rows = c.rows, .cols = c.cols},
        x(c.tokens * c.cols),
        y(c.tokens * c.rows),
        packed(Allocate(ActivationBytes(c.format(), c.tokens, c.cols))),
        scratch(Allocate(MatMulScratchBytes(c.format()))) {
    for (size_t i = 0; i < x.size(); ++i) {
      x[i] = static_cast<float>(i * 7919 % 1009) / 1009.0f - 0.5f;
    }
    view = PackActivations(x.data(), c.tokens, c.cols, c.cols, c.format(),
                           packed.get());
  }
  Buffer data;
  WeightView w;
  std::vector<float> x;
  std::vector<float> y;
  Buffer packed;
  Buffer scratch;
  ActivationView view;
};

void BenchMatVecs(benchmark::State& state, const Case& c) {
  Problem p(c);
  std::vector<float*> y;
  for (size_t t = 0; t < c.tokens; ++t) y.push_back(p.y.data() + t * c.rows);
  for (auto _ : state) {
    MatVecs(p.w, 0, c.rows, p.view, y.data());
    benchmark::ClobberMemory();
  }
  state.counters["GB/s"] = benchmark::Counter(
      static_cast<double>(c.rows * RowBytes(c.type, c.cols)) * 1e-9,
      benchmark::Counter::kIsIterationInvariantRate);
}

void BenchMatMul(benchmark::State& state, const Case& c) {
  Problem p(c);
  for (auto _ : state) {
    MatMul(p.w, 0, c.rows, p.view, p.y.data(), c.rows, p.scratch.get());
    benchmark::ClobberMemory();
  }
  state.counters["GOP/s"] =
      benchmark::Counter(2e-9 * static_cast<double>(c.rows * c.cols * c.tokens),
                         benchmark::Counter::kIsIterationInvariantRate);
}

// What MatMul cannot exceed.
void BenchInt8Peak(benchmark::State& state) {
  size_t products = 0;
  for (auto _ : state) products += MultiplyInt8(1000);
  state.counters["GOP/s"] = benchmark::Counter(
      2e-9 * static_cast<double>(products), benchmark::Counter::kIsRate);
}

using Bench = void (*)(benchmark::State& state, const Case& c);

void Add(const char* kernel, Bench bench, const Case& c) {
  std::ostringstream name;
  name << kernel << "/" << FormatOf(c.type).name << "/" << c.rows << "x"
       << c.cols << "/" << c.tokens;
  benchmark::RegisterBenchmark(name.str().c_str(), bench, c);
}

void Register() {
  benchmark::RegisterBenchmark("Int8Peak", BenchInt8Peak);
  for (const WeightFormat& format : kWeightFormats) {
    const WeightType type = format.type;
    for (const size_t tokens : {1U, 2U, 3U, 4U, 8U}) {
      Add("MatVecs", BenchMatVecs, {type, 4096, 4096, tokens});
    }
    Add("MatVecs", BenchMatVecs, {type, 64, 4096, 1});  // in the cache
    Add("MatVecs", BenchMatVecs, {type, 1160, 256, 1});
    if (format.block_elements < 256) {  // rows that are no whole groups of 256
      Add("MatVecs", BenchMatVecs, {type, 1536, 576, 1});
      Add("MatVecs", BenchMatVecs, {type, 4864, 896, 1});
    }
    Add("MatMul", BenchMatMul, {type, 4096, 4096, 256});
    Add("MatMul", BenchMatMul, {type, 3352, 768, 256});
    Add("MatMul", BenchMatMul, {type, 3352, 768, 16});
  }
}

}  // namespace
}  // namespace krait::simd

// --target=NAME runs on another instruction set than the best.
int main(int argc, char** argv) {
  const std::string option = "--target=";
  for (int i = 1; i < argc; ++i) {
    if (std::strncmp(argv[i], option.c_str(), option.size()) != 0) continue;
    if (!krait::simd::ForceTarget(argv[i] + option.size())) return 1;
    for (int j = i; j + 1 < argc; ++j) argv[j] = argv[j + 1];
    --argc;
    break;
  }
  benchmark::AddCustomContext("target", krait::simd::CurrentTarget());
  krait::simd::Register();
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 1;
  benchmark::RunSpecifiedBenchmarks();
  return 0;
}
