// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_ENGINE_TOKENIZER_SENTENCEPIECE_MODEL_H_
#define KRAIT_ENGINE_TOKENIZER_SENTENCEPIECE_MODEL_H_

#include <string>
#include <string_view>

#include "engine/error.h"
#include "engine/tokenizer/fim_choice.h"
#include "engine/tokenizer/sentencepiece_tokenizer.h"

namespace krait::engine {

// Reads the bytes of a SentencePiece `tokenizer.model`. Only the model type BPE
// without text normalisation is supported, which is what Mistral and Llama use.
Result<SentencePieceSpec> ParseSentencePieceModel(std::string_view bytes,
                                                  const std::string& file,
                                                  const FimChoice& fim = {});

}  // namespace krait::engine

#endif  // KRAIT_ENGINE_TOKENIZER_SENTENCEPIECE_MODEL_H_
