// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_ENGINE_MODEL_HF_WEIGHTS_H_
#define KRAIT_ENGINE_MODEL_HF_WEIGHTS_H_

#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/error.h"
#include "engine/file/safetensors.h"

namespace krait::engine {

// The tensors of a model directory, from one safetensors file or from several
// that an index names. Entries live as long as `files`.
struct HfWeights {
  std::vector<std::unique_ptr<SafetensorsFile>> files;
  std::vector<const SafetensorsEntry*> entries;
};

// Opens one file: `path`.
Result<HfWeights> OpenWeightsFile(const std::filesystem::path& path);

// Opens the files that model.safetensors.index.json at `path` names; they are
// beside it. Each of its tensors must be in the file it is said to be in.
Result<HfWeights> OpenWeightsIndex(const std::filesystem::path& path);

// Parses an index: pairs of tensor and file name. File names are names of
// safetensors files and nothing else: no separators, no "..".
Result<std::vector<std::pair<std::string, std::string>>> ParseWeightsIndex(
    std::string_view json, const std::string& name);

}  // namespace krait::engine

#endif  // KRAIT_ENGINE_MODEL_HF_WEIGHTS_H_
