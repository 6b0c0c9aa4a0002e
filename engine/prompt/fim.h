// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_ENGINE_PROMPT_FIM_H_
#define KRAIT_ENGINE_PROMPT_FIM_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "engine/file/token.h"
#include "engine/prompt/pieces.h"
#include "engine/tokenizer/line_tokenizer.h"
#include "engine/tokenizer/tokenizer.h"

namespace krait::engine {

// How prefix and suffix are laid out in the prompt.
enum class FimLayout : uint8_t {
  kSpm,          // bos [SUFFIX] suffix [PREFIX] prefix, and [MIDDLE] for all
                 // but Mistral's models and krait's own
  kPsm,          // bos [PREFIX] prefix [SUFFIX] suffix [MIDDLE]
  kAnchoredPsm,  // bos [PREFIX] prefix up to an anchor [SUFFIX] suffix [MIDDLE]
                 // prefix since: what is typed behind the anchor only appends
  kEmulated,  // for models not trained for it: the suffix as context before the
              // prefix, as plain text, then plain continuation
  kPrefix,    // bos prefix
};

// Returns "spm", "psm", "anchored-psm", "emulated" or "prefix".
std::string_view FimLayoutName(FimLayout layout);

// A part of another file of the repository.
struct FimContext {
  std::string_view path;
  std::string_view text;  // whole lines
};

struct FimPrompt {
  std::string_view path;  // put before the rest as [FILE]path; empty: none
  std::string_view prefix;
  std::string_view suffix;
  // Of kAnchoredPsm: bytes of `prefix` before the anchor, at the begin of a
  // line.
  size_t anchor = 0;
  // Shown before the file: as the files of a repository where the vocabulary
  // has tokens between these ([FILE] or a file separator), else as comments.
  std::span<const FimContext> context = {};
  std::string_view repository = {};    // its name, where the vocabulary has one
  std::string_view line_comment = {};  // empty: no context without such tokens
};

// A prompt in one layout.
struct FimPieces {
  PromptPieces pieces;
  // So many of them, from the first, do not depend on the file's text: what
  // comes before it. 0: there is no context.
  size_t context = 0;
  // Which of them is the prefix, or what of it is before the anchor.
  size_t prefix = 0;
};

// Lays out a prompt, whose texts must outlive the pieces. kSpm follows
// mistral-common's encode_fim to the token: the suffix without the dummy space,
// the prefix with it. `file_token` is the [FILE] control token of models that
// were trained with file headers. kSpm needs fim_prefix and fim_suffix, both
// kinds of PSM also fim_middle; returns an error that names the missing one.
Result<FimPieces> LayOutFim(const Tokenizer& tokenizer, FimLayout layout,
                            const FimPrompt& prompt,
                            std::optional<TokenId> file_token);

// Returns the ids of the same. The second form remembers lines.
Result<std::vector<TokenId>> BuildFimPrompt(const Tokenizer& tokenizer,
                                            FimLayout layout,
                                            const FimPrompt& prompt,
                                            std::optional<TokenId> file_token);
Result<std::vector<TokenId>> BuildFimPrompt(LineTokenizer& tokenizer,
                                            FimLayout layout,
                                            const FimPrompt& prompt,
                                            std::optional<TokenId> file_token);

}  // namespace krait::engine

#endif  // KRAIT_ENGINE_PROMPT_FIM_H_
