// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_TESTS_ENGINE_ARCH_GOLDEN_H_
#define KRAIT_TESTS_ENGINE_ARCH_GOLDEN_H_

#include <cstddef>
#include <map>
#include <string>
#include <vector>

#include "engine/file/token.h"

namespace krait::engine {

// A float32 array of the golden data.
struct GoldenArray {
  std::vector<size_t> shape;
  std::vector<float> values;
};

// Reads all arrays of tests/data/models/`file`. Fails the test on error.
std::map<std::string, GoldenArray> ReadGoldenArrays(const std::string& file);

// expected.json of a model.
struct GoldenPrompts {
  std::map<std::string, std::vector<TokenId>> prompts;  // "1", "7", "64", "150"
  std::map<std::string, std::vector<TokenId>> greedy;   // 32 tokens each
  std::map<std::string, double> margin;  // least top-1 to top-2 distance
};
GoldenPrompts ReadGoldenPrompts(const std::string& model);

// Returns the largest |a[i] - b[i]|; infinity if there is a NaN.
float MaxAbsDifference(const float* a, const float* b, size_t n);

// Returns the mean over rows of KL(softmax(expected) || softmax(actual)).
double MeanKlDivergence(const float* expected, const float* actual, size_t rows,
                        size_t vocab);

}  // namespace krait::engine

#endif  // KRAIT_TESTS_ENGINE_ARCH_GOLDEN_H_
