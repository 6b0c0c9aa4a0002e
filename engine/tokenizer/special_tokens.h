// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_ENGINE_TOKENIZER_SPECIAL_TOKENS_H_
#define KRAIT_ENGINE_TOKENIZER_SPECIAL_TOKENS_H_

#include <string>

#include "engine/error.h"
#include "engine/tokenizer/fim_choice.h"
#include "engine/tokenizer/tokenizer.h"
#include "engine/tokenizer/vocabulary.h"

namespace krait::engine {

// Completes `special` by the names that vocabularies are known to use
// ("[PREFIX]", "<fim_prefix>", "<s>", ...) where the file gave no id, drops ids
// outside of the vocabulary, and makes user-defined tokens with a role control
// tokens, so that text cannot contain them. An ordinary piece that happens to
// be written like a role is none, but those of Code Llama.
//
// What `fim` says comes first. An error names a token of it that the vocabulary
// does not have; `source` begins the message.
Status ResolveSpecialTokens(const FimChoice& fim, const std::string& source,
                            Vocabulary* vocabulary, SpecialTokens* special);

// Mellum has StarCoder's names in the other order. `is_mellum`: the vocabulary
// is cut as Mellum's, into words with their digits.
inline void CorrectOrderOfMellum(bool is_mellum, SpecialTokens* special) {
  if (is_mellum && special->fim_order == FimOrder::kPsm) {
    special->fim_order = FimOrder::kSpm;
  }
}

}  // namespace krait::engine

#endif  // KRAIT_ENGINE_TOKENIZER_SPECIAL_TOKENS_H_
