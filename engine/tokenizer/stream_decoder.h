// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_ENGINE_TOKENIZER_STREAM_DECODER_H_
#define KRAIT_ENGINE_TOKENIZER_STREAM_DECODER_H_

#include <string>

#include "engine/tokenizer/tokenizer.h"

namespace krait::engine {

// Turns generated tokens into text one by one. What it returns is always valid
// UTF-8: a token may end inside a character, whose bytes are then held back
// until the next tokens complete it. Bytes that can no longer become a
// character are replaced by U+FFFD. Continues a prompt: no dummy space is
// removed. Thread-compatible; `tokenizer` must outlive it.
class StreamDecoder {
 public:
  explicit StreamDecoder(const Tokenizer& tokenizer) : tokenizer_(tokenizer) {}

  // Returns the text that has become certain with this token; often empty.
  std::string Push(TokenId id);

  // Returns the replacement of what is still held back, and starts anew.
  std::string Finish();

  // Bytes held back, at most 3.
  size_t num_held_bytes() const { return held_.size(); }

 private:
  const Tokenizer& tokenizer_;
  std::string held_;
};

// Returns the text with every invalid sequence replaced by U+FFFD, one for each
// longest beginning of a character, as Unicode recommends.
std::string ReplaceInvalidUtf8(std::string_view text);

}  // namespace krait::engine

#endif  // KRAIT_ENGINE_TOKENIZER_STREAM_DECODER_H_
