// SPDX-License-Identifier: Apache-2.0
#include "engine/model/quantised_types.h"

#include <algorithm>
#include <array>

namespace krait::engine {
namespace {

using T = TensorType;

struct Rules {
  T type;
  T small_blocks;      // for rows that are not whole blocks
  T output;            // of the head
  uint32_t file_type;  // of the variant without finer mixtures ("Q4_K_S")
};
constexpr std::array kRules = {
    Rules{T::kF32, T::kF32, T::kF32, 0},
    Rules{T::kF16, T::kF16, T::kF16, 1},
    Rules{T::kBF16, T::kBF16, T::kBF16, 32},
    Rules{T::kQ4_0, T::kF16, T::kQ6_K, 2},
    Rules{T::kQ4_1, T::kF16, T::kQ6_K, 3},
    Rules{T::kQ5_0, T::kF16, T::kQ6_K, 8},
    Rules{T::kQ5_1, T::kF16, T::kQ6_K, 9},
    Rules{T::kQ8_0, T::kF16, T::kQ8_0, 7},
    Rules{T::kQ2_K, T::kIQ4_NL, T::kQ6_K, 10},
    Rules{T::kQ3_K, T::kIQ4_NL, T::kQ6_K, 11},
    Rules{T::kQ4_K, T::kQ5_0, T::kQ6_K, 14},
    Rules{T::kQ5_K, T::kQ5_1, T::kQ6_K, 16},
    Rules{T::kQ6_K, T::kQ8_0, T::kQ6_K, 18},
    Rules{T::kIQ4_NL, T::kF16, T::kQ6_K, 25},
    Rules{T::kIQ4_XS, T::kIQ4_NL, T::kQ6_K, 30},
};

const Rules& RulesOf(TensorType type) {
  const auto* found = std::ranges::find(kRules, type, &Rules::type);
  return found == kRules.end() ? kRules.front() : *found;
}

}  // namespace

TensorType TypeForRows(TensorType wanted, size_t cols) {
  while (cols % FindTensorTypeInfo(wanted)->block_elements != 0) {
    wanted = RulesOf(wanted).small_blocks;
  }
  return wanted;
}

TensorType OutputType(TensorType type) {
  return RulesOf(type).output;
}

uint32_t GgufFileType(TensorType type) {
  return RulesOf(type).file_type;
}

}  // namespace krait::engine
