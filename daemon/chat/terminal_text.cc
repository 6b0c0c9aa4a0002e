// SPDX-License-Identifier: Apache-2.0
#include "daemon/chat/terminal_text.h"

namespace krait::daemon {
namespace {

constexpr std::string_view kReplacement = "\xEF\xBF\xBD";

// Returns the size of the control character that `text` begins with; 0: none.
// Those of Latin-1's second half (U+0080 to U+009F) are two bytes in UTF-8.
size_t ControlSize(std::string_view text) {
  const auto first = static_cast<unsigned char>(text[0]);
  if (first == '\n' || first == '\t') return 0;
  if (first < 0x20 || first == 0x7f) return 1;
  const bool is_c1 = first == 0xC2 && text.size() > 1 &&
                     static_cast<unsigned char>(text[1]) < 0xA0;
  return is_c1 ? 2 : 0;
}

}  // namespace

std::string TerminalText(std::string_view text) {
  std::string safe;
  safe.reserve(text.size());
  while (!text.empty()) {
    const size_t size = ControlSize(text);
    if (size == 0) {
      safe.push_back(text[0]);
      text.remove_prefix(1);
    } else {
      safe += kReplacement;
      text.remove_prefix(size);
    }
  }
  return safe;
}

}  // namespace krait::daemon
