// SPDX-License-Identifier: Apache-2.0
#include "daemon/tools/bench/peer_prompt.h"

#include <optional>

#include "engine/prompt/fim.h"

namespace krait::daemon {

base::Result<std::string> SuffixFirstPrompt(
    const engine::Tokenizer& tokenizer) {
  const auto laid_out = engine::LayOutFim(
      tokenizer, engine::FimLayout::kSpm,
      {.path = {}, .prefix = "{prefix}", .suffix = "{suffix}"},
      /*file_token=*/std::nullopt);
  if (!laid_out) return laid_out.error();
  std::string prompt;
  for (const auto& piece : laid_out->pieces.pieces()) {
    if (!piece.control) {
      prompt += piece.text;
    } else if (piece.control != tokenizer.special().bos) {
      prompt += tokenizer.TokenName(*piece.control);
    }
  }
  return prompt;
}

}  // namespace krait::daemon
