// SPDX-License-Identifier: Apache-2.0
#include "engine/layers/executor.h"

#include "simd/targets.h"

namespace krait::engine {

std::string Executor::Name() {
  return simd::CurrentTarget();
}

}  // namespace krait::engine
