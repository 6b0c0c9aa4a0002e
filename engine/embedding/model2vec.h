// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_ENGINE_EMBEDDING_MODEL2VEC_H_
#define KRAIT_ENGINE_EMBEDDING_MODEL2VEC_H_

#include <filesystem>
#include <memory>

#include "engine/embedding/text_encoder.h"
#include "engine/error.h"
#include "engine/file/json_file.h"

namespace krait::engine {

// Reads a directory as model2vec writes it: config.json (`config`),
// tokenizer.json, and model.safetensors with the tensor `embeddings`
// [vocab, dimension] and maybe `weights` [vocab].
Result<std::shared_ptr<const TextEncoder>> LoadModel2Vec(
    const std::filesystem::path& directory, const JsonFields& config);

}  // namespace krait::engine

#endif  // KRAIT_ENGINE_EMBEDDING_MODEL2VEC_H_
