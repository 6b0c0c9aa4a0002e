// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_ENGINE_STATE_STATE_SIZES_H_
#define KRAIT_ENGINE_STATE_STATE_SIZES_H_

#include <cstddef>

#include "engine/model/hyperparameters.h"

namespace krait::engine {

// What states of a model take in memory.
struct StateSizes {
  size_t snapshot_bytes = 0;  // of its recurrent layers; 0: it has none
  size_t kv_bytes = 0;        // keys and values of a token; 0: no attention
};

StateSizes StateSizesOf(const Hyperparameters& hparams);

}  // namespace krait::engine

#endif  // KRAIT_ENGINE_STATE_STATE_SIZES_H_
