// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_ENGINE_MODEL_HF_TOKENIZER_H_
#define KRAIT_ENGINE_MODEL_HF_TOKENIZER_H_

#include <cstddef>
#include <filesystem>
#include <memory>

#include "engine/error.h"
#include "engine/tokenizer/tokenizer.h"

namespace krait::engine {

// Loads the tokenizer of a model directory: tokenizer.model, else
// tokenizer.model.v3 or another version, tokenizer.json, tekken.json.
// kNotFound without any of them. It may have fewer tokens than the embedding
// has rows (those are padding), not more.
Result<std::unique_ptr<Tokenizer>> LoadHfTokenizer(
    const std::filesystem::path& directory, size_t vocab, const FimChoice& fim);

}  // namespace krait::engine

#endif  // KRAIT_ENGINE_MODEL_HF_TOKENIZER_H_
