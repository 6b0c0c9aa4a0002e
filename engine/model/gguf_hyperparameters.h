// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_ENGINE_MODEL_GGUF_HYPERPARAMETERS_H_
#define KRAIT_ENGINE_MODEL_GGUF_HYPERPARAMETERS_H_

#include <span>

#include "engine/error.h"
#include "engine/file/gguf.h"
#include "engine/model/hyperparameters.h"

namespace krait::engine {

// Reads the keys that all architectures have and those of the file's own.
// Values are what the file says: CheckHyperparameters is still to be called.
// `tensors` are all of the model's, of which a split one has some in other
// files.
Result<Hyperparameters> ReadGgufHyperparameters(
    const GgufFile& gguf, std::span<const Tensor> tensors);

}  // namespace krait::engine

#endif  // KRAIT_ENGINE_MODEL_GGUF_HYPERPARAMETERS_H_
