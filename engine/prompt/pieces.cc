// SPDX-License-Identifier: Apache-2.0
#include "engine/prompt/pieces.h"

#include <utility>

namespace krait::engine {

void PromptPieces::AddControl(std::optional<TokenId> id) {
  if (id) pieces_.push_back({.control = id});
}

void PromptPieces::AddText(std::string_view text, DummyPrefix dummy) {
  pieces_.push_back({.control = {}, .text = text, .dummy = dummy});
}

void PromptPieces::AddOwnText(std::string text, DummyPrefix dummy) {
  AddText(texts_.emplace_back(std::move(text)), dummy);
}

EncodedPrompt Encode(const PromptPieces& prompt, LineTokenizer& tokenizer) {
  EncodedPrompt encoded;
  for (const PromptPieces::Piece& piece : prompt.pieces()) {
    if (piece.control) {
      encoded.ids.push_back(*piece.control);
    } else {
      tokenizer.Encode(piece.text, piece.dummy, &encoded.ids);
    }
    encoded.ends.push_back(encoded.ids.size());
  }
  return encoded;
}

}  // namespace krait::engine
