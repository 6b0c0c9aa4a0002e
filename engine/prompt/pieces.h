// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_ENGINE_PROMPT_PIECES_H_
#define KRAIT_ENGINE_PROMPT_PIECES_H_

#include <cstddef>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/file/token.h"
#include "engine/tokenizer/line_tokenizer.h"
#include "engine/tokenizer/tokenizer.h"

namespace krait::engine {

// A prompt as a list of control tokens and texts. Texts are encoded one by one,
// so that each one's ids depend on no other and can be found again when only
// one has changed; no text becomes a control token, whatever it says.
class PromptPieces {
 public:
  PromptPieces() = default;
  PromptPieces(PromptPieces&&) = default;
  PromptPieces& operator=(PromptPieces&&) = default;

  struct Piece {
    std::optional<TokenId> control;  // else it is text
    std::string_view text = {};
    DummyPrefix dummy = DummyPrefix::kNone;
  };

  // Without an id nothing is added.
  void AddControl(std::optional<TokenId> id);
  // `text` must outlive the pieces.
  void AddText(std::string_view text, DummyPrefix dummy = DummyPrefix::kNone);
  // The same, with a text that they keep.
  void AddOwnText(std::string text, DummyPrefix dummy = DummyPrefix::kNone);

  size_t size() const { return pieces_.size(); }
  const std::vector<Piece>& pieces() const { return pieces_; }

 private:
  std::vector<Piece> pieces_;
  std::deque<std::string> texts_;  // which stay where they are
};

// The ids of a prompt, and where each of its pieces ends among them.
struct EncodedPrompt {
  std::vector<TokenId> ids;
  std::vector<size_t> ends;
};

EncodedPrompt Encode(const PromptPieces& prompt, LineTokenizer& tokenizer);

}  // namespace krait::engine

#endif  // KRAIT_ENGINE_PROMPT_PIECES_H_
