// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_ENGINE_MODEL_GGUF_MEMORY_H_
#define KRAIT_ENGINE_MODEL_GGUF_MEMORY_H_

#include <filesystem>
#include <optional>

#include "engine/error.h"
#include "engine/file/gguf.h"
#include "engine/memory/memory_weights.h"

namespace krait::engine {

// Reads how a model is mixed with a memory of texts:
//   krait.memory.lengths   int32 [n], ascending, from 0 to 32
//   krait.memory.bias      float32 [n]
//   krait.memory.features  float32 [kMemoryFeatures], as MemoryFeature has them
// Nothing if there is no krait.memory.lengths.
Result<std::optional<MemoryWeights>> ReadMemoryWeights(const GgufFile& gguf);
// The same of a model's file; a directory has none.
Result<std::optional<MemoryWeights>> ReadMemoryWeights(
    const std::filesystem::path& model);

}  // namespace krait::engine

#endif  // KRAIT_ENGINE_MODEL_GGUF_MEMORY_H_
