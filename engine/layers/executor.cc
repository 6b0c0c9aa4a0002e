// SPDX-License-Identifier: Apache-2.0
#include "engine/layers/executor.h"

#include <algorithm>
#include <span>

#include "simd/targets.h"

namespace krait::engine {

std::string Executor::Name() {
  return simd::CurrentTarget();
}

void Executor::MultiplyAll(Pass pass, const float* x, size_t tokens,
                           std::initializer_list<Product> products) {
  std::span<const Product> rest(products.begin(), products.size());
  while (!rest.empty()) {
    const auto format_of = [](const Product& product) {
      return simd::FormatOf(product.w.type).activations;
    };
    const auto end = std::ranges::find_if(rest, [&](const Product& product) {
      return format_of(product) != format_of(rest.front());
    });
    const auto alike = rest.first(static_cast<size_t>(end - rest.begin()));
    const simd::WeightView& w = alike.front().w;
    Do(Work::kProducts, [&] {
      linear_.MultiplyAll(
          pass, alike, linear_.Pack(x, tokens, w.cols, w.type, pool_), pool_);
    });
    rest = rest.subspan(alike.size());
  }
}

}  // namespace krait::engine
