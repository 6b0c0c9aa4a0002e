// SPDX-License-Identifier: Apache-2.0
#include "tests/engine/arch/golden.h"

#include <gtest/gtest.h>
#include <simdjson.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <memory>
#include <string_view>

#include "engine/file/safetensors.h"

namespace krait::engine {
namespace {

std::string PathOf(const std::string& file) {
  return std::string(KRAIT_TEST_DATA "/models/") + file;
}

using TokensByPrompt = std::map<std::string, std::vector<TokenId>>;

void ReadTokens(simdjson::dom::element root, std::string_view key,
                TokensByPrompt* out) {
  simdjson::dom::object prompts;
  ASSERT_EQ(root[key].get(prompts), simdjson::SUCCESS) << key;
  for (const auto& [name, value] : prompts) {
    simdjson::dom::array ids;
    ASSERT_EQ(value.get(ids), simdjson::SUCCESS);
    for (const simdjson::dom::element id : ids) {
      (*out)[std::string(name)].push_back(
          static_cast<TokenId>(id.get_uint64().value_unsafe()));
    }
  }
}

double LogSumExp(const float* x, size_t n) {
  const float largest = *std::max_element(x, x + n);
  double sum = 0;
  for (size_t i = 0; i < n; ++i) {
    sum += std::exp(static_cast<double>(x[i] - largest));
  }
  return static_cast<double>(largest) + std::log(sum);
}

}  // namespace

std::map<std::string, GoldenArray> ReadGoldenArrays(const std::string& file) {
  std::map<std::string, GoldenArray> arrays;
  const auto opened = SafetensorsFile::Open(PathOf(file));
  EXPECT_TRUE(opened) << opened.error().message;
  if (!opened) return arrays;
  for (const SafetensorsEntry& entry : (*opened)->entries()) {
    EXPECT_EQ(entry.dtype, "F32") << entry.name;
    GoldenArray& array = arrays[entry.name];
    array.shape = entry.shape;
    array.values.resize(entry.bytes / sizeof(float));
    std::memcpy(array.values.data(), entry.data, entry.bytes);
  }
  return arrays;
}

GoldenPrompts ReadGoldenPrompts(const std::string& model) {
  GoldenPrompts golden;
  simdjson::dom::parser parser;
  simdjson::dom::element root;
  const auto error =
      parser.load(PathOf(model + "/expected/expected.json")).get(root);
  EXPECT_EQ(error, simdjson::SUCCESS) << model;
  if (error != simdjson::SUCCESS) return golden;
  ReadTokens(root, "prompts", &golden.prompts);
  ReadTokens(root, "greedy_32", &golden.greedy);
  simdjson::dom::object margins;
  EXPECT_EQ(root["greedy_min_top1_top2_margin"].get(margins),
            simdjson::SUCCESS);
  for (const auto& [name, value] : margins) {
    golden.margin[std::string(name)] = value.get_double().value_unsafe();
  }
  return golden;
}

float MaxAbsDifference(const float* a, const float* b, size_t n) {
  float largest = 0;
  for (size_t i = 0; i < n; ++i) {
    const float difference = std::abs(a[i] - b[i]);
    if (!(difference <= largest)) largest = difference;
    if (std::isnan(largest)) return std::numeric_limits<float>::infinity();
  }
  return largest;
}

double MeanKlDivergence(const float* expected, const float* actual, size_t rows,
                        size_t vocab) {
  double total = 0;
  for (size_t row = 0; row < rows; ++row) {
    const float* p = expected + row * vocab;
    const float* q = actual + row * vocab;
    const double log_p = LogSumExp(p, vocab);
    const double log_q = LogSumExp(q, vocab);
    for (size_t i = 0; i < vocab; ++i) {
      const double lp = static_cast<double>(p[i]) - log_p;
      const double lq = static_cast<double>(q[i]) - log_q;
      total += std::exp(lp) * (lp - lq);
    }
  }
  return total / static_cast<double>(rows);
}

}  // namespace krait::engine
