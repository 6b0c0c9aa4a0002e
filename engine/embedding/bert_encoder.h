// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_ENGINE_EMBEDDING_BERT_ENCODER_H_
#define KRAIT_ENGINE_EMBEDDING_BERT_ENCODER_H_

#include <cstdint>
#include <filesystem>
#include <memory>

#include "engine/embedding/text_encoder.h"
#include "engine/error.h"

namespace krait::engine {

// How matrices are kept.
enum class BertPrecision : uint8_t {
  // As the file has them.
  kAsStored,
  // Floats are rounded to int8 (Q8_0) if d_model and d_ff are whole blocks of
  // 32. Dot products of vectors change by up to 0.01.
  kInt8,
};

// Loads a sentence encoder of the BERT family (bert_file.h). Source: Devlin et
// al. 2019; pooling: Reimers and Gurevych 2019.
Result<std::shared_ptr<const TextEncoder>> LoadBert(
    const std::filesystem::path& path,
    BertPrecision precision = BertPrecision::kInt8);

}  // namespace krait::engine

#endif  // KRAIT_ENGINE_EMBEDDING_BERT_ENCODER_H_
