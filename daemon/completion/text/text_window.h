// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_DAEMON_COMPLETION_TEXT_TEXT_WINDOW_H_
#define KRAIT_DAEMON_COMPLETION_TEXT_TEXT_WINDOW_H_

#include <cstddef>
#include <functional>
#include <string_view>

namespace krait::completion {

// How much text around the cursor the model gets to see.
struct WindowLimits {
  size_t prefix_tokens = 2048;
  size_t suffix_tokens = 512;
  // What a model may read of the file around that while nobody waits.
  size_t pause_tokens = 16384;
};

// No window holds more than this many bytes for each token of its limit,
// whatever the tokenizer says: bounds the work that a line of megabytes costs.
inline constexpr size_t kMaxBytesPerToken = 16;

using TokenCounter = std::function<size_t(std::string_view)>;

// Return the end of what lies before the cursor, and the beginning of what lies
// after it, of at most `limit` tokens: the prefix begins and the suffix ends at
// line boundaries, except where a single line is over the limit; then at a
// character's boundary. Tokens are counted line by line, from the cursor
// outwards.
std::string_view CutPrefix(std::string_view before, size_t limit,
                           const TokenCounter& count_tokens);
std::string_view CutSuffix(std::string_view after, size_t limit,
                           const TokenCounter& count_tokens);

// How much of a document it is enough to hand to them: more changes nothing.
inline size_t EnoughBytesBefore(const WindowLimits& limits) {
  return limits.prefix_tokens * kMaxBytesPerToken + 8;
}
inline size_t EnoughBytesAfter(const WindowLimits& limits) {
  return limits.suffix_tokens * kMaxBytesPerToken + 8;
}

// Return the end, or the beginning, of a text: at most `max_bytes` of it, cut
// between two characters.
std::string_view LastBytes(std::string_view text, size_t max_bytes);
std::string_view FirstBytes(std::string_view text, size_t max_bytes);

// The line that the cursor stands on.
struct CursorLine {
  std::string_view before;  // from the line's begin to the cursor
  std::string_view after;   // from the cursor to the line's end, without \r
};

// `prefix` and `suffix` are what lies before and after the cursor.
CursorLine LineAtCursor(std::string_view prefix, std::string_view suffix);

}  // namespace krait::completion

#endif  // KRAIT_DAEMON_COMPLETION_TEXT_TEXT_WINDOW_H_
