// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_TESTS_ENGINE_MODEL_GGUF_RECIPE_H_
#define KRAIT_TESTS_ENGINE_MODEL_GGUF_RECIPE_H_

#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "engine/model/gguf_model.h"
#include "tests/engine/file/gguf_builder.h"

namespace krait::engine {

// A small model's file, to be changed in one place by each test. Its weights
// are zero.
struct Recipe {
  std::map<std::string, uint32_t> uints;
  std::map<std::string, std::string> strings;
  std::map<std::string, std::vector<uint32_t>> arrays = {};
  std::map<std::string, float> floats;
  std::map<std::string, bool> bools;
  // Innermost dimension first.
  std::map<std::string, std::vector<uint64_t>> tensors;
  std::map<std::string, TensorType> types;  // F32 where absent
  uint64_t num_tokens = 3;
};

inline std::string Build(const Recipe& recipe) {
  GgufBuilder b;
  for (const auto& [key, value] : recipe.uints) b.Key<uint32_t>(key, 4, value);
  for (const auto& [key, value] : recipe.strings) b.StringKey(key, value);
  for (const auto& [key, value] : recipe.floats) b.Key<float>(key, 6, value);
  for (const auto& [key, value] : recipe.bools) b.Key<uint8_t>(key, 7, value);
  for (const auto& [key, values] : recipe.arrays) {
    b.ArrayKey(key, 4, values.size());
    for (const uint32_t value : values) b.Raw(value);
  }
  b.ArrayKey("tokenizer.ggml.tokens", 8, recipe.num_tokens);
  for (uint64_t i = 0; i < recipe.num_tokens; ++i) b.String("t");
  uint64_t offset = 0;
  for (const auto& [name, dims] : recipe.tensors) {
    const auto it = recipe.types.find(name);
    const TensorType type =
        it == recipe.types.end() ? TensorType::kF32 : it->second;
    b.Tensor(name, dims, type, offset);
    uint64_t elements = 1;
    for (const uint64_t dim : dims) elements *= dim;
    offset += (elements * 4 + 31) / 32 * 32;
  }
  return b.Build(offset);
}

// What is said against the model; empty if it loads.
inline std::string MessageOf(const Recipe& recipe) {
  const std::string bytes = Build(recipe);
  auto gguf = GgufFile::Parse(bytes, "memory.gguf");
  if (!gguf) return gguf.error().message;
  GgufParts parts;
  parts.push_back(std::move(*gguf));
  const auto model = MakeGgufModel(std::move(parts), "memory.gguf");
  return model ? "" : model.error().message;
}

}  // namespace krait::engine

#endif  // KRAIT_TESTS_ENGINE_MODEL_GGUF_RECIPE_H_
