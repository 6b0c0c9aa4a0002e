// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_TESTS_SIMD_RANDOM_FLOATS_H_
#define KRAIT_TESTS_SIMD_RANDOM_FLOATS_H_

#include <cstddef>
#include <cstdint>
#include <random>
#include <vector>

namespace krait::simd {

// Uniform floats, the same ones in every run.
class RandomFloats {
 public:
  explicit RandomFloats(uint32_t seed) : generator_(seed) {}

  std::vector<float> Draw(size_t n, float low = -1.0f, float high = 1.0f) {
    std::uniform_real_distribution<float> uniform(low, high);
    std::vector<float> values(n);
    for (float& value : values) value = uniform(generator_);
    return values;
  }

  // A whole number of [low, high].
  size_t Size(size_t low, size_t high) {
    return std::uniform_int_distribution<size_t>(low, high)(generator_);
  }

 private:
  std::mt19937 generator_;
};

// Lengths around the vector sizes of all targets, and a few long ones.
inline const std::vector<size_t>& OddLengths() {
  static const std::vector<size_t> lengths = {
      1, 2, 3, 4, 5, 7, 8, 9, 15, 16, 17, 31, 32, 33, 63, 64, 65, 100, 257};
  return lengths;
}

}  // namespace krait::simd

#endif  // KRAIT_TESTS_SIMD_RANDOM_FLOATS_H_
