// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_DAEMON_COMPLETION_TEXT_PREFIX_MEMORY_H_
#define KRAIT_DAEMON_COMPLETION_TEXT_PREFIX_MEMORY_H_

#include <cstddef>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "daemon/completion/text/text_window.h"

namespace krait::completion {

// Cuts prefixes that begin where an earlier one of the same document began, as
// long as that is near enough: so the prompts of keystrokes begin alike, and
// their states can go on from each other. A prefix that was cut anew leaves
// room to grow. The beginnings are recognised by their text, so that edits
// anywhere else do not matter.
//
// Thread-compatible.
class PrefixMemory {
 public:
  // As CutPrefix. `document` names the document; it may be any string. One that
  // is cut anew has three quarters of the limit.
  std::string_view Cut(const std::string& document, std::string_view before,
                       size_t limit, const TokenCounter& count_tokens) {
    return Cut(document, before, {.anew = limit - limit / 4, .most = limit},
               count_tokens);
  }
  // The same, with as many tokens as that when it is cut anew.
  struct Limits {
    size_t anew = 0;
    size_t most = 0;
  };
  std::string_view Cut(const std::string& document, std::string_view before,
                       const Limits& limits, const TokenCounter& count_tokens);

 private:
  struct Beginning {
    std::string text;      // what follows a prefix's begin
    bool in_line = false;  // of a line that alone is too long
    size_t size = 0;       // of the prefix that began there last
  };
  // The last used last.
  using Beginnings = std::vector<Beginning>;

  static size_t Find(const Beginning& beginning, std::string_view before);

  std::unordered_map<std::string, Beginnings> documents_;
};

}  // namespace krait::completion

#endif  // KRAIT_DAEMON_COMPLETION_TEXT_PREFIX_MEMORY_H_
