// SPDX-License-Identifier: Apache-2.0
#include "daemon/chat/message_lines.h"

#include <algorithm>
#include <utility>

namespace krait::daemon {
namespace {

constexpr std::string_view kFence = "\"\"\"";
// Bracketed paste, as xterm and all terminals after it have it.
constexpr std::string_view kPasteBegins = "\x1b[200~";
constexpr std::string_view kPasteEnds = "\x1b[201~";

bool IsControl(char c) {
  return (static_cast<unsigned char>(c) < 0x20 && c != '\t') || c == 0x7f;
}

// Returns the size of the escape sequence that `text` begins with: ESC [, then
// parameters, then a letter or ~ (ECMA-48, 5.4); else of ESC and what follows.
size_t SequenceSize(std::string_view text) {
  if (text.size() < 2 || text[1] != '[')
    return std::min<size_t>(2, text.size());
  size_t size = 2;
  while (size < text.size() && text[size] >= 0x20 && text[size] < 0x40) ++size;
  return std::min(size + 1, text.size());
}

}  // namespace

void MessageLines::AddText(std::string_view line, bool* typed_backslash) {
  while (!line.empty()) {
    size_t size = 1;
    if (line.starts_with(kPasteBegins)) {
      size = kPasteBegins.size();
      pasting_ = true;
    } else if (line.starts_with(kPasteEnds)) {
      size = kPasteEnds.size();
      pasting_ = false;
    } else if (line[0] == '\x1b') {
      size = SequenceSize(line);
    } else if (!IsControl(line[0])) {
      text_.push_back(line[0]);
      *typed_backslash = !pasting_ && line[0] == '\\';
    }
    line.remove_prefix(size);
  }
}

bool MessageLines::Add(std::string_view line) {
  if (line.ends_with('\r')) line.remove_suffix(1);
  if (!pasting_ && line == kFence && (fenced_ || !begun_)) {
    fenced_ = !fenced_;
    begun_ = fenced_;
    if (!fenced_ && text_.ends_with('\n')) text_.pop_back();
    return !fenced_;
  }
  bool typed_backslash = false;
  AddText(line, &typed_backslash);
  const bool goes_on = typed_backslash && !fenced_;
  if (goes_on) text_.pop_back();
  begun_ = fenced_ || pasting_ || goes_on;
  if (begun_) text_.push_back('\n');
  return !begun_;
}

std::string MessageLines::Take() {
  // The line feed was for a line that did not come.
  if (begun_ && text_.ends_with('\n')) text_.pop_back();
  std::string text = std::exchange(text_, {});
  *this = MessageLines();
  return text;
}

}  // namespace krait::daemon
