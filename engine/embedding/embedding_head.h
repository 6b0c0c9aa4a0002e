// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_ENGINE_EMBEDDING_EMBEDDING_HEAD_H_
#define KRAIT_ENGINE_EMBEDDING_EMBEDDING_HEAD_H_

#include <filesystem>
#include <memory>

#include "engine/embedding/text_encoder.h"
#include "engine/error.h"
#include "engine/file/gguf.h"

namespace krait::engine {

// Whether a model's file has an embedding head (krait.embedding.*).
bool HasEmbeddingHead(const GgufFile& gguf);

// Reads the head of the model at `path`, whose metadata `gguf` is:
//   krait.embedding.dimension      uint, of a vector
//   krait.embedding.max_tokens     uint, what follows is cut
//   krait.embedding.pooling        "token_weighted_mean"
//   krait.embedding.layers         int [n], whose states are pooled; krait
//                                  takes [0], the token embeddings
//   krait.embedding.token_weights  float32 [vocab]
//   krait.embedding.weight         float32 [dimension, d_model]
// A vector is normalise(weight * sum_t(token_weight_t * e_t / rms(e_t))), so a
// row of each token is made once, and the sum is a TokenTable's.
Result<std::shared_ptr<const TextEncoder>> LoadEmbeddingHead(
    const std::filesystem::path& path, const GgufFile& gguf);

}  // namespace krait::engine

#endif  // KRAIT_ENGINE_EMBEDDING_EMBEDDING_HEAD_H_
