// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_ENGINE_TOKENIZER_FIM_H_
#define KRAIT_ENGINE_TOKENIZER_FIM_H_

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "engine/file/token.h"
#include "engine/tokenizer/line_tokenizer.h"
#include "engine/tokenizer/tokenizer.h"

namespace krait::engine {

// How prefix and suffix are laid out in the prompt.
enum class FimLayout : uint8_t {
  kSpm,       // bos [SUFFIX] suffix [PREFIX] prefix, and [MIDDLE] where a
              // family was trained so (FimOrder)
  kPsm,       // bos [PREFIX] prefix [SUFFIX] suffix [MIDDLE]
  kEmulated,  // for models not trained for it: the suffix as context before the
              // prefix, as plain text, then plain continuation
  kPrefix,    // bos prefix
};

// Returns "spm", "psm", "emulated" or "prefix".
std::string_view FimLayoutName(FimLayout layout);

struct FimPrompt {
  std::string_view path;  // put before the rest as [FILE]path; empty: none
  std::string_view prefix;
  std::string_view suffix;
};

// Builds the prompt's ids. kSpm follows mistral-common's encode_fim to the
// token: the suffix without the dummy space, the prefix with it. `file_token`
// is the [FILE] control token of models that were trained with file headers.
// kSpm needs fim_prefix and fim_suffix, kPsm also fim_middle; returns an error
// that names the missing one. The second form remembers lines.
Result<std::vector<TokenId>> BuildFimPrompt(const Tokenizer& tokenizer,
                                            FimLayout layout,
                                            const FimPrompt& prompt,
                                            std::optional<TokenId> file_token);
Result<std::vector<TokenId>> BuildFimPrompt(LineTokenizer& tokenizer,
                                            FimLayout layout,
                                            const FimPrompt& prompt,
                                            std::optional<TokenId> file_token);

}  // namespace krait::engine

#endif  // KRAIT_ENGINE_TOKENIZER_FIM_H_
