// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_ENGINE_LAYERS_TOP_LOGITS_H_
#define KRAIT_ENGINE_LAYERS_TOP_LOGITS_H_

#include <cstddef>
#include <vector>

#include "engine/file/token.h"

namespace krait::engine {

// The most that are taken of a place's logits without taking all.
inline constexpr size_t kMaxTopLogits = 128;

// The largest of a place's logits, and what all of them add up to: enough to
// choose a token by, and a few hundred bytes where all are a few hundred
// thousand. What is not a finite number is none of them.
struct TopLogits {
  // By their logits, the largest first; of equals the lower id first.
  std::vector<TokenId> ids;
  std::vector<float> values;  // their logits
  float log_sum = 0;          // ln of the sum of all logits' exponentials

  bool empty() const { return ids.empty(); }
  void Clear() {
    ids.clear();
    values.clear();
  }
};

// Where the logits of a place go. All of them to `all`; or, where `enough` > 0,
// if whoever has them would have to bring them from elsewhere, so many of the
// largest to `top`, which is empty before.
struct LogitsTarget {
  float* all = nullptr;  // [vocab]
  size_t enough = 0;     // at most kMaxTopLogits
  TopLogits* top = nullptr;
};

}  // namespace krait::engine

#endif  // KRAIT_ENGINE_LAYERS_TOP_LOGITS_H_
