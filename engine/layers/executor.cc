// SPDX-License-Identifier: Apache-2.0
#include "engine/layers/executor.h"

#include "simd/targets.h"

namespace krait::engine {

std::string Executor::Name() {
  return simd::CurrentTarget();
}

void Executor::MultiplyAll(Pass pass, const float* x, size_t tokens,
                           std::initializer_list<Product> products) {
  simd::ActivationView packed;
  for (const Product& product : products) {
    const simd::WeightView& w = product.w;
    if (packed.tokens == 0 ||
        packed.format != simd::FormatOf(w.type).activations) {
      packed = linear_.Pack(x, tokens, w.cols, w.type, pool_);
    }
    linear_.Multiply(pass, w, packed, product.y, w.rows, pool_);
  }
}

}  // namespace krait::engine
