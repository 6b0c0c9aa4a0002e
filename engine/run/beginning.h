// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_ENGINE_RUN_BEGINNING_H_
#define KRAIT_ENGINE_RUN_BEGINNING_H_

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/file/token.h"
#include "engine/tokenizer/tokenizer.h"

namespace krait::engine {

// Text that a generation must begin with: what the user has typed of a word
// whose token is not known yet. The prompt ends before it, so that the model
// sees the tokens that it was trained on (token healing). Thread-compatible.
class Beginning {
 public:
  Beginning() = default;
  // `tokenizer` must outlive it.
  Beginning(const Tokenizer& tokenizer, std::string text)
      : tokenizer_(&tokenizer), text_(std::move(text)) {}

  bool done() const { return text_.empty(); }
  // What is left of it.
  std::string_view text() const { return text_; }

  // Returns `logits` with all that would not go on with the beginning at -inf;
  // as they are if it is done, or if no token could go on with it. Valid until
  // the next call.
  std::span<const float> Restrict(std::span<const float> logits);

  // A token was chosen. Returns how many of its bytes belong to the beginning.
  size_t Accept(TokenId token);

 private:
  const Tokenizer* tokenizer_ = nullptr;
  std::string text_;  // what is left of it
  std::vector<float> restricted_;
};

}  // namespace krait::engine

#endif  // KRAIT_ENGINE_RUN_BEGINNING_H_
