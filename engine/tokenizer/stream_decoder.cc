// SPDX-License-Identifier: Apache-2.0
#include "engine/tokenizer/stream_decoder.h"

#include "engine/tokenizer/unicode.h"

namespace krait::engine {
namespace {

constexpr std::string_view kReplacement = "\xEF\xBF\xBD";

// Returns how many bytes from `pos` on one replacement character stands for.
size_t InvalidRunSize(std::string_view text, size_t pos) {
  for (size_t size = 3; size > 1; --size) {
    const std::string_view run = text.substr(pos, size);
    if (run.size() == size && IncompleteUtf8Tail(run) == size) return size;
  }
  return 1;
}

}  // namespace

std::string ReplaceInvalidUtf8(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (size_t pos = 0; pos < text.size();) {
    const Utf8Char c = DecodeUtf8(text, pos);
    if (c.valid) {
      out.append(text.substr(pos, c.size));
      pos += c.size;
    } else {
      out.append(kReplacement);
      pos += InvalidRunSize(text, pos);
    }
  }
  return out;
}

std::string StreamDecoder::Push(TokenId id) {
  held_.append(tokenizer_.TokenBytes(id));
  const size_t tail = IncompleteUtf8Tail(held_);
  const std::string_view whole =
      std::string_view(held_).substr(0, held_.size() - tail);
  std::string text = ReplaceInvalidUtf8(whole);
  held_.erase(0, whole.size());
  return text;
}

std::string StreamDecoder::Finish() {
  std::string text = ReplaceInvalidUtf8(held_);
  held_.clear();
  return text;
}

}  // namespace krait::engine
