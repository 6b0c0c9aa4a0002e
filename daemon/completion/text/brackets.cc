// SPDX-License-Identifier: Apache-2.0
#include "daemon/completion/text/brackets.h"

#include <algorithm>

namespace krait::completion {
namespace {

constexpr std::string_view kOpen = "([{";
constexpr std::string_view kClose = ")]}";
constexpr std::string_view kQuotes = "\"'`";

// Whether the apostrophe at `ofs` begins the name of a lifetime ("<'a>").
bool BeginsLifetime(std::string_view text, size_t ofs) {
  return text[ofs] == '\'' && ofs > 0 &&
         (text[ofs - 1] == '<' || text[ofs - 1] == '&');
}

// Returns the offset behind the string that begins at `begin`; of the next
// character if it does not end on its line.
size_t SkipString(std::string_view text, size_t begin) {
  if (BeginsLifetime(text, begin)) return begin + 1;
  for (size_t i = begin + 1; i < text.size() && text[i] != '\n'; ++i) {
    if (text[i] == '\\') {
      ++i;
    } else if (text[i] == text[begin]) {
      return i + 1;
    }
  }
  return begin + 1;
}

bool BeginsComment(std::string_view text, size_t ofs,
                   std::string_view line_comment) {
  if (line_comment.empty() || !text.substr(ofs).starts_with(line_comment)) {
    return false;
  }
  // "$#" and "${#x}" are none.
  return line_comment != "#" || ofs == 0 || text[ofs - 1] == ' ' ||
         text[ofs - 1] == '\t' || text[ofs - 1] == '\n';
}

}  // namespace

std::string Brackets::Closers() const {
  std::string closers;
  for (auto it = open.rbegin(); it != open.rend(); ++it) {
    closers += kClose[kOpen.find(*it)];
  }
  return closers;
}

Brackets FindBrackets(std::string_view text, std::string_view line_comment) {
  Brackets found;
  size_t i = 0;
  while (i < text.size()) {
    const char c = text[i];
    if (kQuotes.find(c) != std::string_view::npos) {
      i = SkipString(text, i);
      continue;
    }
    if (BeginsComment(text, i, line_comment)) {
      i = std::min(text.find('\n', i), text.size());
      continue;
    }
    if (kOpen.find(c) != std::string_view::npos) found.open += c;
    if (const size_t kind = kClose.find(c); kind != std::string_view::npos) {
      if (found.open.empty() || found.open.back() != kOpen[kind]) {
        found.leaving_ofs = i;
        return found;
      }
      found.open.pop_back();
    }
    ++i;
  }
  return found;
}

}  // namespace krait::completion
