// SPDX-License-Identifier: Apache-2.0
#include "daemon/completion/shown/post_process.h"

#include <algorithm>

#include "base/utf8.h"
#include "daemon/completion/shown/seam.h"
#include "daemon/completion/stop/stop_rules.h"
#include "daemon/completion/text/brackets.h"
#include "daemon/completion/text/text_window.h"
#include "daemon/completion/text/words.h"
#include "grammars/lines.h"

namespace krait::completion {
namespace {

constexpr std::string_view kClose = ")]}";
constexpr std::string_view kQuotes = "\"'`";

std::string_view TrimLeft(std::string_view text) {
  const size_t first = text.find_first_not_of(" \t");
  return first == std::string_view::npos ? std::string_view()
                                         : text.substr(first);
}

// Whether an overlap is more than a coincidence.
bool IsTelling(std::string_view overlap, std::string_view rest_of_line) {
  if (grammars::IsBlank(overlap)) return false;
  const bool has_word = std::ranges::any_of(overlap, IsWordByte);
  // Brackets alone are the business of CutClosed, but on a line of their own
  // they are a line of the suffix.
  if (overlap.find('\n') != std::string_view::npos) return true;
  if (!has_word) return false;
  return overlap.size() >= 4 ||
         grammars::TrimRight(overlap) == grammars::TrimRight(rest_of_line);
}

// Returns the length of the end of `text` that says what `rest` says, blanks
// apart; npos if it does not end so.
size_t EndLike(std::string_view text, std::string_view rest) {
  size_t end = text.size();
  for (size_t left = rest.size(); left > 0;) {
    const char wanted = rest[left - 1];
    if (wanted == ' ' || wanted == '\t') {
      --left;
    } else if (end > 0 && text[end - 1] == wanted) {
      --end;
      --left;
    } else if (end > 0 && (text[end - 1] == ' ' || text[end - 1] == '\t')) {
      --end;
    } else {
      return std::string_view::npos;
    }
  }
  return text.size() - end;
}

// Returns the beginning of `text` that its last lines follow which are the next
// ones of `suffix`, whatever their indentation and the blank lines between.
std::string_view CutRepeatedLines(std::string_view text,
                                  std::string_view suffix) {
  for (size_t newline = text.find('\n'); newline != std::string_view::npos;
       newline = text.find('\n', newline + 1)) {
    const std::string_view lines = text.substr(newline);
    if (grammars::IsBlank(lines)) continue;
    size_t at = suffix.find('\n');
    size_t i = 0;
    bool same = at != std::string_view::npos;
    while (same && i < lines.size()) {
      const auto blank = [](char c) { return grammars::IsBlank({&c, 1}); };
      if (blank(lines[i])) {
        ++i;
      } else if (at < suffix.size() && blank(suffix[at])) {
        ++at;
      } else {
        same = at < suffix.size() && suffix[at++] == lines[i++];
      }
    }
    // All of a line, not its beginning.
    const size_t line_end = std::min(suffix.find('\n', at), suffix.size());
    if (same && grammars::IsBlank(suffix.substr(at, line_end - at)) &&
        std::ranges::any_of(lines, IsWordByte)) {
      return text.substr(0, newline);
    }
  }
  return text;
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
  // The line may carry blanks that the model does not repeat.
  const std::string_view rest = grammars::TrimRight(rest_of_line);
  if (std::ranges::any_of(rest, IsWordByte)) {
    const size_t repeated = EndLike(text, rest);
    if (repeated <= text.size()) return text.substr(0, text.size() - repeated);
  }
  return grammars::IsBlank(rest) ? CutRepeatedLines(text, suffix) : text;
}

std::string_view CutClosed(std::string_view text, std::string_view line_before,
                           std::string_view rest_of_line) {
  const std::string_view rest = TrimLeft(rest_of_line);
  if (rest.empty()) return text;
  const char next = rest.front();
  const std::string_view first_line = text.substr(0, text.find('\n'));
  if (kClose.find(next) != std::string_view::npos) {
    const auto at = FindBrackets(first_line, {}).leaving_ofs;
    if (at && text[*at] == next) return text.substr(0, *at);
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
  if (grammars::IsBlank(text)) return nothing("only blanks");
  std::string_view kept = text.substr(0, base::ValidUtf8Prefix(text));
  if (grammars::IsBlank(kept)) return nothing("not UTF-8");

  const CursorLine line = LineAtCursor(prefix, suffix);
  kept = CutSuffixOverlap(kept, suffix);
  kept = CutClosed(kept, line.before, line.after);
  if (grammars::IsBlank(line.after)) {
    kept = grammars::TrimRight(kept);
  } else {
    // A blank before the rest of the line may be meant ("a, |b"), a line end
    // cannot be.
    while (kept.ends_with('\n') || kept.ends_with('\r')) kept.remove_suffix(1);
  }
  if (grammars::IsBlank(kept))
    return nothing("repeats what follows the cursor");
  kept = CutGlued(kept, line.after);
  if (kept.empty()) return nothing("would run into the word behind the cursor");
  return {.text = std::string(kept), .suppressed_by = {}};
}

}  // namespace krait::completion
