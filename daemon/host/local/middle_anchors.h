// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_DAEMON_HOST_LOCAL_MIDDLE_ANCHORS_H_
#define KRAIT_DAEMON_HOST_LOCAL_MIDDLE_ANCHORS_H_

#include <cstddef>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "daemon/completion/generator/generator.h"

namespace krait::daemon {

// Where the middle of prompts begins whose suffix comes behind the prefix: an
// anchor at the begin of a line. What is typed behind it only appends to such a
// prompt, for as long as the text before it and the suffix stay as they were.
// Which anchor a prompt has decides what it costs, not what it says.
//
// Thread-compatible.
class MiddleAnchors {
 public:
  // Bytes of the prefix behind an anchor, at the most.
  static constexpr size_t kMostBytes = 2048;

  // Returns the anchors that hold for the prompt, as offsets in its prefix: the
  // one that was added last is first.
  std::vector<size_t> Find(const completion::GeneratorPrompt& prompt) const;

  // Returns where a new one would be: at the begin of the cursor's line.
  static size_t NewFor(std::string_view prefix);

  // From now on Find returns it, too.
  void Add(const completion::GeneratorPrompt& prompt, size_t anchor);

  void Forget() { documents_.clear(); }

 private:
  struct Anchor {
    size_t bytes = 0;        // of the prefix before it
    size_t prefix_hash = 0;  // of these
    size_t suffix_hash = 0;
  };

  // Of each document; the last added last.
  std::unordered_map<std::string, std::vector<Anchor>> documents_;
};

}  // namespace krait::daemon

#endif  // KRAIT_DAEMON_HOST_LOCAL_MIDDLE_ANCHORS_H_
