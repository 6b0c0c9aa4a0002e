// SPDX-License-Identifier: Apache-2.0
#include "simd/weight_format.h"

#include <algorithm>

namespace krait::simd {
namespace {

constexpr bool RowsAreInOrder() {
  for (size_t i = 0; i < kWeightFormats.size(); ++i) {
    if (static_cast<size_t>(kWeightFormats[i].type) != i) return false;
  }
  return true;
}
static_assert(RowsAreInOrder(), "FormatOf() takes the type as the index");

}  // namespace

std::optional<WeightType> FindWeightType(std::string_view name) {
  const auto* found =
      std::ranges::find(kWeightFormats, name, &WeightFormat::name);
  if (found == kWeightFormats.end()) return std::nullopt;
  return found->type;
}

}  // namespace krait::simd
