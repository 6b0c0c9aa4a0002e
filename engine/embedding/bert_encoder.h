// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_ENGINE_EMBEDDING_BERT_ENCODER_H_
#define KRAIT_ENGINE_EMBEDDING_BERT_ENCODER_H_

#include <filesystem>
#include <memory>

#include "engine/embedding/text_encoder.h"
#include "engine/error.h"

namespace krait::engine {

// Loads a sentence encoder of the BERT family (bert_file.h). Source: Devlin et
// al. 2019; pooling: Reimers and Gurevych 2019.
Result<std::shared_ptr<const TextEncoder>> LoadBert(
    const std::filesystem::path& path);

}  // namespace krait::engine

#endif  // KRAIT_ENGINE_EMBEDDING_BERT_ENCODER_H_
