// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_DAEMON_COMPLETION_TEXT_SUFFIX_MEMORY_H_
#define KRAIT_DAEMON_COMPLETION_TEXT_SUFFIX_MEMORY_H_

#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "daemon/completion/text/text_window.h"

namespace krait::completion {

// What a model is shown of the text after the cursor.
struct SuffixWindow {
  std::string_view text;
  // What an earlier prompt was shown, if it begins a little further on in the
  // same declaration: its state is warm, where that of `text` is new.
  std::optional<std::string_view> earlier = {};
};

// Cuts suffixes that stay as they are while the user types, as they come first
// in the prompt of most models: one that moved by a byte would have all of it
// read anew. A suffix begins behind the brackets and quotes that an editor
// closes while their contents are typed (what is shown is compared with them in
// any case), ends where a declaration begins, and is frozen: it is taken again
// as long as it stands behind the cursor, with nothing before it but what
// closes brackets and quotes. Suffixes are recognised by their text.
//
// Thread-compatible.
class SuffixMemory {
 public:
  // Returns whether it is known that the cursor and a place in the text after
  // it are in the same declaration.
  using InOneDeclaration = std::function<bool(size_t ofs)>;

  // The views refer to `after`. `document` names the document; it may be any
  // string. `in_one_declaration` is called if the suffix is cut anew near an
  // earlier one.
  SuffixWindow Cut(const std::string& document, std::string_view after,
                   size_t limit, const TokenCounter& count_tokens,
                   const InOneDeclaration& in_one_declaration);

 private:
  struct Frozen {
    std::string text;
    bool to_end = false;  // of the document
    size_t limit = 0;     // that it was cut to

    // Returns where it stands in a text; npos: nowhere.
    size_t FindIn(std::string_view after) const;
  };

  // Of each document; the last used last.
  std::unordered_map<std::string, std::vector<Frozen>> documents_;
};

}  // namespace krait::completion

#endif  // KRAIT_DAEMON_COMPLETION_TEXT_SUFFIX_MEMORY_H_
