// SPDX-License-Identifier: Apache-2.0
#include "daemon/completion/text/text_window.h"

#include "base/utf8.h"

namespace krait::completion {
namespace {

// Returns the start of the line that ends before `ofs`: after the last newline
// of text[0, ofs - 1), so that a call from a line's start gives the line
// before.
size_t PreviousLineStart(std::string_view text, size_t ofs) {
  if (ofs < 2) return 0;
  const size_t newline = text.rfind('\n', ofs - 2);
  return newline == std::string_view::npos ? 0 : newline + 1;
}

// Returns the offset behind the newline that ends the line at `ofs`.
size_t NextLineStart(std::string_view text, size_t ofs) {
  const size_t newline = text.find('\n', ofs);
  return newline == std::string_view::npos ? text.size() : newline + 1;
}

// The last part of a line that alone is over the limit. Halves until it fits.
std::string_view TailWithin(std::string_view line, size_t limit,
                            const TokenCounter& count_tokens) {
  while (!line.empty() && count_tokens(line) > limit) {
    size_t drop = (line.size() + 1) / 2;
    while (!base::IsCharBoundary(line, drop)) ++drop;
    line.remove_prefix(drop);
  }
  return line;
}

std::string_view HeadWithin(std::string_view line, size_t limit,
                            const TokenCounter& count_tokens) {
  while (!line.empty() && count_tokens(line) > limit) {
    size_t keep = line.size() / 2;
    while (!base::IsCharBoundary(line, keep)) --keep;
    line = line.substr(0, keep);
  }
  return line;
}

}  // namespace

std::string_view LastBytes(std::string_view text, size_t max_bytes) {
  if (text.size() <= max_bytes) return text;
  size_t drop = text.size() - max_bytes;
  while (!base::IsCharBoundary(text, drop)) ++drop;
  return text.substr(drop);
}

std::string_view FirstBytes(std::string_view text, size_t max_bytes) {
  if (text.size() <= max_bytes) return text;
  size_t keep = max_bytes;
  while (!base::IsCharBoundary(text, keep)) --keep;
  return text.substr(0, keep);
}

std::string_view CutPrefix(std::string_view text, size_t limit,
                           const TokenCounter& count_tokens) {
  const std::string_view bounded = LastBytes(text, limit * kMaxBytesPerToken);
  size_t start = bounded.size();
  size_t used = 0;
  while (start > 0) {
    const size_t line = PreviousLineStart(bounded, start);
    const bool cut_line = line == 0 && bounded.size() < text.size();
    const std::string_view added = bounded.substr(line, start - line);
    const size_t tokens = count_tokens(added);
    if (used + tokens > limit || (cut_line && start < bounded.size())) break;
    used += tokens;
    start = line;
  }
  if (start == bounded.size()) {
    return TailWithin(bounded.substr(PreviousLineStart(bounded, start)), limit,
                      count_tokens);
  }
  return bounded.substr(start);
}

std::string_view CutSuffix(std::string_view text, size_t limit,
                           const TokenCounter& count_tokens) {
  const std::string_view bounded = FirstBytes(text, limit * kMaxBytesPerToken);
  size_t end = 0;
  size_t used = 0;
  while (end < bounded.size()) {
    const size_t next = NextLineStart(bounded, end);
    const bool cut_line =
        next == bounded.size() && bounded.size() < text.size();
    const size_t tokens = count_tokens(bounded.substr(end, next - end));
    if (used + tokens > limit || (cut_line && end > 0)) break;
    used += tokens;
    end = next;
  }
  if (end == 0) {
    return HeadWithin(bounded.substr(0, NextLineStart(bounded, 0)), limit,
                      count_tokens);
  }
  return bounded.substr(0, end);
}

CursorLine LineAtCursor(std::string_view prefix, std::string_view suffix) {
  const size_t newline_before = prefix.rfind('\n');
  const size_t begin =
      newline_before == std::string_view::npos ? 0 : newline_before + 1;
  std::string_view after = suffix.substr(0, suffix.find('\n'));
  if (after.ends_with('\r')) after.remove_suffix(1);
  return {.before = prefix.substr(begin), .after = after};
}

}  // namespace krait::completion
