// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_ENGINE_MEMORY_MEMORY_WEIGHTS_H_
#define KRAIT_ENGINE_MEMORY_MEMORY_WEIGHTS_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace krait::engine {

// What the weight of a memory's prediction depends on, beside the length of the
// match.
enum class MemoryFeature : uint8_t {
  kCount,        // log2(1 + matches), at most kMaxLogCount
  kShare,        // of the likeliest next token among the matches
  kModelSure,    // the model's probability of its own likeliest token
  kModelAgrees,  // the log of its probability of the memory's likeliest one,
                 // between -1 (kLeastLog) and 0
  kBeginning,    // 1 if a part of the word is typed, else 0
  kTyped,        // the bytes that are typed of it, at most 8, in eighths
  kOther,        // 1 for matches in other documents than the one at hand
  kSize
};
inline constexpr size_t kMemoryFeatures =
    static_cast<size_t>(MemoryFeature::kSize);
inline constexpr float kMaxLogCount = 6;
inline constexpr float kLeastLog = -10;

using MemoryFeatures = std::array<float, kMemoryFeatures>;

// How a model is mixed with a memory of texts, as its file says (GGUF keys
// krait.memory.*): for matches of at least lengths[i] tokens the memory's
// prediction weighs sigmoid(bias[i] + features * their weights), the rest is
// left to the shorter matches and at last to the model.
struct MemoryWeights {
  std::vector<size_t> lengths;  // ascending; 0: only what is typed must match
  std::vector<float> bias;      // [lengths]
  MemoryFeatures features{};
};

}  // namespace krait::engine

#endif  // KRAIT_ENGINE_MEMORY_MEMORY_WEIGHTS_H_
