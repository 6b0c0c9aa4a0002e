// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_ENGINE_MODEL_GGUF_HYPERPARAMETERS_H_
#define KRAIT_ENGINE_MODEL_GGUF_HYPERPARAMETERS_H_

#include "engine/error.h"
#include "engine/file/gguf.h"
#include "engine/model/hyperparameters.h"

namespace krait::engine {

// Reads the keys that all architectures have and those of the file's own.
// Values are what the file says: CheckHyperparameters is still to be called.
Result<Hyperparameters> ReadGgufHyperparameters(const GgufFile& gguf);

}  // namespace krait::engine

#endif  // KRAIT_ENGINE_MODEL_GGUF_HYPERPARAMETERS_H_
