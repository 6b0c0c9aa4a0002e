// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_ENGINE_MODEL_GGUF_MODEL_H_
#define KRAIT_ENGINE_MODEL_GGUF_MODEL_H_

#include <filesystem>
#include <memory>

#include "engine/error.h"
#include "engine/model/gguf_split.h"
#include "engine/model/model_file.h"

namespace krait::engine {

// `path` is a file, or any part of a split model.
Result<std::unique_ptr<ModelFile>> OpenGgufModel(
    const std::filesystem::path& path);

// The same for files that are parsed already; `path` is for messages.
Result<std::unique_ptr<ModelFile>> MakeGgufModel(
    GgufParts parts, const std::filesystem::path& path);

}  // namespace krait::engine

#endif  // KRAIT_ENGINE_MODEL_GGUF_MODEL_H_
