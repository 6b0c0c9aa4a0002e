// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_ENGINE_MODEL_HF_MODEL_H_
#define KRAIT_ENGINE_MODEL_HF_MODEL_H_

#include <filesystem>
#include <memory>

#include "engine/error.h"
#include "engine/model/model_file.h"

namespace krait::engine {

// Opens a directory in Hugging Face's layout or in Mistral's own; if it holds
// both, as Mistral's repositories do, Hugging Face's.
Result<std::unique_ptr<ModelFile>> OpenHfModel(
    const std::filesystem::path& directory);

}  // namespace krait::engine

#endif  // KRAIT_ENGINE_MODEL_HF_MODEL_H_
