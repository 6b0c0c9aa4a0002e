// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_ENGINE_LAYERS_STREAM_TUNER_H_
#define KRAIT_ENGINE_LAYERS_STREAM_TUNER_H_

#include <array>
#include <chrono>
#include <cstddef>
#include <optional>
#include <random>
#include <vector>

namespace krait::engine {

// Which of some distances between reading weights and asking for them
// (simd/stream.h) is best here, from what products took with each.
class StreamChoice {
 public:
  // The default, and what beats it on other processors or in other pages.
  static constexpr std::array<size_t, 4> kDistances = {4096, 0, 2048, 8192};
  static constexpr size_t kSamples = 48;  // of each

  // Returns which distance is to be tried next (an index): by chance, so that
  // each meets all matrices of a model.
  size_t Next();
  void Add(size_t distance, double seconds_per_byte);
  // Returns the best distance in bytes once there are samples enough: that of
  // the least median, and the default unless it is clearly beaten.
  std::optional<size_t> Best();

 private:
  std::array<std::vector<double>, kDistances.size()> samples_;
  std::minstd_rand random_;
};

// Tunes a process while it works: the first decoding products that are large
// enough to come from memory (two hundred, a few tokens) are timed, each with
// one of the distances. Costs nothing but what worse distances cost these.
// Thread-compatible.
class StreamTuner {
 public:
  // Calls product(), which reads `bytes` of weights.
  template <class Product>
  void Run(size_t bytes, const Product& product) {
    if (done_ || bytes < kLeastBytes) return product();
    const size_t distance = Begin();
    const auto start = std::chrono::steady_clock::now();
    product();
    const std::chrono::duration<double> took =
        std::chrono::steady_clock::now() - start;
    End(distance, took.count() / static_cast<double>(bytes));
  }

 private:
  static constexpr size_t kLeastBytes = size_t{1} << 20;

  size_t Begin();
  void End(size_t distance, double seconds_per_byte);

  bool done_ = false;
  StreamChoice choice_;
};

}  // namespace krait::engine

#endif  // KRAIT_ENGINE_LAYERS_STREAM_TUNER_H_
