// SPDX-License-Identifier: Apache-2.0
#include "daemon/completion/post_process.h"

#include <algorithm>
#include <cctype>

#include "daemon/completion/context.h"
#include "daemon/completion/stop_rules.h"
#include "daemon/utf8.h"

namespace krait::daemon {
namespace {

constexpr std::string_view kOpen = "([{";
constexpr std::string_view kClose = ")]}";
constexpr std::string_view kQuotes = "\"'`";

bool IsWord(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_' ||
         static_cast<unsigned char>(c) >= 0x80;
}

std::string_view TrimLeft(std::string_view text) {
  const size_t first = text.find_first_not_of(" \t");
  return first == std::string_view::npos ? std::string_view()
                                         : text.substr(first);
}

// Whether an overlap is more than a coincidence.
bool IsTelling(std::string_view overlap, std::string_view rest_of_line) {
  if (IsBlank(overlap)) return false;
  const bool has_word = std::ranges::any_of(overlap, IsWord);
  // Brackets alone are the business of CutClosed, but on a line of their own
  // they are a line of the suffix.
  if (overlap.find('\n') != std::string_view::npos) return true;
  if (!has_word) return false;
  return overlap.size() >= 4 || TrimRight(overlap) == TrimRight(rest_of_line);
}

// Returns the offset of the first bracket in `text` that closes something
// opened before it, of the kind `close`; npos if there is none.
size_t FirstUnmatched(std::string_view text, char close) {
  std::string open;
  for (size_t i = 0; i < text.size(); ++i) {
    if (kOpen.find(text[i]) != std::string_view::npos) {
      open += text[i];
      continue;
    }
    const size_t kind = kClose.find(text[i]);
    if (kind == std::string_view::npos) continue;
    if (!open.empty() && open.back() == kOpen[kind]) {
      open.pop_back();
    } else if (text[i] == close) {
      return i;
    }
  }
  return std::string_view::npos;
}

}  // namespace

std::string_view CutSuffixOverlap(std::string_view text,
                                  std::string_view suffix) {
  const size_t line_end = suffix.find('\n');
  const std::string_view rest_of_line = suffix.substr(0, line_end);
  const size_t longest = std::min(text.size(), suffix.size());
  for (size_t length = longest; length > 0; --length) {
    const std::string_view overlap = suffix.substr(0, length);
    if (!text.ends_with(overlap) || !IsTelling(overlap, rest_of_line)) continue;
    return text.substr(0, text.size() - length);
  }
  // The line's end may carry blanks that the model does not repeat.
  const std::string_view rest = TrimRight(rest_of_line);
  if (std::ranges::any_of(rest, IsWord) && text.ends_with(rest)) {
    return text.substr(0, text.size() - rest.size());
  }
  return text;
}

std::string_view CutClosed(std::string_view text, std::string_view line_before,
                           std::string_view rest_of_line) {
  const std::string_view rest = TrimLeft(rest_of_line);
  if (rest.empty()) return text;
  const char next = rest.front();
  const std::string_view first_line = text.substr(0, text.find('\n'));
  if (kClose.find(next) != std::string_view::npos) {
    const size_t at = FirstUnmatched(first_line, next);
    if (at != std::string_view::npos) return text.substr(0, at);
  }
  if (kQuotes.find(next) != std::string_view::npos) {
    // An odd number before the cursor: the rest's quote closes the string, and
    // so would the completion's first one.
    const auto before = std::ranges::count(line_before, next);
    const size_t at = first_line.find(next);
    if (before % 2 == 1 && at != std::string_view::npos) {
      return text.substr(0, at);
    }
  }
  if ((next == ';' || next == ',' || next == ':') && text.ends_with(next)) {
    return text.substr(0, text.size() - 1);
  }
  return text;
}

PostProcessed PostProcess(std::string_view text, std::string_view prefix,
                          std::string_view suffix) {
  const auto nothing = [](std::string reason) {
    return PostProcessed{.text = {}, .suppressed_by = std::move(reason)};
  };
  if (text.empty()) return nothing("the model had nothing to add");
  if (IsBlank(text)) return nothing("only blanks");
  std::string_view kept = text.substr(0, ValidUtf8Prefix(text));
  if (IsBlank(kept)) return nothing("not UTF-8");

  const CursorLine line = LineAtCursor(prefix, suffix);
  kept = CutSuffixOverlap(kept, suffix);
  kept = CutClosed(kept, line.before, line.after);
  if (IsBlank(line.after)) {
    kept = TrimRight(kept);
  } else {
    // A blank before the rest of the line may be meant ("a, |b"), a line end
    // cannot be.
    while (kept.ends_with('\n') || kept.ends_with('\r')) kept.remove_suffix(1);
  }
  if (IsBlank(kept)) return nothing("repeats what follows the cursor");
  return {.text = std::string(kept), .suppressed_by = {}};
}

}  // namespace krait::daemon
